import pytest
from tensorflow_metadata.proto.v0 import anomalies_pb2

from sentiment_validate import rules
from sentiment_validate.anomalies import Distance
from sentiment_validate.distances import measured, too_far
from sentiment_validate.examples import derive
from sentiment_validate.statistics import compute

POLICY = rules.choose("feedback", "feedback")


def distance(value, rows=50, rule="drift", column="label"):
    return Distance(rule, "train", column, "l_infty", value, 0.2, rows)


@pytest.mark.parametrize(
    ("item", "severity"),
    [
        (distance(0.1), None),
        (distance(0.11), "error"),
        (distance(0.11, rows=49), None),
        (distance(0.9, column="source"), "warning"),
        (distance(0.9, rule="skew"), "warning"),
    ],
)
def test_labels_that_moved_far_from_earlier_ones_are_an_error(item, severity):
    found = list(too_far([item], anomalies_pb2.Anomalies(), POLICY))
    assert [anomaly.severity for anomaly in found] == [severity] * (severity is not None)
    assert all(anomaly.what.endswith("0.1 allowed") for anomaly in found if severity == "error")


@pytest.mark.parametrize(
    ("item", "fires"),
    [
        (distance(0.2, column="source"), False),
        (distance(0.21, column="source"), True),
        (distance(0.9, rows=49), False),
    ],
)
def test_a_distance_fires_above_its_threshold_between_enough_rows(item, fires):
    found = list(too_far([item], anomalies_pb2.Anomalies(), POLICY))
    assert [anomaly.rule for anomaly in found] == ["drift"] * fires


def test_what_differs_most_is_told_in_tfdvs_words():
    record = anomalies_pb2.Anomalies()
    info = record.anomaly_info["label"]
    info.path.step.append("label")
    said = "The Linfty distance is 0.3. The feature value with maximum difference is: neutral"
    info.reason.add(description=said)
    (found,) = too_far([distance(0.3, rule="skew")], record, POLICY)
    assert found.what == "L-infinity 0.300 from train, 0.2 allowed; most of all neutral"


def test_a_column_that_the_other_side_has_not_counted_is_left_out(frames, default_corpus):
    record = anomalies_pb2.Anomalies()
    info = record.drift_skew_info.add()
    info.path.step.append("source")
    info.drift_measurements.add(type=1, value=0.5, threshold=0.1)
    current = compute(derive(frames["train"]), default_corpus.proto)
    others = {"drift": current, "skew": None}
    (found,) = measured("train", record, current, others)
    assert (found.measure, found.value, found.rows) == ("l_infty", 0.5, len(frames["train"]))
    bare = compute(frames["train"][["id"]], default_corpus.proto)
    assert list(measured("train", record, current, {"drift": bare, "skew": None})) == []

import re

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import anomalies_pb2, statistics_pb2

from sentiment_validate import statistics
from sentiment_validate.examples import derive
from sentiment_validate.judgement import judge


def test_sound_examples_are_accepted(frames, default_corpus, policy):
    judged = judge(frames, default_corpus, policy)
    assert (judged.verdict, judged.anomalies) == ("accepted", [])
    assert {(item.rule, item.split) for item in judged.distances} == {
        ("skew", "validation"), ("skew", "test"),
    }  # fmt: skip


def test_errors_come_before_warnings_and_train_before_test(frames, feedback_schema, policy):
    frames["test"]["label"] = "angry"
    frames = {split: frame.assign(stars=3) for split, frame in frames.items()}
    frames["train"].loc[0, "label"] = "odd"
    found = [
        (item.severity, item.split) for item in judge(frames, feedback_schema, policy).anomalies
    ]
    assert found[0] == ("error", "train")
    assert [severity for severity, _ in found] == sorted(severity for severity, _ in found)
    assert found[-1] == ("warning", "test")


def test_an_accepted_rule_does_not_refuse_and_another_still_does(frames, default_corpus, policy):
    frames["test"].loc[0, "text"] = frames["train"].loc[0, "text"]
    refused = judge(frames, default_corpus, policy)
    assert (refused.verdict, [item.rule for item in refused.anomalies]) == (
        "refused", ["shared_text"],
    )  # fmt: skip
    accepted = judge(frames, default_corpus, policy, {"shared_text": "a slogan"})
    assert accepted.verdict == "accepted"
    assert accepted.anomalies == refused.anomalies
    assert accepted.summary()["accepted"] == {"shared_text": "a slogan"}
    other = judge(frames, default_corpus, policy, {"shared_id": "no matter"})
    assert other.verdict == "refused"


def test_train_is_compared_with_the_earlier_train(frames, default_corpus, policy):
    earlier = statistics.compute(derive(frames["train"]), default_corpus.proto)
    frames["train"] = frames["train"].query("source == 'amazon'").reset_index(drop=True)
    judged = judge(frames, default_corpus, policy, earlier=earlier)
    (drift,) = (item for item in judged.anomalies if item.rule == "drift")
    assert (drift.split, drift.column, drift.severity) == ("train", "source", "warning")
    assert re.fullmatch(
        r"L-infinity 0\.49\d from the earlier train, 0\.1 allowed; most of all tweets", drift.what
    )
    assert judged.compared


def test_columns_of_too_many_values_are_not_compared(frames, feedback_schema, policy):
    for split, frame in frames.items():
        frames[split]["source"] = [f"{split}-{at}" for at in range(len(frame))]
    assert len(frames["train"]) > 1000
    judged = judge(frames, feedback_schema, policy)
    assert judged.anomalies == []
    assert "source" not in {item.column for item in judged.distances}


def test_what_is_written_can_be_read_by_tfdvs_messages(frames, default_corpus, policy, tmp_path):
    frames["test"].loc[0, "label"] = "angry"
    judged = judge(frames, default_corpus, policy)
    judged.write_statistics(tmp_path)
    judged.write_records(tmp_path)
    for split, frame in frames.items():
        data = (tmp_path / f"{split}.pb").read_bytes()
        read = statistics_pb2.DatasetFeatureStatisticsList.FromString(data)
        assert read.datasets[0].num_examples == len(frame)
        text = (tmp_path / f"{split}.pbtxt").read_text()
        record = text_format.Parse(text, anomalies_pb2.Anomalies())
        assert ("label" in record.anomaly_info) == (split == "test")

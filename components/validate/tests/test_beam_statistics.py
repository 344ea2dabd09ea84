import pandas as pd
import pytest

from sentiment_validate import beam_statistics
from sentiment_validate.beam_statistics import compute_on
from sentiment_validate.examples import derive
from sentiment_validate.statistics import compute_here

RUNNER = ["--runner=apache_beam.runners.portability.fn_api_runner.FnApiRunner"]


@pytest.fixture
def on_workers(tmp_path):
    return lambda frames, schema: compute_on(RUNNER, tmp_path, frames, schema)


def test_the_statistics_are_those_of_this_machine(frames, feedback_schema, on_workers, tmp_path):
    derived = {split: derive(frame) for split, frame in frames.items()}
    schema = feedback_schema.proto
    found = on_workers(derived, schema)
    assert list(found) == list(derived)
    assert found == compute_here(derived, schema)
    assert list(tmp_path.iterdir()) == []


def test_rows_of_several_workers_are_counted_once(frames, feedback_schema, on_workers, monkeypatch):
    monkeypatch.setattr(beam_statistics, "GROUP_ROWS", 500)
    derived = {"train": derive(frames["train"])}
    (found,) = on_workers(derived, feedback_schema.proto)["train"].datasets
    (here,) = compute_here(derived, feedback_schema.proto)["train"].datasets
    assert found.num_examples == here.num_examples == len(derived["train"]) > 1500
    for one, other in zip(found.features, here.features, strict=True):
        assert one.path == other.path
        assert one.string_stats == other.string_stats
        for name in ("mean", "std_dev", "min", "max", "median"):
            expected = pytest.approx(getattr(other.num_stats, name), rel=1e-12)
            assert getattr(one.num_stats, name) == expected


def test_what_tfdv_does_not_read_is_left_out_as_on_this_machine(feedback_schema, on_workers):
    odd = pd.DataFrame(
        {
            "text": ["fine", None, "bad"],
            "when": pd.to_datetime(["2026-01-02"] * 3),
            "sold": [True, False, True],
            "nothing": None,
        }
    )
    frames = {"train": derive(odd), "validation": derive(odd.head(0)), "test": derive(odd)}
    found = on_workers(frames, feedback_schema.proto)
    assert found == compute_here(frames, feedback_schema.proto)
    read = {feature.path.step[0] for feature in found["train"].datasets[0].features}
    assert {"sold", "nothing"} <= read
    assert "when" not in read

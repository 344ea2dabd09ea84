"""Whose splits a run carries forward."""

import pytest

from sentiment_common.artifacts import (
    EXAMPLES,
    STATISTICS,
    Manifest,
    payload_digest,
    read_intact,
    write_json,
    write_manifest,
)
from sentiment_common.errors import InputError
from sentiment_pipelines import previous, runs
from sentiment_pipelines.champion import Champion


@pytest.fixture(autouse=True)
def var(tmp_path, monkeypatch):
    monkeypatch.setattr(runs, "VAR", tmp_path)
    return tmp_path


def examples(folder, rows):
    write_json(folder / "summary.json", {"rows": rows})
    digest = payload_digest(folder)
    write_manifest(folder, Manifest("examples", 1, "sentiment-ingest", "1", digest))
    return digest


def of_run(var, run, rows):
    folder = var / "runs" / run / "tasks" / "p" / "ingest" / "examples"
    return folder, examples(folder, rows)


def champion(digest):
    return Champion("sha256:model", "deep", "3", digest)


def test_without_a_champion_nothing_is_carried_forward(tmp_path):
    assert previous.resolve("auto", None, tmp_path / "previous") == "none"
    read_intact(tmp_path / "previous", EXAMPLES)


def test_the_splits_of_the_champions_own_examples_are_carried_forward(var, tmp_path):
    of_run(var, "2", rows=5)
    _, digest = of_run(var, "1", rows=3)
    told = previous.resolve("auto", champion(digest), tmp_path / "previous")
    assert read_intact(tmp_path / "previous", EXAMPLES).digest == digest
    assert digest in told


def test_it_is_said_if_the_champions_examples_are_not_here_or_were_changed(var, tmp_path):
    folder, digest = of_run(var, "1", rows=3)
    write_json(folder / "summary.json", {"rows": 4})
    told = previous.resolve("auto", champion(digest), tmp_path / "previous")
    assert told.startswith("none: the champion's examples are not on this machine")


def test_a_folder_may_be_named_and_must_be_whole(tmp_path):
    digest = examples(tmp_path / "mine", rows=7)
    previous.resolve(str(tmp_path / "mine"), champion("sha256:other"), tmp_path / "previous")
    assert read_intact(tmp_path / "previous", EXAMPLES).digest == digest
    with pytest.raises(InputError, match="no artifact"):
        previous.resolve(str(tmp_path), None, tmp_path / "other")


def test_drift_is_measured_from_the_statistics_of_the_champions_examples_if_wanted(var, tmp_path):
    folder, digest = of_run(var, "1", rows=3)
    statistics = folder.parents[1] / "validate" / "statistics"
    write_json(statistics / "train.pb", {"rows": 3})
    measured = payload_digest(statistics)
    write_manifest(statistics, Manifest("statistics", 1, "sentiment-validate", "1", measured))
    for wanted, expected in (("champion", True), (str(statistics), True), ("none", False)):
        previous.resolve_statistics(wanted, champion(digest), tmp_path / wanted[-4:])
        manifest = read_intact(tmp_path / wanted[-4:], STATISTICS)
        assert (manifest.digest == measured) is expected


def test_without_a_champion_there_are_no_earlier_statistics(tmp_path):
    previous.resolve_statistics("champion", None, tmp_path / "statistics")
    assert read_intact(tmp_path / "statistics", STATISTICS).producer == "sentiment-pipelines"


def test_none_carries_nothing_forward_even_with_a_champion(var, tmp_path):
    _, digest = of_run(var, "1", rows=3)
    assert previous.resolve("none", champion(digest), tmp_path / "previous") == "none"

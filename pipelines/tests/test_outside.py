"""The artifacts from outside that a run is given."""

import pytest

from sentiment_common.artifacts import (
    MODEL,
    STATISTICS,
    Manifest,
    payload_digest,
    read_manifest,
    write_json,
    write_manifest,
)
from sentiment_common.errors import InputError
from sentiment_pipelines import outside
from sentiment_pipelines.champion import resolve

BATCH = {"model": "STRING", "source": "STRING"}


class Registry:
    """Answers as the recorder does, from a real registry."""

    def __init__(self, client):
        self.client = client

    def ask(self, what, folder):
        """Returns the champion and writes its artifact."""
        assert what == "champion"
        return resolve(self.client, folder)


@pytest.fixture
def recorder(client, registry):
    return Registry(client)


def artifact(folder, kind):
    write_json(folder / "bundle.json", {"name": "mine"})
    digest = payload_digest(folder)
    write_manifest(folder, Manifest(kind.name, kind.schema_version, "test", "1", digest))
    return str(folder), digest


def test_the_champion_scores_if_nobody_names_another(recorder, registry, tmp_path):
    digest = registry.push("deep")
    found = outside.resolve(recorder, {"model": "champion"}, BATCH, tmp_path)
    assert found.champion.digest == digest
    assert found.values == {"model": str(tmp_path / "model")}
    assert read_manifest(tmp_path / "model", MODEL).digest == digest


def test_another_model_scores_if_it_is_named(recorder, registry, tmp_path):
    registry.push("deep")
    mine, digest = artifact(tmp_path / "my model", MODEL)
    outside.resolve(recorder, {"model": mine}, BATCH, tmp_path)
    assert read_manifest(tmp_path / "model", MODEL).digest == digest


def test_without_a_champion_one_is_told_what_to_do(recorder, tmp_path):
    with pytest.raises(InputError, match=r"no model has been pushed yet; run `make pipeline-run`"):
        outside.resolve(recorder, {"model": "champion"}, BATCH, tmp_path)


def test_what_is_no_model_or_was_changed_scores_nothing(recorder, tmp_path):
    statistics, _ = artifact(tmp_path / "statistics", STATISTICS)
    changed, _ = artifact(tmp_path / "changed", MODEL)
    write_json(tmp_path / "changed" / "bundle.json", {"name": "other"})
    for at, wanted in enumerate((statistics, changed, str(tmp_path / "gone"))):
        with pytest.raises(InputError):
            outside.resolve(recorder, {"model": wanted}, BATCH, tmp_path / str(at))
        assert not (tmp_path / str(at) / "model").exists()


def test_only_what_a_pipeline_declares_is_made(recorder, tmp_path):
    given = {"previous_examples": "auto", "previous_statistics": "none"}
    declared = dict.fromkeys(("previous_examples", "previous_statistics", "source"), "STRING")
    found = outside.resolve(recorder, given, declared, tmp_path)
    assert sorted(found.values) == ["previous_examples", "previous_statistics"]
    assert found.champion is None

"""The champion a run is given, resolved against a real registry."""

import json
import shutil
from dataclasses import asdict

import pytest

from sentiment_common.artifacts import (
    CHAMPION,
    MODEL,
    Manifest,
    payload_digest,
    read_intact,
    read_manifest,
    write_json,
    write_manifest,
)
from sentiment_common.errors import InputError
from sentiment_common.promotions import Promotion
from sentiment_pipelines import champion


@pytest.fixture
def registered(client, tmp_path):
    """Registers a bundle behind the champion's alias, as push lays it out."""
    bundle = tmp_path / "model" / "artifacts" / "bundle"
    write_json(bundle / "bundle.json", {"name": "baseline"})
    digest = payload_digest(bundle)
    manifest = Manifest(MODEL.name, MODEL.schema_version, "sentiment-train-baseline", "1", digest)
    write_manifest(bundle, manifest)
    client.create_registered_model("sentiment")
    version = client.create_model_version(
        "sentiment", (tmp_path / "model").as_uri(), tags={"candidate": "baseline"}
    )
    client.set_registered_model_alias("sentiment", "champion", version.version)
    yield bundle, digest
    client.delete_registered_model("sentiment")


def test_before_the_first_push_there_is_no_champion(client, tmp_path):
    assert champion.resolve(client, tmp_path / "champion") is None
    assert champion.champion_bundle(client) is None
    stored = json.loads((tmp_path / "champion" / "champion.json").read_text())
    assert stored == {"digest": None, "name": None, "version": None, "withdrawn": []}
    read_manifest(tmp_path / "champion", CHAMPION)


def test_the_champion_is_the_bundle_behind_the_alias_with_its_digest(client, registered, tmp_path):
    _, digest = registered
    found = champion.resolve(client, tmp_path / "champion")
    assert found == champion.Champion(digest, "baseline", "1", None)
    stored = json.loads((tmp_path / "champion" / "champion.json").read_text())
    assert stored == {"digest": digest, "name": "baseline", "version": "1", "withdrawn": []}
    assert read_manifest(tmp_path / "champion" / "bundle", MODEL).digest == digest
    read_intact(tmp_path / "champion", CHAMPION)


def test_the_evaluation_it_was_chosen_in_comes_with_the_champion(client, registered, tmp_path):
    evaluation = tmp_path / "evaluation"
    write_json(evaluation / "evaluation.json", {"rows": 1})
    write_manifest(
        evaluation,
        Manifest(
            "evaluation", 1, "sentiment-evaluate", "1", payload_digest(evaluation),
            inputs={"examples": "sha256:rows"},
        ),
    )  # fmt: skip
    run = client.create_run(client.get_experiment_by_name("sentiment").experiment_id).info
    client.log_artifacts(run.run_id, str(evaluation), "evaluation")
    version = client.create_model_version(
        "sentiment", (tmp_path / "model").as_uri(), run.run_id, {"candidate": "baseline"}
    )
    client.set_registered_model_alias("sentiment", "champion", version.version)

    found = champion.resolve(client, tmp_path / "champion")
    assert found.examples == "sha256:rows"
    assert (tmp_path / "champion" / "evaluation" / "evaluation.json").is_file()
    read_intact(tmp_path / "champion", CHAMPION)


def test_a_champion_that_was_changed_in_the_registry_is_refused(client, registered, tmp_path):
    bundle, _ = registered
    (bundle / "bundle.json").write_text("{}")
    with pytest.raises(InputError, match="digest"):
        champion.resolve(client, tmp_path / "champion")


def test_a_champion_whose_files_are_gone_is_one_line(client, registered, tmp_path):
    shutil.rmtree(tmp_path / "model")
    with pytest.raises(InputError, match="the model of version 1 is not there any more"):
        champion.resolve(client, tmp_path / "champion")


def test_evaluate_is_told_what_was_withdrawn(client, registered, tmp_path):
    log = [
        Promotion("2026-11-20T08:00:00Z", "champion", "push", "1", "sha256:old", done=True),
        Promotion("2026-11-21T08:00:00Z", "champion", "push", "2", "sha256:bad", done=True),
        Promotion(
            "2026-11-23T08:00:00Z", "champion", "rollback", "1", "sha256:old",
            reason="calls refunds positive", done=True,
        ),
    ]  # fmt: skip
    for number, it in enumerate(log, start=1):
        value = json.dumps(asdict(it))
        client.set_registered_model_tag("sentiment", f"promotion.{number:04}", value)
    champion.resolve(client, tmp_path / "champion")
    stored = json.loads((tmp_path / "champion" / "champion.json").read_text())
    assert stored["withdrawn"] == [
        {"digest": "sha256:bad", "date": "2026-11-23", "reason": "calls refunds positive"}
    ]

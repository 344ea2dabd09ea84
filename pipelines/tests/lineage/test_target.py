"""What a text names: a folder, a digest, an output of a run, a registered version."""

import shutil

import pytest

from sentiment_common.artifacts import Manifest, write_json
from sentiment_common.errors import InputError
from sentiment_pipelines.lineage import chain, target


def find(artifact, connect=pytest.fail):
    return target.find(artifact, chain.store(), connect)


@pytest.mark.parametrize(
    "name", ["latest/train-deep/model", "latest~0/train-deep/model", "20260102/train-deep/model"]
)
def test_an_output_is_found_by_its_run_its_task_and_its_name(house, name):
    house.train(house.first)
    house.train(house.second)
    place = find(name)
    assert (place.run, place.task, place.name) == (house.second, "train-deep", "model")


def test_what_a_run_was_given_is_found_by_its_name(house):
    house.train(house.first)
    assert find(f"{house.first}/champion").manifest.kind == "champion"


def test_a_folder_of_a_run_is_known_as_its_tasks_output(house, tmp_path, monkeypatch):
    house.train(house.first)
    monkeypatch.chdir(house.at(house.first, "train-deep"))
    assert find("model").task == "train-deep"
    shutil.copytree("model", tmp_path / "copy")
    copy = find(str(tmp_path / "copy"))
    assert (copy.task, copy.maker) == ("", "")


def test_a_digest_is_found_by_its_beginning(house):
    made = house.train(house.first)
    for text in (made["examples"], made["examples"][7:], made["examples"][7:13]):
        assert find(text).title == "ingest/examples"


def test_a_beginning_of_several_digests_names_them_all():
    digests = [f"sha256:{'a' * 63}{last}" for last in "12"]
    places = [chain.Place(None, Manifest("model", 1, "s", "1", it), "model") for it in digests]
    with pytest.raises(InputError) as error:
        target.find("aaaaaa", chain.Store(places), pytest.fail)
    assert all(digest in str(error.value) for digest in digests)


@pytest.mark.parametrize(
    ("artifact", "message"),
    [
        ("latest", "it has champion, evaluate/evaluation"),
        ("latest/train-deep", "it has no artifact 'train-deep'; it has champion"),
        ("2026/train-deep/model", "20260102-120000-000, 20260101-120000-000 begin so"),
        ("latest~2/train-deep/model", "there are only 2 runs"),
        ("0123456789abcdef", "no run here has an artifact of this digest"),
        ("abc", "there is no such artifact; give an artifact's folder"),
        ("no/such/folder", "there is no such artifact"),
        ("/", "this is no artifact's folder"),
    ],
)
def test_what_names_nothing_is_answered_with_what_there_is(house, artifact, message):
    house.train(house.first)
    house.train(house.second)
    with pytest.raises(InputError) as error:
        find(artifact)
    assert message in str(error.value)


def test_a_tasks_folder_is_answered_with_the_artifacts_in_it(house):
    house.train(house.first)
    with pytest.raises(InputError, match="name one of the artifacts in it: features, graph"):
        find(str(house.at(house.first, "transform")))


@pytest.fixture
def registered(client, house, tmp_path):
    """Registers the model of a run, as push does."""
    made = house.train(house.first)
    chosen = house.at(house.first, "evaluate")
    model = tmp_path / "registry" / "model"
    shutil.copytree(chosen / "model", model / "artifacts" / "bundle")
    client.create_registered_model("sentiment")
    run = client.create_run(client.get_experiment_by_name("sentiment").experiment_id).info
    client.log_artifacts(run.run_id, str(chosen / "evaluation"), "evaluation")
    tags = {
        "digest": made["model"],
        "evaluation": made["evaluation"],
        "sentiment.run": house.first,
    }
    client.create_model_version("sentiment", model.as_uri(), run.run_id, tags)
    client.set_registered_model_alias("sentiment", "champion", "1")
    yield made
    client.delete_registered_model("sentiment")


def lineage_of(artifact, client):
    available = chain.store()
    return chain.trace(available, target.find(artifact, available, lambda: client))


@pytest.mark.parametrize(
    "artifact",
    ["", "champion", "sentiment@champion", "models:/sentiment@champion", "models:/sentiment/1",
     "sentiment/1"],
)  # fmt: skip
def test_a_registered_version_leads_to_the_model_and_to_its_evaluation(
    client, house, registered, artifact
):
    lineage = lineage_of(artifact, client)
    root = lineage.nodes[lineage.root]
    assert (root.title, root.kind, root.run) == ("sentiment/1", "registered model", house.first)
    titles = {name: lineage.nodes[it].title for name, it in root.inputs.items()}
    assert titles == {"model": "train-baseline/model", "evaluation": "evaluate/evaluation"}
    assert set(lineage.sources) == {house.reviews, house.glove}


def test_what_push_wrote_about_a_version_is_part_of_its_chain(client, house, registered):
    source = client.get_model_version("sentiment", "1").source
    blessing = house.task(house.first, "judge", {"blessing": ("blessing", "yes")})
    inputs = {"model": registered["model"], **blessing}
    house.task(house.first, "push", {"pushed_model": ("pushed_model", "card")}, inputs)
    pushed = house.at(house.first, "push") / "pushed_model"
    lineage = lineage_of("sentiment/1", client)
    assert "blessing" not in lineage.nodes[lineage.root].inputs, "it may be another registry's"
    write_json(pushed / "pushed_model.json", {"version": "1", "source": source})
    lineage = lineage_of("sentiment/1", client)
    assert list(lineage.nodes[lineage.root].inputs) == ["model", "evaluation", "blessing"]
    assert lineage.nodes[lineage.root].producer == "sentiment-push 1.0.0"


def test_the_registrys_own_copies_tell_of_a_version_whose_run_was_deleted(
    client, house, registered
):
    shutil.rmtree(house.folder / house.first)
    lineage = lineage_of("champion", client)
    root = lineage.nodes[lineage.root]
    assert root.notes == (f"run {house.first} was deleted",)
    copies = {name: lineage.nodes[it] for name, it in root.inputs.items()}
    assert {name: it.producer for name, it in copies.items()} == {
        "model": "sentiment-evaluate 1.0.0",
        "evaluation": "sentiment-evaluate 1.0.0",
    }
    assert copies["model"].notes == (
        "the run that made it is not known: this is the copy in the registry",
        "it is its input candidate, unchanged",
    )
    assert {it.digest for it in lineage.missing} == {
        registered[name] for name in ("candidate", "candidate_2", "champion", "examples")
    }


@pytest.mark.parametrize("harm", ["lost", "changed"])
def test_a_copy_that_the_registry_lost_or_that_was_changed_there_is_a_missing_link(
    client, house, registered, tmp_path, harm
):
    shutil.rmtree(house.folder / house.first)
    if harm == "lost":
        shutil.rmtree(tmp_path / "registry")
    else:
        (tmp_path / "registry/model/artifacts/bundle/content.json").write_text("[]")
    lineage = lineage_of("champion", client)
    inputs = lineage.nodes[lineage.root].inputs
    assert lineage.nodes[inputs["model"]].missing
    assert not lineage.nodes[inputs["evaluation"]].missing


def test_before_the_first_push_it_is_said_how_to_make_a_champion(client, house):
    with pytest.raises(InputError, match=r"sentiment@champion: .* `make pipeline-run` pushes one"):
        find("", lambda: client)
    with pytest.raises(InputError, match="models:/sentiment/9: the registry has no such version"):
        find("models:/sentiment/9", lambda: client)


def test_a_version_that_push_did_not_register_is_refused(client, house, tmp_path):
    client.create_registered_model("other")
    client.create_model_version("other", tmp_path.as_uri())
    with pytest.raises(InputError, match="it has no tag with the digest of its bundle"):
        find("other/1", lambda: client)
    client.delete_registered_model("other")

"""The chain from an artifact back to data from outside."""

import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.artifacts import Manifest
from sentiment_pipelines.lineage import chain, target


def trace(artifact):
    """Returns the lineage of an artifact that no registry is needed for."""
    available = chain.store()
    return chain.trace(available, target.find(artifact, available, pytest.fail))


def titles(lineage):
    return {node.title for node in lineage.nodes.values()}


def node(lineage, title):
    (found,) = [it for it in lineage.nodes.values() if it.title == title]
    return found


def test_a_chain_leads_back_to_every_source_and_to_nothing_else(house):
    house.train(house.first)
    deep = trace(f"{house.first}/train-deep/model")
    assert titles(deep) == {"train-deep/model", "transform/features", "ingest/examples"}
    assert set(deep.sources) == {house.glove, house.reviews}
    linear = trace(f"{house.first}/train-baseline/model")
    assert linear.sources == [house.reviews]
    assert not linear.missing


def test_a_link_says_who_made_it_in_which_run_of_which_code(house):
    made = house.train(house.first)
    found = node(trace(f"{house.first}/train-deep/model"), "ingest/examples")
    assert (found.kind, found.digest) == ("examples", made["examples"])
    assert found.producer == "sentiment-ingest 1.0.0"
    assert found.code == "sha256:c0dec0dec0dec0de"
    assert (found.run, found.revision) == (house.first, f"revision of {house.first}")
    assert found.notes == ()


def test_what_two_were_made_from_is_one_link(house):
    house.train(house.first)
    lineage = trace(f"{house.first}/evaluate/evaluation")
    users = [it for it in lineage.nodes.values() if "features" in it.inputs]
    assert {it.title for it in users} == {"train-baseline/model", "train-deep/model"}
    assert len({it.inputs["features"] for it in users}) == 1


def test_a_digest_leads_to_the_task_that_made_it_and_not_to_one_that_handed_it_on(house):
    made = house.train(house.first)
    lineage = trace(made["candidate"])
    assert lineage.nodes[lineage.root].title == "train-baseline/model"


def test_what_was_handed_on_leads_to_its_maker(house):
    house.train(house.first)
    lineage = trace(f"{house.first}/evaluate/model")
    root = lineage.nodes[lineage.root]
    assert root.notes == ("it is its input candidate, unchanged",)
    assert lineage.nodes[root.inputs["candidate"]].title == "train-baseline/model"


def test_a_deleted_run_leaves_a_missing_link_that_is_said(house):
    examples = house.task(house.first, "ingest", {"examples": ("examples", "rows")})
    house.task(house.second, "train", {"model": ("model", "weights")}, examples)
    shutil.rmtree(house.folder / house.first)
    (missing,) = trace(f"{house.second}/train/model").missing
    assert (missing.name, missing.digest) == ("examples", examples["examples"])
    assert "its run was deleted" in missing.notes[0]


def test_what_a_later_run_reused_outlives_the_run_that_made_it(house):
    examples = house.task(house.first, "ingest", {"examples": ("examples", "rows")})
    house.reuse(house.second, "ingest")
    house.task(house.second, "train", {"model": ("model", "weights")}, examples)
    shutil.rmtree(house.folder / house.first)
    found = node(trace(f"{house.second}/train/model"), "ingest/examples")
    assert (found.run, found.revision) == (house.first, None)
    assert found.notes == (
        f"run {house.first} was deleted, run {house.second} reused what it had made",
    )


def test_of_two_makers_the_one_in_the_same_run_is_the_one(house):
    for run, source in ((house.first, house.glove), (house.second, house.reviews)):
        examples = house.task(run, "ingest", {"examples": ("examples", "rows")}, {}, [source])
        house.task(run, "train", {"model": ("model", run)}, examples)
    assert trace(f"{house.first}/train/model").sources == [house.glove]
    assert trace(f"{house.second}/train/model").sources == [house.reviews]


def grown_and_back(house):
    """Rows, then more rows with the splits carried forward, then the first rows again."""
    rows, before = {}, {}
    for run, content in ((house.first, "few"), (house.second, "many"), (house.third, "few")):
        sources = [house.reviews] if run == house.first else []
        rows = house.task(run, "ingest", {"examples": ("examples", content)}, before, sources)
        before = {"previous_examples": rows["examples"]}
    return rows["examples"]


def test_content_that_comes_back_makes_no_circle(house):
    grown_and_back(house)
    lineage = trace(f"{house.third}/ingest/examples")
    made = [it.run for it in lineage.nodes.values()]
    assert made == [house.first, house.second, house.third]
    assert lineage.sources == [house.reviews]


def test_content_that_came_back_after_its_first_run_was_deleted_lacks_a_link(house):
    digest = grown_and_back(house)
    shutil.rmtree(house.folder / house.first)
    lineage = trace(f"{house.third}/ingest/examples")
    assert [it.run for it in lineage.nodes.values()] == ["", house.second, house.third]
    assert [it.digest for it in lineage.missing] == [digest]


def test_a_copy_given_to_a_run_tells_of_examples_whose_run_was_deleted(house):
    digest = house.task(house.first, "ingest", {"examples": ("examples", "rows")}, {}, [])
    copy = house.folder / house.second / "previous_examples"
    shutil.copytree(house.at(house.first, "ingest") / "examples", copy)
    shutil.rmtree(house.folder / house.first)
    more = {"previous_examples": digest["examples"]}
    house.task(house.second, "ingest", {"examples": ("examples", "more")}, more)
    found = node(trace(f"{house.second}/ingest/examples"), "previous_examples")
    assert found.producer == "sentiment-ingest 1.0.0"
    assert found.notes == (
        f"the run that made it is not known: this is the copy in run {house.second}",
    )


def test_files_that_were_changed_afterwards_are_said_to_be(house):
    house.train(house.first)
    (house.at(house.first, "ingest") / "examples" / "content.json").write_text("[]")
    lineage = trace(f"{house.first}/train-deep/model")
    assert "were changed after it was made" in node(lineage, "ingest/examples").notes[0]
    assert node(lineage, "transform/features").notes == ()


def test_a_champion_leads_to_how_its_bundle_was_made_and_not_to_its_own_evaluation(house):
    house.train(house.first)
    house.train(house.second, bundle="linear")
    lineage = trace(f"{house.second}/champion")
    root = lineage.nodes[lineage.root]
    assert root.notes == ("it was version 7 of the registry",)
    assert list(root.inputs) == ["bundle"]
    assert lineage.nodes[root.inputs["bundle"]].title == "train-baseline/model"
    assert "champion/evaluation" not in titles(lineage)


def test_the_first_run_is_said_to_have_had_neither_champion_nor_earlier_splits(house):
    house.train(house.first)
    folder = house.folder / house.first / "previous_examples"
    house.write(folder, "examples", "none", producer="sentiment-pipelines")
    champion = trace(f"{house.first}/champion")
    assert champion.nodes[champion.root].notes == ("there was no champion yet",)
    examples = trace(f"{house.first}/previous_examples")
    assert examples.nodes[examples.root].notes == (
        "without rows: no earlier splits were carried forward",
    )


@pytest.mark.parametrize("manifest", ["{", "[]", '{"kind": "examples"}', '{"kind": "examples", '])
def test_an_artifact_without_a_manifest_that_can_be_read_is_a_missing_link(house, manifest):
    made = house.train(house.first)
    (house.at(house.first, "ingest") / "examples" / "artifact.json").write_text(manifest)
    (missing,) = trace(f"{house.first}/train-deep/model").missing
    assert missing.digest == made["examples"]


DIGESTS = st.sampled_from("abcde")
ARTIFACTS = st.lists(
    st.tuples(DIGESTS, st.dictionaries(st.sampled_from("xyz"), DIGESTS)), min_size=1, max_size=12
)


@given(ARTIFACTS)
def test_whatever_the_manifests_say_a_chain_ends_and_is_no_circle(artifacts):
    places = [
        chain.Place(None, Manifest("examples", 1, "stage", "1", digest, inputs), f"output {number}")
        for number, (digest, inputs) in enumerate(artifacts)
    ]
    lineage = chain.trace(chain.Store(places), places[0])
    seen = set()
    for key, node in lineage.nodes.items():
        assert set(node.inputs.values()) <= seen
        seen.add(key)
    root = lineage.nodes[lineage.root]
    assert {name: lineage.nodes[it].digest for name, it in root.inputs.items()} == artifacts[0][1]


def test_the_ancestors_are_those_of_the_chain_and_end_where_it_is_said(house):
    made = house.train(house.first)
    available = chain.store()
    place = target.find(f"{house.first}/train-deep/model", available, pytest.fail)
    digests = {it.digest for it in chain.trace(available, place).nodes.values()}
    assert chain.ancestors(available, place) == digests - {made["candidate_2"]}
    assert chain.ancestors(available, place, "features") == {made["features"]}

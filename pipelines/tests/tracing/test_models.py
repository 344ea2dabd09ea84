"""What a bundle was made from, when parts of it are gone."""

import shutil

from sentiment_pipelines.lineage import chain
from sentiment_pipelines.tracing import models, registry
from sentiment_pipelines.tracker import RUN_TAG

from .conftest import FIRST, SECOND, rows_of


def test_of_a_deleted_run_the_tracking_server_tells_what_it_knows(world, client):
    world.begin(FIRST)
    assert models.origin(FIRST, client).revision == "a" * 40 + "-dirty"
    shutil.rmtree(world.folder / "runs" / FIRST)
    assert models.origin(FIRST, client) == models.Origin(FIRST, there=False)
    experiment = client.get_experiment_by_name("sentiment").experiment_id
    data = "data/reviews.csv 0f3d2c1b9a8e of commit 5bd22a9c4f1a"
    tags = {"mlflow.source.git.commit": "c" * 40, "sentiment.data": data, RUN_TAG: FIRST,
            "sentiment.outcome": "pushed", "sentiment.pipeline": "training"}  # fmt: skip
    run = client.create_run(experiment, tags=tags).info.run_id
    client.log_param(run, "source", "data/reviews.csv")
    found = models.origin(FIRST, client)
    assert (found.there, found.outcome, found.revision) == (False, "pushed", "c" * 40)
    assert (found.data, found.source, found.mlflow_run) == ([data], "data/reviews.csv", run)


def test_a_model_is_trained_on_its_own_examples_and_not_on_those_whose_splits_these_kept(world):
    world.begin(FIRST)
    examples = world.ingest(FIRST, rows_of())
    model = world.train(FIRST, examples)
    world.begin(SECOND)
    task = world.at(SECOND, "ingest")
    task.mkdir(parents=True)
    grown = world.train(SECOND, examples, "grown", name="ingest")
    path = task / "model" / "artifact.json"
    path.write_text(path.read_text().replace('"kind": "model"', '"kind": "examples"'))
    later = world.train(SECOND, grown, "later")
    available = chain.store()
    assert models.trained_on(examples, available, registry.Registry()) == [model]
    assert models.trained_on(grown, available, registry.Registry()) == [later]


def test_a_version_whose_run_is_gone_is_known_by_what_push_said_of_its_examples(world, client):
    world.begin(FIRST)
    examples = world.ingest(FIRST, rows_of())
    digest = world.train(FIRST, examples)
    world.push(FIRST, digest, "2026-01-01T13:00:00Z", examples=examples, forced_by="Ada",
               forced_reason="a demo")  # fmt: skip
    shutil.rmtree(world.at(FIRST, "train-baseline"))
    found = registry.read(client)
    assert models.trained_on(examples, chain.store(), found) == [digest]
    assert (found.version("1").forced, found.version("1").aliases) == ("Ada: a demo", ["champion"])
    made = models.made(digest, chain.store(), found, client)
    assert (made.examples, made.rows, made.lineage) == (examples, None, None)


def test_before_the_first_push_the_registry_is_empty(client):
    assert registry.read(client) == registry.Registry([], [])

import asyncio
from functools import partial

import pytest

from sentiment_serving.calls import Call
from sentiment_serving.experiments.trial import Trial
from sentiment_serving.metrics import Metrics
from sentiment_serving.model import Models, OpenModel
from sentiment_serving.references import parse
from sentiment_serving.settings import Settings
from sentiment_serving.sources import Copy

EXPERIMENT = """
name = "one"
[[variants]]
name = "control"
model = "tiny"
weight = 1
[[variants]]
name = "challenger"
model = "other"
[[variants]]
name = "ghost"
model = "other"
shadow = true
"""


@pytest.fixture
def opened(tiny_bundle, other_bundle):
    """Opens one of the two bundles under a name."""

    def model(name, bundle):
        folder = {"tiny": tiny_bundle, "other": other_bundle}[bundle]
        return OpenModel(Copy(folder), parse(f"{name}={folder}"), lambda size: None)

    return model


@pytest.fixture
def models(opened):
    return Models([opened("tiny", "tiny"), opened("other", "other")])


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "experiment.toml"
    path.write_text(EXPERIMENT)
    return path


@pytest.fixture
def make(file, models):
    """Makes a trial, which needs a running event loop, and tells what is logged."""
    return partial(Trial, Settings(experiment=str(file)), models, Metrics())


def test_a_model_that_is_exchanged_in_the_course_of_an_experiment_is_told_once(
    make, models, opened, caplog
):
    async def run():
        trial = make(lambda answered: None)
        await trial.look()
        models.switch(opened("tiny", "other"))
        await trial.look()
        await trial.look()
        await trial.end()

    asyncio.run(run())
    found = [line for line in caplog.messages if "its figures are of both" in line]
    assert len(found) == 1
    assert found[0].startswith("variant control of one is answered by sha256:")


def test_what_was_assigned_before_the_file_named_another_experiment_is_no_matter_of_its_shadow(
    make, models, file
):
    logged = []

    async def run():
        trial = make(logged.append)
        await trial.look()
        calls = [Call(f"r-{number}", {}) for number in range(2)]
        trial.assign(calls[0])
        file.write_text(EXPERIMENT.replace('"one"', '"two"'))
        await trial.look()
        trial.assign(calls[1])
        for call in calls:
            model = models.pick("tiny")
            trial.scored(call, model, ["good"], model.score_now(["good"]))
        while not logged:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        await trial.end()

    asyncio.run(asyncio.wait_for(run(), 20))
    assert [(each.request_id, each.experiment) for each in logged] == [("r-1", "two")]

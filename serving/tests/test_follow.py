import asyncio
import shutil

import numpy as np
import pytest

from sentiment_serving.follow import Follower
from sentiment_serving.metrics import Metrics
from sentiment_serving.model import Models, OpenModel
from sentiment_serving.references import parse
from sentiment_serving.sources import Shelf

CHAMPION = parse("models:/sentiment@champion")


def opened(copy, source):
    return OpenModel(copy, source, lambda size: None)


@pytest.fixture
def follower(store, tiny_bundle, tmp_path):
    """Follows an alias that stands for the tiny bundle, and tells of its models and figures."""
    store(tiny_bundle)
    shelf = Shelf(tmp_path / "copies", {"MLFLOW_TRACKING_URI": store.uri})
    metrics = Metrics()
    models = Models([opened(shelf.first(CHAMPION), CHAMPION)])
    follower = Follower(CHAMPION, shelf, models, metrics, opened)

    def look():
        asyncio.run(follower.look())
        return models.pick(None)

    look.figures = lambda: metrics.text().decode()
    return look


def test_an_alias_that_stays_changes_nothing(follower):
    assert follower() is follower()
    assert 'sentiment_model_stale{model="sentiment"} 0.0' in follower.figures()


def test_a_moved_alias_is_followed_there_and_back(follower, store, other_bundle):
    store(other_bundle)
    model = follower()
    assert model.served.version == "2"
    assert model.label(model.score_now(["good"])[0]) == "negative"
    store.move("1")
    model = follower()
    assert model.label(model.score_now(["good"])[0]) == "positive"
    assert 'model_switches_total{model="sentiment",outcome="accepted"} 2.0' in follower.figures()


@pytest.fixture(params=["damaged", "not a number", "another digest", "no bundle"])
def bad(request, other_bundle, tmp_path):
    """A bundle that must not be served, and the digest it is registered with."""
    bundle = shutil.copytree(other_bundle, tmp_path / "bad")
    if request.param == "damaged":
        (bundle / "weights.npz").write_bytes(b"nothing")
    elif request.param == "not a number":
        with np.load(bundle / "weights.npz") as stored:
            weights = dict(stored) | {"intercept": np.array([np.nan, 0.0, 0.0])}
        np.savez(bundle / "weights.npz", **weights)
    elif request.param == "no bundle":
        (bundle / "bundle.json").unlink()
    return bundle, "sha256:" + "0" * 64 if request.param == "another digest" else None


def test_a_bad_model_is_refused_once_and_the_old_one_goes_on(follower, store, bad, caplog):
    before = follower()
    store(*bad)
    assert follower() is before
    assert follower() is before
    assert 'model_switches_total{model="sentiment",outcome="refused"} 1.0' in follower.figures()
    refusals = [line for line in caplog.messages if "keeps its model" in line]
    assert len(refusals) == 1


def test_after_a_bad_model_a_good_one_is_taken(follower, store, bad, other_bundle):
    store(*bad)
    follower()
    store(other_bundle)
    assert follower().served.version == "3"


def test_a_registry_that_is_away_is_told_and_its_return_too(
    follower, store, tmp_path, other_bundle
):
    before = follower()
    store(other_bundle)
    (tmp_path / "mlflow.db").rename(tmp_path / "away.db")
    assert follower() is before
    assert 'sentiment_model_stale{model="sentiment"} 1.0' in follower.figures()
    (tmp_path / "away.db").rename(tmp_path / "mlflow.db")
    assert follower().served.version == "2"
    assert 'sentiment_model_stale{model="sentiment"} 0.0' in follower.figures()


def test_a_deleted_alias_keeps_the_model(follower, store):
    before = follower()
    store.drop()
    assert follower() is before

"""A bundle that says what its training was like, opened."""

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from sentiment_serving.model import OpenModel
from sentiment_serving.references import parse
from sentiment_serving.signals.watch import Signals
from sentiment_serving.sources import Copy


@pytest.fixture
def opened(watched_bundle):
    def opened(folder=watched_bundle, source=None):
        given = parse(source or str(folder))
        return OpenModel(Copy(folder, ""), given, lambda size: None, watch=True)

    return opened


@pytest.fixture
def signals():
    """Signals of one process, and all that Prometheus reads of them."""

    def signals(*models, folder=None):
        registry = CollectorRegistry()
        made = Signals(registry, folder, models)
        made.figures = lambda: generate_latest(registry).decode() + made.text().decode()
        return made

    return signals

"""A bundle that says what its training was like, opened and watched."""

import shutil

import numpy as np
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from sentiment_common.text import TextSpecification
from sentiment_models import load, reference
from sentiment_serving.model import OpenModel
from sentiment_serving.references import parse
from sentiment_serving.signals.watch import Signals
from sentiment_serving.sources import Copy

KNOWN = ("good", "bad", "parcel", "not good", "good parcel", "the parcel is not good", "late")


@pytest.fixture(scope="session")
def known_texts():
    return list(KNOWN) * 200


@pytest.fixture(scope="session")
def watched_bundle(tiny_bundle, known_texts, tmp_path_factory):
    """The tiny bundle with a reference of 1,400 rows."""
    folder = shutil.copytree(tiny_bundle, tmp_path_factory.mktemp("watched") / "model")
    probabilities = load(folder).predict_proba(known_texts)
    targets = probabilities.argmax(axis=1)
    targets[::10] = np.arange(len(targets[::10])) % 3
    specification = TextSpecification.load(folder / "text_spec")
    reference.make(known_texts, probabilities, targets, specification).write(folder)
    return folder


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

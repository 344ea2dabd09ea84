"""A small linear bundle, written as a trainer writes it."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from sentiment_common.text import current
from sentiment_models.bundle import Bundle, write_bundle
from sentiment_models.linear import LinearWeights, save_linear

DICTIONARY = {"batteries": "battery", "cables": "cable", "loved": "love"}
VOCABULARY = ("the", "battery", "love", "not", "not love", "bad", "love the battery")


@pytest.fixture(scope="session")
def weights():
    random = np.random.default_rng(7)
    size = len(VOCABULARY)
    return LinearWeights(
        VOCABULARY,
        3,
        (1 + random.random(size)).astype(np.float32),
        random.normal(size=(3, size)),
        random.normal(size=3),
    )


@pytest.fixture(scope="session")
def specification():
    return current(DICTIONARY)


@pytest.fixture(scope="session")
def tiny():
    """The module that writes a sentence encoder of a few words."""
    path = Path(__file__).with_name("tiny_encoder.py")
    described = importlib.util.spec_from_file_location("tiny_encoder", path)
    module = importlib.util.module_from_spec(described)
    described.loader.exec_module(module)
    return module


@pytest.fixture
def bundle_folder(tmp_path: Path, weights, specification):
    return write_bundle_of(tmp_path / "model", weights, specification)


@pytest.fixture(scope="session")
def write_linear_bundle():
    return write_bundle_of


def write_bundle_of(folder: Path, weights, specification) -> Path:
    specification.save(folder.parent / "text_spec")
    folder.mkdir()
    save_linear(folder, weights)
    facts = Bundle("baseline", "linear", specification.digest, runtime={"numpy": np.__version__})
    write_bundle(folder, facts, folder.parent / "text_spec")
    return folder

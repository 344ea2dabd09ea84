"""Real bundles and examples, small: word weights by hand, feedback with known labels."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sentiment_common.artifacts import (
    CHAMPION,
    EXAMPLES,
    MODEL,
    Kind,
    Manifest,
    payload_digest,
    read_manifest,
    write_json,
    write_manifest,
)
from sentiment_common.text import current
from sentiment_models import LABELS, Bundle
from sentiment_models.bundle import write_bundle
from sentiment_models.linear import LinearWeights, save_linear

PRODUCTS = ("phone", "charger", "screen", "case", "camera", "cable", "speaker", "battery")
OPINIONS = {
    "negative": ("is terrible", "broke after a day", "was a waste", "is awful and slow"),
    "neutral": ("arrived on monday", "is black", "has two buttons", "comes in a box"),
    "positive": ("is great", "works perfectly", "was excellent", "is lovely and fast"),
}
GOOD_WORDS = {
    "negative": ("terrible", "broke", "waste", "awful"),
    "neutral": ("monday", "black", "buttons", "box"),
    "positive": ("great", "perfectly", "excellent", "lovely"),
}
POOR_WORDS = {"negative": ("terrible", "broke"), "neutral": (), "positive": ("great", "perfectly")}

Words = Mapping[str, tuple[str, ...]]
Rows = list[dict[str, str]]


def _rows(split: str) -> Rows:
    """Every product with every opinion, from two shops; the second shop's rows share groups."""
    found = []
    for shop in ("north", "south"):
        for product in PRODUCTS:
            for label, opinions in OPINIONS.items():
                for opinion in opinions:
                    number = len(found)
                    found.append({
                        "id": f"{split}-{number}",
                        "text": f"The {product} from the {split} order {opinion}.",
                        "label": label,
                        "source": shop,
                        "group": f"{split}-{number if shop == 'north' else product}",
                    })  # fmt: skip
    return found


def _seal(folder: Path, kind: Kind) -> str:
    """Writes ``artifact.json`` and returns the digest."""
    digest = payload_digest(folder)
    write_manifest(folder, Manifest(kind.name, kind.schema_version, "test", "0", digest))
    return digest


def _write_examples(folder: Path, splits: Mapping[str, Rows]) -> Path:
    """Writes an examples artifact."""
    for name, listed in splits.items():
        (folder / name).mkdir(parents=True)
        pq.write_table(pa.Table.from_pylist(listed), folder / name / "examples.parquet")
    _seal(folder, EXAMPLES)
    return folder


def _write_model(
    folder: Path, name: str, words: Words = GOOD_WORDS, strength: float = 30.0
) -> Path:
    """Writes a linear bundle that knows a label by its words."""
    specification_folder = folder.parent / f"{folder.name}_text_spec"
    specification = current({"buttons": "button"})
    specification.save(specification_folder)
    vocabulary = sorted({word.removesuffix("s") for listed in words.values() for word in listed})
    coefficients = np.zeros((len(LABELS), len(vocabulary)))
    for position, label in enumerate(LABELS):
        for word in words[label]:
            coefficients[position, vocabulary.index(word.removesuffix("s"))] = strength
    folder.mkdir(parents=True)
    write_bundle(folder, Bundle(name, "linear", specification.digest), specification_folder)
    save_linear(folder, LinearWeights(
        tuple(vocabulary), 1, np.ones(len(vocabulary), np.float32), coefficients,
        np.array([0.0, 0.1, 0.0]),
    ))  # fmt: skip
    _seal(folder, MODEL)
    return folder


@pytest.fixture(scope="session")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """192 validation and 192 test rows, 64 of each label."""
    folder = tmp_path_factory.mktemp("data") / "examples"
    return _write_examples(folder, {name: _rows(name) for name in ("train", "validation", "test")})


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that knows every opinion."""
    return _write_model(tmp_path_factory.mktemp("good") / "model", "good")


@pytest.fixture(scope="session")
def poor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that knows half of the opinions and calls the rest neutral."""
    return _write_model(tmp_path_factory.mktemp("poor") / "model", "poor", POOR_WORDS)


@pytest.fixture(scope="session")
def rows() -> Callable[[str], Rows]:
    """Makes the rows of a split."""
    return _rows


@pytest.fixture(scope="session")
def write_examples() -> Callable[[Path, Mapping[str, Rows]], Path]:
    """Writes an examples artifact."""
    return _write_examples


@pytest.fixture(scope="session")
def write_model() -> Callable[..., Path]:
    """Writes a linear bundle that knows a label by its words."""
    return _write_model


@pytest.fixture(scope="session")
def champion_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path | None], Path]:
    """Makes a champion artifact of a model, or of none."""

    def make(model: Path | None) -> Path:
        folder = tmp_path_factory.mktemp("champion")
        facts: dict[str, str | None] = {"digest": None, "name": None, "version": None}
        if model is not None:
            shutil.copytree(model, folder / "bundle")
            facts = {
                "digest": read_manifest(model, MODEL).digest,
                "name": "sentiment",
                "version": "1",
            }
        write_json(folder / "champion.json", facts)
        _seal(folder, CHAMPION)
        return folder

    return make

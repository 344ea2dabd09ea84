"""Scored texts that windows are drawn from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from sentiment_common.text import TextSpecification, Tokenizer
from sentiment_common.text.language import language_of
from sentiment_models import load
from sentiment_models.bundle import LABELS, TEXT_SPECIFICATION
from sentiment_models.reference import Examined, Reference, make, share
from sentiment_monitor.window import Array

PRODUCT = "Zephyrix"
OWN = ("amazon", "tweets")
BATCH = 256


@dataclass(frozen=True)
class Pool:
    """Scored texts; all but the specification of one length.

    Attributes:
        texts: The texts.
        words: The different words of each.
        languages: The language of each.
        source: Where each is from, e.g. ``movies``.
        held: Whether the model that scored a row has not seen it, though trained on its source.
        group: Rows of one group are of one origin.
        label: Column of the true label.
        probabilities: Scores of a model that has not seen the row, shape (rows, labels).
        specification: What words are made by.
    """

    texts: tuple[str, ...]
    words: tuple[frozenset[str], ...]
    languages: tuple[str, ...]
    source: Array
    held: Array
    group: Array
    label: Array
    probabilities: Array
    specification: TextSpecification

    def __len__(self) -> int:
        """Returns how many there are."""
        return len(self.texts)

    @property
    def right(self) -> Array:
        """Whether the model is right on each."""
        return np.asarray(self.probabilities.argmax(axis=1) == self.label)

    def reference(self, rows: Array) -> Reference:
        """Returns the reference of a model that was trained on some of the rows."""
        chosen = rows.tolist()
        return make(
            [self.texts[row] for row in chosen], self.probabilities[rows].astype(np.float64),
            self.label[rows].tolist(), self.specification, groups=self.group[rows].tolist(),
        )  # fmt: skip

    def examined(self, terms: frozenset[str]) -> list[Examined]:
        """Examines all texts as a reference's were; words are not made anew."""
        return [
            Examined(len(text), language, words, share(words - terms, words))
            for text, language, words in zip(self.texts, self.languages, self.words, strict=True)
        ]


def tokenized(texts: Iterable[str], specification: TextSpecification) -> list[frozenset[str]]:
    """Returns the different words of each text."""
    tokenizer, empty = Tokenizer(specification), specification.empty_token
    return [frozenset(tokenizer.tokens(text)) - {empty} for text in texts]


def read(run: Path) -> Pool:
    """Reads the default data of a run of the pipeline, scored by its baseline model.

    Rows of the train split have their cross-fitted scores, all others those of the model.
    Beside them are texts of the test split that name a new product, and ones that were garbled.

    Args:
        run: The folder of a run: ``tasks/*/<task>/<output>``.
    """
    bundle = one(run, "train-baseline/model")
    fitted = pq.read_table(one(run, "train-baseline/predictions") / "predictions.parquet")
    scores = {row["id"]: [row[label] for label in LABELS] for row in fitted.to_pylist()}
    model, rows = load(bundle), []
    for path in sorted(run.glob("tasks/*/ingest*/examples/*/examples.parquet")):
        for row in pq.read_table(path).to_pylist():
            row["held"] = row["source"] in OWN and path.parent.name != "train"
            rows.append(row)
    held = [row for row in rows if row["held"]]
    rows += [{**it, "source": "product", "text": with_product(it["text"]), "id": ""} for it in held]
    rows += [{**it, "source": "garbled", "text": garbled(it["text"]), "id": ""} for it in held]
    texts = [row["text"] for row in rows]
    scored = np.concatenate([
        model.predict_proba(texts[begin : begin + BATCH]) for begin in range(0, len(texts), BATCH)
    ])  # fmt: skip
    for number, row in enumerate(rows):
        if row["id"] in scores:
            scored[number] = scores[row["id"]]
    return made(rows, scored, TextSpecification.load(bundle / TEXT_SPECIFICATION))


def made(
    rows: Sequence[Mapping[str, object]], probabilities: Array, specification: TextSpecification
) -> Pool:
    """Makes a pool of rows with text, source, label, group and held."""
    texts = tuple(str(row["text"]) for row in rows)
    return Pool(
        texts, tuple(tokenized(texts, specification)),
        tuple(language_of(text) for text in texts), np.array([row["source"] for row in rows]),
        np.array([row["held"] for row in rows]), np.array([row["group"] for row in rows]),
        np.array([LABELS.index(str(row["label"])) for row in rows]),
        np.asarray(probabilities, np.float32), specification,
    )  # fmt: skip


def with_product(text: str) -> str:
    """Returns a text that names a product which nobody knew in training."""
    first, _, rest = text.partition(" ")
    return f"{first} {PRODUCT} {rest}"


def garbled(text: str) -> str:
    """Returns a text as it looks when UTF-16 is read as Latin-1."""
    return text.encode("utf-16-le", "surrogatepass").decode("latin-1")


def one(run: Path, name: str) -> Path:
    """Returns the folder of a task's output.

    Raises:
        SystemExit: The run has none.
    """
    found = sorted(run.glob(f"tasks/*/{name}"))
    if not found:
        raise SystemExit(f"no {name} in {run}: make pipeline-run first, or name a run")
    return found[-1]

"""Logs as the service writes them, and bundles as trainers write them."""

import gzip
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sentiment_common.artifacts import (
    EXAMPLES,
    MODEL,
    STATISTICS,
    Kind,
    Manifest,
    payload_digest,
    write_json,
    write_manifest,
)
from sentiment_common.request_log import SCHEMA_VERSION, Entry, Feedback
from sentiment_common.request_log.entry import entry_line, to_line
from sentiment_common.text.specification import current
from sentiment_models.bundle import LABELS, Bundle, write_bundle
from sentiment_models.reference import make
from sentiment_monitor import cli

sys.path.append(str(Path(__file__).parent))

COMMAND = shutil.which("sentiment-monitor")
START, HOUR, DAY = datetime(2026, 11, 2, tzinfo=UTC).timestamp(), 3_600.0, 86_400.0
FILLERS = "the it was with and very box parcel order shop delivery week box day colour".split()
WORDS = {
    "negative": "broken bad late awful refund slow poor angry never worst".split(),
    "neutral": "received ordered arrived tuesday package size invoice number usual plain".split(),
    "positive": "great love perfect fast happy excellent kind best thanks recommend".split(),
}
OF_MOVIES = "film plot actor scene director sequel script camera screen drama villain".split()
SHARES = (0.3, 0.2, 0.5)


@dataclass(frozen=True)
class Row:
    """A text with its true label and what a model said of it."""

    text: str
    label: str
    probabilities: tuple[float, ...]


def rows(
    count: int, seed: int, shares: Sequence[float] = SHARES, movies: float = 0.0, extra: str = ""
) -> list[Row]:
    """Draws texts whose words tell their label, as a model sees them that is right mostly.

    Args:
        count: How many.
        seed: Of the draw.
        shares: Of the labels.
        movies: Share of texts about films, which the model is less sure of.
        extra: A word that one text in three has.
    """
    generator = np.random.default_rng(seed)
    made = []
    for label in generator.choice(3, count, p=shares):
        film = generator.random() < movies
        fillers = OF_MOVIES if film else FILLERS
        words = [
            *generator.choice(fillers, int(generator.integers(4, 12))),
            *generator.choice(WORDS[LABELS[label]], 2),
        ]
        if extra and generator.random() < 1 / 3:
            words.append(extra)
        generator.shuffle(words)
        concentration = np.full(3, 0.5 if not film else 0.9)
        concentration[label] += 4.0 if not film else 0.6
        made.append(Row(" ".join(words), LABELS[label], tuple(generator.dirichlet(concentration))))
    return made


def iso(moment: float) -> str:
    """A time as the service writes it."""
    said = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
    return said.replace("+00:00", "Z")


@dataclass
class Log:
    """What a service would have logged."""

    digest: str = "sha256:" + "0" * 64
    entries: list[Entry] = field(default_factory=list)
    feedback: list[Feedback] = field(default_factory=list)

    def answer(self, row: Row, time: float, **fields: object) -> Entry:
        """Logs an answer."""
        number = len(self.entries)
        highest = int(np.argmax(row.probabilities))
        given = {
            "seq": number, "time": iso(time), "request_id": f"request-{number}", "position": 0,
            "model": "tiny", "digest": self.digest, "variant": "", "text": row.text,
            "text_kept": "raw", "label": LABELS[highest],
            "probabilities": dict(zip(LABELS, row.probabilities, strict=True)),
            "latency_ms": 3.0, "caller": f"{number % 97:016x}",
        }  # fmt: skip
        entry = Entry(**{**given, **fields})
        self.entries.append(entry)
        return entry

    def day(self, made: Sequence[Row], begin: float = START, length: float = DAY,
            judged: float = 0.0, **fields: object) -> "Log":  # fmt: skip
        """Logs answers evenly over a time; a share of them is judged an hour later."""
        for number, row in enumerate(made):
            time = begin + length * number / len(made)
            entry = self.answer(row, time, **fields)
            if number % 100 < 100 * judged:
                said = Feedback(iso(time + HOUR), entry.request_id, entry.position, row.label)
                self.feedback.append(said)
        return self

    def write(self, folder: Path, parts: int = 1) -> Path:
        """Writes the log; all but the last part compressed, as a service does that rotates."""
        folder.mkdir(parents=True, exist_ok=True)
        stem = "requests-20261102T000000.000000Z-7"
        for number, of_part in enumerate(np.array_split(np.arange(len(self.entries)), parts)):
            lines = [entry_line(self.entries[row]) for row in of_part]
            if number == 0:
                lines.insert(0, to_line({"mark": "open", "schema": SCHEMA_VERSION, "written": 0}))
            if number == parts - 1:
                total = len(self.entries)
                lines.append(to_line({
                    "mark": "close", "schema": SCHEMA_VERSION, "given": total, "dropped": {},
                    "written": total, "closed": True,
                }))  # fmt: skip
            path = folder / f"{stem}-{number:06d}.jsonl"
            if number < parts - 1:
                path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(b"".join(lines)))
            else:
                path.write_bytes(b"".join(lines))
        said = b"".join(to_line(asdict(it)) for it in self.feedback)
        (folder / "feedback-20261102.jsonl").write_bytes(said)
        return folder


TRAINING = rows(3_000, seed=1)


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle with a reference; nothing here scores, so it has no weights."""
    return make_bundle(tmp_path_factory.mktemp("bundle"), with_reference=True)


def make_bundle(folder: Path, *, with_reference: bool) -> Path:
    """Writes a bundle."""
    specification = current({})
    text_spec, model = folder / "text_spec", folder / "model"
    specification.save(text_spec)
    model.mkdir()
    write_bundle(model, Bundle("tiny", "linear", specification.digest), text_spec)
    if with_reference:
        make(
            [it.text for it in TRAINING], np.array([it.probabilities for it in TRAINING]),
            [LABELS.index(it.label) for it in TRAINING], specification,
        ).write(model)  # fmt: skip
    seal(model, MODEL)
    return model


def seal(folder: Path, kind: object) -> None:
    """Writes the manifest of an artifact."""
    digest = payload_digest(folder)
    write_manifest(folder, Manifest(kind.name, kind.schema_version, "test", "0", digest))


@pytest.fixture(scope="session")
def plain_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of an older trainer, without a reference."""
    return make_bundle(tmp_path_factory.mktemp("plain"), with_reference=False)


@pytest.fixture(scope="session")
def digest(bundle: Path) -> str:
    """The digest of the bundle."""
    return str(json.loads((bundle / "artifact.json").read_text())["digest"])


@pytest.fixture(scope="session")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the bundle was trained on."""
    folder = tmp_path_factory.mktemp("examples")
    (folder / "train").mkdir()
    table = pa.table({"text": [it.text for it in TRAINING], "label": [it.label for it in TRAINING]})
    pq.write_table(table, folder / "train" / "examples.parquet")
    seal(folder, EXAMPLES)
    return folder


@pytest.fixture(scope="session")
def statistics(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """TFDV's statistics of the training texts, with the columns that validate derives."""
    import pandas as pd
    import tensorflow_data_validation as tfdv

    folder = tmp_path_factory.mktemp("statistics")
    texts = pd.Series([it.text for it in TRAINING])
    words = texts.str.split().map(len)
    lengths = {1: "8-11", 2: "12-15", 3: "16-22"}
    frame = pd.DataFrame({
        "label": [it.label for it in TRAINING], "n_chars": texts.map(len), "n_words": words,
        "length": [lengths[int(np.digitize(it, (8, 12, 16)))] if it > 7 else "6-7" for it in words],
        "is_empty": "no", "foreign": "no",
    })  # fmt: skip
    made = tfdv.generate_statistics_from_dataframe(frame, n_jobs=1)
    (folder / "train.pb").write_bytes(made.SerializeToString(deterministic=True))
    seal(folder, STATISTICS)
    return folder


@pytest.fixture
def empty(tmp_path: Path) -> Callable[[Kind], Path]:
    """Writes an artifact that holds nothing, as a pipeline gives it for what nobody knows."""

    def write(kind: Kind) -> Path:
        folder = tmp_path / f"no-{kind.name}"
        write_json(folder / "summary.json", {"rows": {"read": 0, "kept": 0, "dropped": 0}})
        seal(folder, kind)
        return folder

    return write


@pytest.fixture
def log(digest: str) -> Log:
    """An empty log."""
    return Log(digest)


@pytest.fixture
def run(bundle: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the command line for the day from START on; returns the process."""

    def monitor(
        log: Path, *more: object, until: float = START + DAY, out: str = "drift",
        model: Path = bundle, here: bool = False,
    ) -> subprocess.CompletedProcess[str]:  # fmt: skip
        words = [str(it) for it in (
            "--log", log, "--model", model, "--until", iso(until),
            "--out-drift", tmp_path / out, "--out-report", tmp_path / f"{out}.html",
            "--out-decision", tmp_path / f"{out}.txt", "--out-metrics", tmp_path / f"{out}.prom",
            *more,
        )]  # fmt: skip
        if here:  # where TFDV is loaded already
            cli.STAGE.execute(cli.run, cli.STAGE.parse(words))
            return subprocess.CompletedProcess(words, 0, "", "")
        return subprocess.run([COMMAND, *words], capture_output=True, text=True, check=False)

    return monitor


@pytest.fixture
def decided(tmp_path: Path) -> Callable[..., dict]:
    """Reads a decision."""

    def read(out: str = "drift") -> dict:
        return dict(json.loads((tmp_path / out / "decision.json").read_text()))

    return read


@pytest.fixture(scope="session")
def draw() -> Callable[..., list[Row]]:
    """Draws texts."""
    return rows

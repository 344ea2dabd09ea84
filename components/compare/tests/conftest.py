"""Traffic of an experiment as the service logs it, with planted truths."""

import gzip
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from sentiment_common.experiment import read_experiment
from sentiment_common.request_log import SCHEMA_VERSION, Entry, Feedback
from sentiment_common.request_log.entry import entry_line, to_line
from sentiment_compare.analysis import analyse
from sentiment_compare.doubts import doubts
from sentiment_compare.settings import settle
from sentiment_compare.verdict import decide

LABELS = ("negative", "neutral", "positive")
START = datetime(2026, 11, 2, tzinfo=UTC).timestamp()
DAY = 86_400.0
FILE = """
name = "encoder-1"
start = 2026-11-02T00:00:00Z

[[variants]]
name = "control"
model = "sentiment"
weight = 0.5

[[variants]]
name = "challenger"
model = "encoder"
weight = 0.5

[analysis]
least_effect = 0.05
"""
SHADOW_FILE = FILE.replace("weight = 0.5\n\n[analysis]", "shadow = true\n\n[analysis]")


def iso(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def answer(
    number: int, time: float, variant: str, label: str, caller: str = "", **fields: object
) -> Entry:
    """An entry of the log."""
    given = {
        "seq": number, "request_id": f"request-{number}", "position": 0, "model": variant,
        "digest": f"sha256:{variant}", "text": None, "text_kept": "none", "latency_ms": 4.0,
        "experiment": "encoder-1",
    }  # fmt: skip
    rest = 0.2 / (len(LABELS) - 1)
    probabilities = {name: 0.8 if name == label else rest for name in LABELS}
    return Entry(**{
        **given, "time": iso(time), "variant": variant, "label": label, "caller": caller,
        "probabilities": probabilities, **fields,
    })  # fmt: skip


def opinion(entry: Entry, time: float, label: str) -> Feedback:
    """Feedback on an answer."""
    return Feedback(iso(time), entry.request_id, entry.position, label)


@dataclass
class Traffic:
    """What a service would have logged."""

    entries: list[Entry] = field(default_factory=list)
    feedback: list[Feedback] = field(default_factory=list)

    def write(self, folder: Path, parts: int = 1, mark: bool = True) -> Path:
        """Writes the log; all but the last part compressed, as a service does that rotates."""
        folder.mkdir(parents=True, exist_ok=True)
        stem = "requests-20261102T000000.000000Z-7"
        for number, rows in enumerate(np.array_split(np.arange(len(self.entries)), parts)):
            lines = [entry_line(self.entries[row]) for row in rows]
            if mark and number == 0:
                lines.insert(0, to_line({"mark": "open", "schema": SCHEMA_VERSION, "written": 0}))
            if mark and number == parts - 1:
                total = len(self.entries)
                lines.append(to_line({
                    "mark": "close", "schema": SCHEMA_VERSION, "given": total, "dropped": {},
                    "written": total, "closed": True,
                }))  # fmt: skip
            path = folder / f"{stem}-{number:06d}.jsonl"
            content = b"".join(lines)
            if number < parts - 1:
                path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(content))
            else:
                path.write_bytes(content)
        said = b"".join(to_line(asdict(it)) for it in self.feedback)
        (folder / "feedback-20261102.jsonl").write_bytes(said)
        return folder


def simulate(
    callers: int = 1_200, accuracy: tuple[float, float] = (0.75, 0.75), days: float = 14,
    rate: float = 0.8, share: float = 0.5, each: int = 2, seed: int = 5,
) -> Traffic:  # fmt: skip
    """Callers of two variants who come back and mostly say whether the answer was right."""
    generator = np.random.default_rng(seed)
    traffic, number = Traffic(), 0
    for caller in range(callers):
        side = int(generator.random() < share)
        variant = ("control", "challenger")[side]
        for _ in range(each):
            time = START + DAY * days * generator.random()
            given, truth = generator.choice(3, 2, replace=False)
            if generator.random() < accuracy[side]:
                truth = given
            entry = answer(number, time, variant, LABELS[given], f"caller-{caller}")
            traffic.entries.append(entry)
            if generator.random() < rate:
                traffic.feedback.append(opinion(entry, time + 60, LABELS[truth]))
            number += 1
    traffic.entries.sort(key=lambda it: it.time)
    return traffic


@pytest.fixture
def simulated() -> Callable[..., Traffic]:
    """Simulates traffic."""
    return simulate


@pytest.fixture
def experiment_file(tmp_path: Path) -> Callable[..., Path]:
    """Writes an experiment's file."""

    def write(text: str = FILE) -> Path:
        path = tmp_path / "experiment.toml"
        path.write_text(text)
        return path

    return write


@pytest.fixture
def analysed(tmp_path: Path, experiment_file: Callable[..., Path]) -> Callable[..., tuple]:
    """Analyses traffic: returns analysis, decision and doubts."""

    def run(traffic: Traffic, text: str = FILE, margin: str = "", **kept: object) -> tuple:
        log, file = traffic.write(tmp_path / "log", **kept), experiment_file(text)
        experiment = read_experiment(file)
        analysis = analyse(log, file, experiment, settle(experiment, margin=margin))
        return analysis, decide(analysis), doubts(analysis)

    return run


@pytest.fixture
def made() -> SimpleNamespace:
    """Makes single entries and feedback, for tests of one trait."""
    return SimpleNamespace(
        traffic=Traffic, answer=answer, opinion=opinion, file=FILE, shadow_file=SHADOW_FILE,
        start=START, day=DAY,
    )  # fmt: skip

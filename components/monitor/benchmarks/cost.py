"""What a look at a day of traffic costs: time and peak memory, by entries of the log.

The texts are kept, a tenth of the answers is judged, and there are examples for the domain
classifier; without TFDV, whose import alone takes ten seconds and half a gigabyte.
"""

import argparse
import gzip
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sentiment_common.artifacts import (
    EXAMPLES,
    MODEL,
    Kind,
    Manifest,
    payload_digest,
    write_manifest,
)
from sentiment_common.request_log import SCHEMA_VERSION
from sentiment_common.request_log.entry import to_line
from sentiment_common.text.specification import current
from sentiment_models.bundle import LABELS, Bundle, write_bundle
from sentiment_models.reference import make

COMMAND = Path(sys.executable).with_name("sentiment-monitor")
START, PARTS, TRAINED, WORDS = datetime(2026, 11, 2, tzinfo=UTC), 4, 5_000, 4_000


def write_texts(generator: np.random.Generator, count: int) -> list[str]:
    """Makes texts whose words are as unevenly frequent as a language's (Zipf)."""
    ranks = np.minimum(generator.zipf(1.3, (count, 14)), WORDS)
    lengths = generator.integers(4, 15, count)
    return [
        " ".join(f"word{number}" for number in row[:length])
        for row, length in zip(ranks.tolist(), lengths.tolist(), strict=True)
    ]


def write_model(folder: Path, generator: np.random.Generator) -> str:
    """Writes a bundle with a reference, and its examples; returns the bundle's digest."""
    specification, texts = current({}), write_texts(generator, TRAINED)
    specification.save(folder / "text_spec")
    (folder / "model").mkdir()
    bundle = Bundle("bench", "linear", specification.digest)
    write_bundle(folder / "model", bundle, folder / "text_spec")
    rows = generator.dirichlet((0.6, 0.4, 1.0), TRAINED)
    truth = (rows.cumsum(axis=1) < generator.random((TRAINED, 1))).sum(axis=1).clip(0, 2)
    make(texts, rows, truth.tolist(), specification).write(folder / "model")
    (folder / "examples" / "train").mkdir(parents=True)
    pq.write_table(pa.table({"text": texts}), folder / "examples" / "train" / "examples.parquet")
    seal(folder / "examples", EXAMPLES)
    return seal(folder / "model", MODEL)


def seal(folder: Path, kind: Kind) -> str:
    """Writes an artifact's manifest and returns its digest."""
    digest = payload_digest(folder)
    write_manifest(folder, Manifest(kind.name, kind.schema_version, "bench", "0", digest))
    return digest


def write_log(
    folder: Path, entries: int, digest: str, texts: Sequence[str], generator: np.random.Generator
) -> None:
    """Writes a day's log, line by line: a child's peak memory is never below its parent's."""
    folder.mkdir()
    with (folder / "feedback-20261102.jsonl").open("wb") as feedback:
        for number, rows in enumerate(np.array_split(np.arange(entries), PARTS)):
            path = folder / f"requests-20261102T000000.000000Z-7-{number:06d}.jsonl"
            closed = number < PARTS - 1
            with gzip.open(f"{path}.gz", "wb", 1) if closed else path.open("wb") as stream:
                stream.write(to_line({"mark": "open", "schema": SCHEMA_VERSION, "written": 0}))
                for row in rows.tolist():
                    moment = START + timedelta(days=row / entries)
                    stamp = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
                    scores = generator.dirichlet((0.6, 0.4, 1.0))
                    text = texts[row % len(texts)]
                    stream.write(to_line(_answer(row, stamp, scores, digest, text)))
                    if row % 10 == 0:
                        label = LABELS[int(generator.choice(3, p=scores))]
                        feedback.write(to_line({
                            "time": stamp, "request_id": f"{row:032x}", "position": 0,
                            "label": label, "by": "",
                        }))  # fmt: skip


def _answer(row: int, stamp: str, scores: np.ndarray, digest: str, text: str) -> dict[str, object]:
    probabilities = dict(zip(LABELS, scores.tolist(), strict=True))
    return {
        "seq": row, "time": stamp, "request_id": f"{row:032x}", "position": 0, "model": "bench",
        "digest": digest, "variant": "", "text": text, "text_kept": "raw",
        "label": LABELS[int(scores.argmax())], "probabilities": probabilities, "latency_ms": 3.2,
        "caller": f"{row % 50_000:016x}", "experiment": "", "shadow": False,
    }  # fmt: skip


def watch(folder: Path) -> tuple[float, float, float, str]:
    """Returns seconds, seconds of CPU and megabytes of a look, and what it decided."""
    before, used = time.perf_counter(), _cpu()
    until = (START + timedelta(days=1)).isoformat()
    subprocess.run(
        [
            COMMAND, "--log", folder / "log", "--model", folder / "model",
            "--examples", folder / "examples", "--until", until,
            "--out-drift", folder / "drift", "--out-report", folder / "report.html",
        ],
        check=True, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    decided = json.loads((folder / "drift" / "decision.json").read_text())["decision"]
    return time.perf_counter() - before, _cpu() - used, peak, decided


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    print("| entries | seconds | of CPU | peak MB | decision |\n|---|---|---|---|---|")
    for entries in parser.parse_args().entries:
        generator = np.random.default_rng(13)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            digest = write_model(folder, generator)
            texts = write_texts(generator, 20_000)
            write_log(folder / "log", entries, digest, texts, generator)
            seconds, used, peak, decided = watch(folder)
        print(f"| {entries:,} | {seconds:.1f} | {used:.1f} | {peak:.0f} | {decided} |", flush=True)


if __name__ == "__main__":
    main()

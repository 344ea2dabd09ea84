import shutil
import subprocess
from pathlib import Path

import pytest

from sentiment_common.packages import fetch
from sentiment_ingest import corpus

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

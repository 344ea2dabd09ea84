"""Runs of the whole pipeline that can be killed, in a ``var`` of their own."""

import os
import subprocess
from pathlib import Path

import pytest

from sentiment_pipelines.environments import rooms

PIPELINES = rooms()["pipelines"].environment / "bin" / "sentiment-pipelines"
SETTINGS = ("text_column=review", "rating_column=stars", "epochs=4")


class Var:
    """A ``var`` and the runs in it.

    Args:
        folder: Where it lies.
        feedback: The file that is ingested.
    """

    def __init__(self, folder: Path, feedback: Path) -> None:
        self.folder = folder
        settings = [part for item in SETTINGS for part in ("--set", item)]
        self._command = [str(PIPELINES), "run", "--set", f"source={feedback}", *settings]
        self._environment = {**os.environ, "SENTIMENT_VAR": str(folder)}

    @property
    def latest(self) -> Path:
        """The folder of the latest run."""
        return (self.folder / "runs" / "latest").resolve()

    def start(self) -> subprocess.Popen:
        """Starts a run."""
        silence = subprocess.DEVNULL
        return subprocess.Popen(
            self._command, env=self._environment, stdout=silence, stderr=silence
        )

    def run(self) -> subprocess.CompletedProcess:
        """Runs to the end."""
        return subprocess.run(
            self._command, env=self._environment, capture_output=True, text=True, check=False
        )

    def artifacts(self) -> dict[str, Path]:
        """Returns the artifacts of the latest run by task and output."""
        found = self.latest.glob("tasks/*/*/*/artifact.json")
        return {"/".join(path.parts[-3:-1]): path.parent for path in found}


@pytest.fixture(scope="module")
def make_var(tmp_path_factory, feedback):
    """Returns what makes a new ``var``."""
    return lambda name: Var(tmp_path_factory.mktemp(name), feedback)

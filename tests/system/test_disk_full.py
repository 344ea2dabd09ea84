"""A disk that fills up in the middle of a run: one line, nothing broken, and on it goes."""

import json
import os
import subprocess

import pytest

from sentiment_common.artifacts import payload_digest
from sentiment_pipelines.environments import ROOT, rooms

PIPELINES = rooms()["pipelines"].environment / "bin" / "sentiment-pipelines"


@pytest.fixture
def small_disk(tmp_path):
    """A file system of four megabytes, and what resizes it."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def size(megabytes, *options):
        at = ["-o", ",".join([*options, f"size={megabytes}m"]), "tmpfs", str(folder)]
        return subprocess.run(["mount", "-t", "tmpfs", *at], capture_output=True, check=False)

    if size(4).returncode:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("only root may mount a file system")
    yield folder, lambda megabytes: size(megabytes, "remount")
    subprocess.run(["umount", str(folder)], check=True)


def run(var):
    settings = [f"source={ROOT / 'tests/data/feedback.csv'}", "text_column=review"]
    settings += ["rating_column=stars", "epochs=1"]
    command = [str(PIPELINES), "run", *(word for item in settings for word in ("--set", item))]
    environment = {**os.environ, "SENTIMENT_VAR": str(var)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_full_disk_is_one_line_and_the_next_run_goes_on(small_disk):
    folder, resize = small_disk
    full = run(folder)
    told = full.stdout + full.stderr
    assert full.returncode == 2, told
    assert "the disk is full" in told
    assert "Traceback" not in told
    for path in folder.glob("runs/*/tasks/*/*/*/artifact.json"):
        manifest = json.loads(path.read_text())
        assert payload_digest(path.parent, manifest["named"]) == manifest["digest"]

    resize(400)
    again = run(folder)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "= ingest" in again.stdout, "what was whole is reused"

"""The command line of explore, end to end."""

import csv
import json
import shutil
import subprocess

import planted
import pytest

from sentiment_common.artifacts import EXPLORATION, MANIFEST, read_intact
from sentiment_common.tracking import recorded

COMMAND = shutil.which("sentiment-explore")


@pytest.fixture(scope="module")
def examples(tmp_path_factory):
    """Feedback of which every twentieth label is wrong."""
    rows = [
        planted.alike(it, label="positive", rating=5.0) if at % 20 == 0 else it
        for at, it in enumerate(planted.sound(500))
    ]
    return planted.write(tmp_path_factory.mktemp("data") / "examples", rows)


def command(examples, out, *more):
    flags = ["--examples", examples, "--out-exploration", out / "e", "--out-report", out / "r.html"]
    return subprocess.run(
        [COMMAND, *map(str, flags), *more], capture_output=True, text=True, check=False
    )


def test_figures_suspects_and_page_are_written(examples, tmp_path):
    done = command(examples, tmp_path)
    assert done.returncode == 0, done.stderr
    manifest = read_intact(tmp_path / "e", EXPLORATION)
    assert manifest.parameters["top_terms"] == 20
    found = json.loads((tmp_path / "e/exploration.json").read_text())
    assert found["rows"]["kept"] == 500
    with (tmp_path / "e/suspects.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    doubtful = [row for row in rows if row["reason"] == "doubtful label"]
    assert len(doubtful) == found["labelling"]["suspects"] > 0
    assert not any(row["split"] == "test" for row in rows)
    assert (tmp_path / "r.html").read_text().startswith("<!doctype html>")
    metrics = {it.name: it.value for it in recorded(tmp_path / "e").metrics}
    assert metrics["explore_suspects"] == len(doubtful)
    assert metrics["explore_rows_kept"] == 500


def test_the_same_examples_give_the_same_bytes(examples, tmp_path):
    for name in ("one", "other"):
        assert command(examples, tmp_path / name, "--sample-rows", "300").returncode == 0
    digests = {read_intact(tmp_path / it / "e", EXPLORATION).digest for it in ("one", "other")}
    assert len(digests) == 1
    pages = {(tmp_path / it / "r.html").read_bytes() for it in ("one", "other")}
    assert len(pages) == 1


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--folds", "1"), "--folds: 1 is too small"),
        (("--top-terms", "many"), "invalid int value"),
        (("--statistics", "nowhere"), "no artifact.json here"),
    ],
)
def test_a_mistake_on_the_command_line_is_one_line_and_exit_2(examples, tmp_path, more, said):
    done = command(examples, tmp_path / "out", *more)
    assert done.returncode == 2
    assert said in done.stderr.strip().split("\n")[-1]
    assert "Traceback" not in done.stderr
    assert list(tmp_path.rglob("*.json")) == []


def test_examples_that_cannot_be_read_are_one_line_and_leave_nothing(tmp_path):
    folder = planted.write(tmp_path / "examples", planted.sound(30))
    (folder / "train" / "examples.parquet").write_bytes(b"no Parquet")
    done = command(folder, tmp_path / "out")
    assert done.returncode == 2
    assert "no readable Parquet" in done.stderr
    assert "run sentiment-ingest again" in done.stderr
    assert list((tmp_path / "out").rglob("*")) == []
    (folder / MANIFEST).unlink()
    assert command(folder, tmp_path / "out").returncode == 2

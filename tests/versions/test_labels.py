"""Labels of people under real DVC: each import is a version, and going back brings them back."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sentiment_pipelines import versions
from sentiment_pipelines.labelling import batches, store
from sentiment_pipelines.labelling.batches import Ask, Batch
from tests.versions.team import Result, Team

TEXTS = ("fine", "bad", "so so")


@pytest.fixture
def asked(team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of state with a batch of three texts."""
    monkeypatch.setattr(batches, "VAR", tmp_path / "var")
    asks = tuple(Ask(f"r{n}", 0, it, "random", "random", False) for n, it in enumerate(TEXTS))
    batches.keep(Batch(store.now(), "s", "u", 13, 3, asks, ()))
    return tmp_path / "var"


def take_in(team: Team, var: Path, *labels: str) -> Result:
    file = var / "labelled.csv"
    with file.open("w", newline="") as stream:
        lines = csv.writer(stream)
        lines.writerow(["id", "text", "label"])
        lines.writerows(
            (f"r{n}:0", text, it) for n, (text, it) in enumerate(zip(TEXTS, labels, strict=True))
        )
    command = [Path(sys.executable).with_name("sentiment-pipelines"), "label-import", file]
    return subprocess.run(
        [*command, "--by", "anna"], cwd=team.folder, capture_output=True, text=True, check=False,
        env={**os.environ, "SENTIMENT_VAR": str(var)},
    )  # fmt: skip


def test_each_import_is_a_version_and_an_older_one_comes_back(team: Team, asked: Path) -> None:
    first = take_in(team, asked, "positive", "negative", "")
    assert (first.returncode, first.stderr) == (0, "")
    labels = team.folder / "data" / "labels.csv"
    before = versions.md5(labels)
    assert f"version: data/labels.csv {before[:12]} uncommitted" in first.stdout
    assert "git add .dvc data/labels.csv.dvc data/.gitignore && git commit" in first.stdout
    team.commit("Labels of anna")
    second = take_in(team, asked, "positive", "negative", "neutral")
    assert "1 labels of anna added" in second.stdout and "2 known" in second.stdout
    team.commit("One label more")
    assert len(store.read(labels)) == 3
    assert team.data("checkout", "HEAD~1").returncode == 0
    assert versions.md5(labels) == before and len(store.read(labels)) == 2


def test_labels_that_are_links_into_dvcs_cache_leave_the_cache_whole(
    team: Team, asked: Path
) -> None:
    take_in(team, asked, "positive", "", "")
    with (team.folder / ".dvc" / "config").open("a") as stream:
        stream.write("[cache]\n    type = hardlink\n")
    take_in(team, asked, "positive", "negative", "")
    labels = team.folder / "data" / "labels.csv"
    assert labels.stat().st_nlink > 1
    team.commit("Labels of anna")
    kept = labels.read_bytes()
    take_in(team, asked, "positive", "negative", "neutral")
    team.commit("One label more")
    assert team.data("checkout", "HEAD~1").returncode == 0
    assert labels.read_bytes() == kept


def test_the_same_file_twice_is_the_same_version(team: Team, asked: Path) -> None:
    take_in(team, asked, "positive", "negative", "")
    team.commit("Labels of anna")
    again = take_in(team, asked, "positive", "negative", "")
    assert "of commit" in again.stdout and "keep it" not in again.stdout
    assert team.git("status", "--short") == ""

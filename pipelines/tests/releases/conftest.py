"""A small tree of real packages at 0.1.0: a library, a component, pipelines, a service, a chart."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sentiment_pipelines import cli
from sentiment_pipelines.environments import ROOT
from sentiment_pipelines.releases import packages

FOLDERS = (
    "common/base", "components/explore", "serving", "pipelines", "charts/sentiment-serving",
)  # fmt: skip
LEFT = {"__pycache__", "tests", "benchmarks", "release.json", "training.yaml"}
CODE = {"pipelines", "serving"}
"""Whose code takes long to copy and to ask, and is not needed where it is not looked at."""
DOCKERFILE = "# How it is built\nFROM base:1\nCOPY pipelines/bootstrap.lock /tmp/\nUSER 10001\n"


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """The tree, made once; its commit is the first."""
    root = tmp_path_factory.mktemp("tree")
    for folder in FOLDERS:
        left = shutil.ignore_patterns(*LEFT, *(["src"] if folder in CODE else []))
        shutil.copytree(ROOT / folder, root / folder, ignore=left)
        (root / folder / "CHANGELOG.md").write_text("# Changelog\n\n## 0.1.0\n\n- First version.\n")
        (root / folder / "Dockerfile").unlink(missing_ok=True)
    for path in [*root.glob("*/pyproject.toml"), *root.glob("*/*/pyproject.toml")]:
        _replace(path, r'^version = ".*"', 'version = "0.1.0"')
    chart = root / "charts/sentiment-serving/Chart.yaml"
    _replace(chart, r"^version: .*", "version: 0.1.0")
    _replace(chart, r"^appVersion: \S+", 'appVersion: "0.1.0"')
    for path in [*root.glob("*/*/component.yaml"), *root.glob("pipelines/compiled/*.yaml")]:
        _replace(path, r"(image: sentiment-[a-z-]+):.*", r"\1:0.1.0")
    (root / "Dockerfile").write_text(DOCKERFILE)
    (root / ".gitignore").write_text("__pycache__/\n")
    _git(root, "init", "--quiet", "--initial-branch", "main")
    for name, value in (("name", "Ada"), ("email", "ada@shop.example")):
        _git(root, "config", f"user.{name}", value)
    _commit(root, "Begin")
    packages.read(root)  # leaves bytecode for every copy
    return root


@dataclass
class Tree:
    """A copy of the tree, and the command that is tried on it."""

    names = ("base", "explore", "serving", "pipelines", "charts/sentiment-serving")
    root: Path
    capsys: Any

    def run(self, *words):
        """Returns exit code, standard output and standard error of a step."""
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main(["releases", "--root", str(self.root), *words])
        out, err = self.capsys.readouterr()
        return ended.value.code, out, err

    def folder(self, name):
        """Returns where a package lies."""
        return FOLDERS[self.names.index(name)]

    def replace(self, path, pattern, text):
        """Replaces what a pattern matches in a file; it matches."""
        _replace(self.root / path, pattern, text)

    def text(self, path):
        """Returns the text of a file."""
        return (self.root / path).read_text()

    def git(self, *words):
        """Returns what git answers."""
        return _git(self.root, *words)

    def commit(self, message="Change"):
        """Commits everything."""
        _commit(self.root, message)

    def release(self):
        """Releases everything that is due, and tags it."""
        assert self.run("release")[0] == 0
        self.commit("Release")
        assert self.run("release")[0] == 0

    def packages(self):
        """Reads the packages."""
        return packages.read(self.root)

    def files(self):
        """Returns the content of every file outside of git's folder."""
        found = (it for it in self.root.rglob("*") if it.is_file())
        return {it: it.read_bytes() for it in found if not {".git", "__pycache__"} & set(it.parts)}


@pytest.fixture
def tree(template, tmp_path, capsys):
    """A tree in which nothing was released yet."""
    return Tree(Path(shutil.copytree(template, tmp_path / "tree")), capsys)


@pytest.fixture(scope="session")
def released_template(template, tmp_path_factory):
    """A tree in which 0.1.0 of everything is released and tagged, made once by the commands."""
    root = tmp_path_factory.mktemp("released") / "tree"
    shutil.copytree(template, root)
    for message in ("Release", None):
        with pytest.raises(SystemExit) as ended:
            cli.main(["releases", "--root", str(root), "release"])
        assert ended.value.code == 0
        if message:
            _commit(root, message)
    return root


@pytest.fixture
def released(released_template, tmp_path, capsys):
    """A tree in which 0.1.0 of everything is released and tagged."""
    return Tree(Path(shutil.copytree(released_template, tmp_path / "tree")), capsys)


def _replace(path, pattern, text):
    changed, count = re.subn(pattern, text, path.read_text(), flags=re.MULTILINE)
    assert count, f"{pattern} is not in {path}"
    path.write_text(changed)


def _git(root, *words):
    done = subprocess.run(
        ["git", "-C", str(root), *words], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def _commit(root, message):
    _git(root, "add", ".")
    _git(root, "commit", "--quiet", "--message", message)

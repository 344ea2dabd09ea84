"""A repository with one component, as small as the house's rules allow."""

import shutil
import subprocess

import pytest

from sentiment_pipelines.environments import ROOT, Room
from sentiment_pipelines.images import contents
from sentiment_pipelines.images.base import Base
from sentiment_pipelines.images.contents import SHARED, Image

IGNORED = shutil.ignore_patterns("__pycache__", "tests", "benchmarks")
BASE = Base("sentiment-base:3.11-trixie", "sha256:" + "b" * 64, "c" * 64)


class Tree:
    """A copy of what the image of compare is made from, under git."""

    def __init__(self, root):
        self.root = root

    def git(self, *arguments):
        who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
        command = ["git", "-C", str(self.root), *who, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def image(self, base=BASE):
        return Image(Room("compare", self.root / "components/compare"), base)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def release(self):
        self.git("tag", "-m", "released", f"compare/v{self.image().room.version}")


@pytest.fixture
def base():
    return BASE


@pytest.fixture
def tree(tmp_path, monkeypatch):
    for name in SHARED:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    for folder in ("common/base", "components/compare"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=IGNORED)
    monkeypatch.setattr(contents, "ROOT", tmp_path)
    made = Tree(tmp_path)
    made.git("init", "--quiet")
    made.git("add", ".")
    made.git("commit", "--quiet", "-m", "first")
    return made

"""A scaffolded component runs at once."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sentiment_pipelines import environments
from sentiment_pipelines.environments import ROOT, Room

sys.path.insert(0, str(ROOT))
from components.scaffold import scaffold


class Elsewhere(Room):
    """A room whose environment lies beside it."""

    @property
    def environment(self) -> Path:
        return self.folder / "environment"


def test_a_scaffolded_component_passes_its_own_tests(tmp_path):
    (tmp_path / "components").mkdir()
    (tmp_path / "common").symlink_to(ROOT / "common")
    folder = scaffold("count_rows", tmp_path / "components")
    # Its only dependency is common/base, so base's lock is what `make lock` would write.
    shutil.copy(ROOT / "common/base/requirements.lock", folder)
    assert environments.test(Elsewhere("count_rows", folder), folder / "tests") == 0


def test_the_scaffold_has_everything_a_component_must_carry(tmp_path):
    folder = scaffold("count_rows", tmp_path)
    own = ("requirements.lock", "component.yaml", "release.json", "benchmarks", "__pycache__")
    for path in ROOT.glob("components/ingest/*"):
        if path.name not in own and path.name != ".hypothesis":  # left behind by a test run
            assert (folder / path.name).exists(), path.name


@pytest.mark.parametrize("name", ["", "Count", "count-rows", "../count", "1count"])
def test_a_name_that_is_no_snake_case_word_is_refused_in_one_line(name):
    done = subprocess.run(
        [sys.executable, str(ROOT / "components/scaffold.py"), name],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("component: NAME=")
    assert done.stderr.count("\n") == 1


def test_a_component_that_is_there_is_not_overwritten(tmp_path):
    scaffold("count_rows", tmp_path)
    with pytest.raises(ValueError, match="is there already"):
        scaffold("count_rows", tmp_path)

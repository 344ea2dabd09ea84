"""Rooms, their locks and their environments."""

import re
import subprocess
import sys

import pytest

from sentiment_pipelines import environments
from sentiment_pipelines.environments import ROOT, Room


def test_every_component_is_a_room():
    folders = {path.parent.name for path in ROOT.glob("components/*/pyproject.toml")}
    assert folders
    assert folders <= set(environments.rooms())


def test_validate_takes_the_lock_of_this_machines_c_library():
    assert environments.rooms()["validate"].lock.is_file()


@pytest.mark.parametrize("room", environments.rooms().values(), ids=lambda room: room.name)
def test_a_lock_pins_every_package_by_hash_and_names_no_index(room):
    text = room.lock.read_text()
    pins = re.findall(r"^[a-z0-9._-]+(?:\[[a-z,]+\])?==", text, flags=re.MULTILINE)
    hashed = re.findall(
        r"^[a-z0-9._-]+[^\n]*\\\n(?: +--hash=sha256:[0-9a-f]{64})", text, re.MULTILINE
    )
    assert len(pins) == len(hashed) > 0
    assert "://" not in text
    assert "sentiment-" not in re.sub(r"#.*", "", text)


def test_the_stamp_changes_with_the_lock(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\nversion = "1"\n')
    lock = tmp_path / "requirements.lock"
    lock.write_text("a==1\n")
    before = Room("x", tmp_path).stamp
    lock.write_text("a==2\n")
    assert Room("x", tmp_path).stamp != before


def test_a_room_without_a_build_system_installs_no_local_package(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\nversion = "1"\n')
    assert Room("x", tmp_path).local_packages == []


def test_a_synced_environment_is_left_alone():
    assert environments.sync(environments.rooms()["pipelines"]) is False


def test_commands_of_a_room_do_not_inherit_python_paths(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("VIRTUAL_ENV", "/elsewhere")
    room = environments.rooms()["ingest"]
    variables = environments.process_environment(room)
    assert "PYTHONPATH" not in variables
    assert variables["PATH"].startswith(str(room.environment / "bin"))


def test_the_bootstrap_needs_the_standard_library_alone():
    script = ROOT / "pipelines/src/sentiment_pipelines/environments.py"
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(script), "--help"], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_an_unknown_room_is_one_line_and_exit_code_2(capsys):
    assert environments.main(["sync", "kitchen"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_of_suites_that_run_at_once_each_is_shown_whole_and_the_failed_are_named(capfd):
    command = ["test", "--jobs", "2", "base", "models", "-q", "-k", "nothing_is_called_so"]
    assert environments.main(command) == pytest.ExitCode.NO_TESTS_COLLECTED
    shown, complaint = capfd.readouterr()
    assert sorted(line for line in shown.splitlines() if line.startswith("-- ")) == [
        f"-- common/{name}/tests in the environment of {name}" for name in ("base", "models")
    ]
    assert complaint == "environments: tests failed in base, models\n"


def test_another_python_is_told_which_one_is_wanted(monkeypatch, capsys):
    monkeypatch.setattr(sys, "version_info", (3, 9, 1, "final", 0))
    assert environments.main(["sync"]) == 2
    assert "make PYTHON=" in capsys.readouterr().err

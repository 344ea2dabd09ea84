"""What a container is given: the daemon and the rerun script are told the same."""

import csv
import shlex
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_pipelines.backends.container import SCRATCH, Container, seen

WHOLE = Container(
    "sentiment-ingest:1.0.0",
    ["sentiment-ingest", "--source", "a 'b' $c"],
    reads=[Path("/data/in, here")],
    writes=[Path("/data/out")],
    variables={"HOME": SCRATCH, "SENTIMENT_RUN": "r"},
    passed=["SHOP_PASSWORD"],
    network="none",
    memory="64m",
    user="1000:1000",
    labels={"sentiment.run": "r"},
)


def values(flag):
    words = WHOLE.command_line()
    return [words[at + 1] for at, word in enumerate(words) if word == flag]


def test_the_daemon_and_the_shell_are_told_the_same(monkeypatch):
    monkeypatch.setenv("SHOP_PASSWORD", "s3cret")
    settings, line = WHOLE.settings(), WHOLE.command_line()
    assert (settings["read_only"], "--read-only" in line) == (True, True)
    assert (settings["init"], "--init" in line) == (True, True)
    assert values("--cap-drop") == settings["cap_drop"] == ["ALL"]
    assert values("--security-opt") == settings["security_opt"] == ["no-new-privileges"]
    assert values("--user") == [settings["user"]]
    assert values("--network") == [settings["network"]]
    assert values("--memory") == values("--memory-swap") == [settings["mem_limit"]]
    assert settings["memswap_limit"] == settings["mem_limit"]
    assert values("--tmpfs") == list(settings["tmpfs"])
    assert line[-len(WHOLE.command) - 1 :] == [settings["image"], *settings["command"]]
    assert values("--entrypoint") == settings["entrypoint"] == [""]
    mounts = [
        dict(part.partition("=")[::2] for part in row) for row in csv.reader(values("--mount"))
    ]
    assert [(it["source"], it["target"], "readonly" in it) for it in mounts] == [
        (it["Source"], it["Target"], it["ReadOnly"]) for it in settings["mounts"]
    ]


def test_a_secret_of_the_caller_reaches_the_daemon_and_no_command_line(monkeypatch):
    monkeypatch.setenv("SHOP_PASSWORD", "s3cret")
    assert "s3cret" in WHOLE.settings()["environment"].values()
    assert "SHOP_PASSWORD" in values("--env")
    assert "s3cret" not in WHOLE.script(Path("/scratch"))
    assert "s3cret" not in str(WHOLE.settings()["labels"])


def test_a_variable_that_the_caller_has_not_is_left_out(monkeypatch):
    monkeypatch.delenv("SHOP_PASSWORD", raising=False)
    assert "SHOP_PASSWORD" not in WHOLE.settings()["environment"]


@given(st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=9)))
def test_the_script_keeps_every_argument_as_it_is(arguments):
    container = Container("image", ["command", *arguments])
    said = container.script(Path("/scr atch")).split("\ndocker ", 1)[1]
    assert shlex.split(said)[-len(arguments) - 1 :] == ["command", *arguments]


def test_the_script_has_its_scratch_only_while_it_runs_and_keeps_the_exit_code(tmp_path):
    scratch = tmp_path / "scr atch"
    script = Container("image", ["x"]).script(scratch)
    head, _, _ = script.partition("\ndocker ")
    end = f"{head}\ntest -d {shlex.quote(str(scratch))} && exit 7\n"
    assert subprocess.run(["sh", "-c", end], check=False).returncode == 7
    assert not scratch.exists()


def test_what_lies_in_a_folder_that_is_seen_anyway_is_not_mounted_again(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "file").touch()
    (tmp_path / "other").touch()
    places = [tmp_path / "a" / "b" / "file", tmp_path / "a", tmp_path / "other"]
    assert seen(places) == [tmp_path / "a", tmp_path / "other"]
    assert seen(places, [tmp_path, tmp_path / "a"]) == [
        tmp_path / "a" / "b" / "file",
        tmp_path / "other",
    ]


@pytest.mark.parametrize("folder", ["/", SCRATCH, "/usr", "/etc"])
def test_a_folder_that_would_hide_the_containers_own_is_refused(folder):
    with pytest.raises(InputError) as error:
        seen([Path(folder)])
    assert folder in str(error.value)


def test_a_result_may_be_written_to_the_machines_own_tmp():
    container = Container("image", ["x"], writes=[Path(SCRATCH)])
    assert container.settings()["tmpfs"] == {}
    assert "--tmpfs" not in container.command_line()

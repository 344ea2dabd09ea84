"""Containers with a real daemon: the truth about every end, and what one may do."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from sentiment_pipelines.backends import engine
from sentiment_pipelines.backends.container import Container

NOBODY = 12_345
SPEAK_AND_WAIT = "echo here; sleep 60"
GREEDY = "import time; print('here'); hoard = bytearray(200 << 20); print(len(hoard))"


@pytest.fixture
def run_ends(tmp_path):
    """This test's folder shows that its run is alive, until this is called."""
    held = [engine.hold(tmp_path)]

    def run_ends():
        while held:
            os.close(held.pop())

    yield run_ends
    run_ends()


@pytest.fixture
def shell(base, tmp_path, run_ends):
    """Returns the container of a shell command, as a run of this test has it."""

    def shell(command, **settings):
        labels = engine.labels(tmp_path, "test", "task")
        user = f"{os.getuid()}:{os.getgid()}"
        return Container(base, ["sh", "-c", command], user=user, labels=labels, **settings)

    return shell


@pytest.fixture
def python(shell):
    def python(code, **settings):
        return replace(shell("", **settings), command=["python3", "-c", code])

    return python


def ours(client, folder):
    """Returns the containers that were made for a test, also those that have ended."""
    label = {"label": f"{engine.HELD}={folder}"}
    return client.containers.list(all=True, filters=label, ignore_removed=True)


def heard(client, container):
    lines = []
    return engine.run(client, container, lines.append), lines


@pytest.mark.parametrize("code", [0, 1, 2, 77])
def test_exit_codes_and_lines_are_the_commands_own_and_nothing_is_left(
    client, shell, tmp_path, code
):
    end, lines = heard(client, shell(f"echo one; printf two >&2; exit {code}"))
    assert end == engine.End(code)
    assert sorted(lines) == ["one", "two"]
    assert ours(client, tmp_path) == []


def test_a_signal_is_told_as_processes_tell_it(client, shell):
    end, _ = heard(client, shell("kill -SEGV $$"))
    assert end == engine.End(-signal.SIGSEGV)


def test_lines_come_while_the_command_runs(client, shell):
    times = []
    engine.run(client, shell("echo a; sleep 1; echo b"), lambda _: times.append(time.monotonic()))
    assert times[1] - times[0] > 0.8


@pytest.mark.parametrize("moment", ["while it runs", "as it ends", "after it has ended"])
def test_a_container_that_vanishes_has_failed_whenever_it_does(client, shell, tmp_path, moment):
    command = SPEAK_AND_WAIT if moment == "while it runs" else "echo here"

    def remove(_):
        if moment == "after it has ended":
            ours(client, tmp_path)[0].wait()
        ours(client, tmp_path)[0].remove(force=True)

    end = engine.run(client, shell(command), remove)
    # A daemon that removes one kills it first, and may still tell of that.
    assert end in (engine.End(2, engine.VANISHED), engine.End(-signal.SIGKILL))


def test_a_container_that_was_killed_from_outside_has_not_ended_by_itself(client, shell, tmp_path):
    end = engine.run(client, shell(SPEAK_AND_WAIT), lambda _: ours(client, tmp_path)[0].kill())
    assert end == engine.End(-signal.SIGKILL)


def test_too_little_memory_is_one_line_with_the_limit_and_the_remedy(client, python):
    end, _ = heard(client, python(GREEDY, memory="48m"))
    assert end.code == engine.EXIT_NOT_ITS_OWN
    assert end.reason == (
        "it was killed, for it needs more memory than 48m; give it more: --memory, or MEMORY="
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"image": "sentiment-nothing:1"}, "there is no image sentiment-nothing:1; build it"),
        ({"command": ["sentiment-none"]}, "cannot run sentiment-none (exit code 127); build it"),
        ({"reads": [Path("/not/there")]}, "the Docker daemon does not see this machine's files"),
        ({"network": "not-there"}, "Docker could not run the container: network not-there"),
    ],
)
def test_what_cannot_run_is_one_line(client, shell, tmp_path, change, reason):
    end, lines = heard(client, replace(shell("echo here"), **change))
    assert end.code == engine.EXIT_NOT_ITS_OWN
    assert reason in end.reason
    assert "\n" not in end.reason
    assert "here" not in lines
    assert ours(client, tmp_path) == []


def test_a_connection_that_is_lost_is_a_failure_and_what_is_left_behind_is_removed_later(
    client, shell, tmp_path, monkeypatch, run_ends
):
    with Relay(tmp_path / "docker.sock") as relay:
        monkeypatch.setenv("DOCKER_HOST", f"unix://{relay.address}")
        end = engine.run(engine.connect(), shell(SPEAK_AND_WAIT), lambda _: relay.cut())
    assert end.code == engine.EXIT_NOT_ITS_OWN
    assert end.reason.startswith("the connection to the Docker daemon was lost")
    assert len(ours(client, tmp_path)) == 1
    run_ends()
    assert "test" in engine.remove_dead(client)
    assert ours(client, tmp_path) == []


class Relay:
    """Stands between us and the daemon, and can be cut as when a daemon dies."""

    def __init__(self, address):
        self.address, self._open = address, []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(address))
        self._listener.listen()

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.cut()

    def cut(self):
        """Closes every connection and takes no more."""
        self.address.unlink(missing_ok=True)
        for end in (self._listener, *self._open):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it is closed already

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            far.connect("/var/run/docker.sock")
            self._open += [near, far]
            for pair in ((near, far), (far, near)):
                threading.Thread(target=self._pass_on, args=pair, daemon=True).start()

    @staticmethod
    def _pass_on(source, target):
        try:
            while chunk := source.recv(1 << 16):
                target.sendall(chunk)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            return  # it was cut


def test_a_container_is_locked_up(client, python, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir(mode=0o777)
    (tmp_path / "out").chmod(0o777)
    code = f"""
import os, pathlib, socket
def tells(what, action):
    try:
        action()
        print(what, "yes")
    except OSError as error:
        print(what, "no")
print("user", os.getuid(), os.getgid())
tells("root", lambda: pathlib.Path("/etc/new").touch())
tells("home", lambda: pathlib.Path("/tmp/new").touch())
tells("input", lambda: pathlib.Path("{tmp_path}/in/new").touch())
tells("output", lambda: pathlib.Path("{tmp_path}/out/new").touch())
tells("beside", lambda: pathlib.Path("{tmp_path}/new").touch())
tells("network", lambda: socket.create_connection(("1.1.1.1", 53), 1))
status = pathlib.Path("/proc/self/status").read_text()
print("capabilities", status.split("CapEff:")[1].split()[0])
print("privileges", status.split("NoNewPrivs:")[1].split()[0])
"""
    container = python(code, reads=[tmp_path / "in"], writes=[tmp_path / "out"])
    end, lines = heard(client, replace(container, user=f"{NOBODY}:{NOBODY}"))
    assert end == engine.End(0)
    assert lines == [
        f"user {NOBODY} {NOBODY}", "root no", "home yes", "input no", "output yes", "beside no",
        "network no", "capabilities 0000000000000000", "privileges 1",
    ]  # fmt: skip
    assert (tmp_path / "out" / "new").stat().st_uid == NOBODY


def test_a_full_disk_in_a_container_is_the_commands_own_failure(client, shell, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small], check=True)
    try:
        container = shell(f"head -c 1M /dev/zero > {small}/out", writes=[small])
        end, lines = heard(client, container)
    finally:
        subprocess.run(["umount", small], check=True)
    assert end.code == 1
    assert "No space left on device" in lines[-1]


def test_ctrl_c_stops_the_command_cleanly_and_removes_its_container(client, shell, tmp_path):
    command = f"trap 'touch {tmp_path}/stopped; exit 143' TERM; echo here; sleep 60 & wait"

    def interrupt(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.run(client, shell(command, writes=[tmp_path]), interrupt)
    assert (tmp_path / "stopped").exists()
    assert ours(client, tmp_path) == []


KILLED = """
import pathlib, sys
from sentiment_pipelines.backends import engine
from sentiment_pipelines.backends.container import Container
folder = pathlib.Path(sys.argv[1])
engine.hold(folder)
labels = engine.labels(folder, "killed", "task")
container = Container(sys.argv[2], ["sleep", "60"], user="0:0", labels=labels)
engine.run(engine.connect(), container, print)
"""


def test_what_a_killed_run_leaves_is_removed_by_the_next_and_what_lives_is_not(
    client, base, tmp_path
):
    command = [sys.executable, "-c", KILLED, str(tmp_path), base]
    with subprocess.Popen(command) as process:
        deadline = time.monotonic() + 20
        while not any(it.status == "running" for it in ours(client, tmp_path)):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert "killed" not in engine.remove_dead(client)
        process.kill()
        process.wait()
    assert "killed" in engine.remove_dead(client)
    assert ours(client, tmp_path) == []

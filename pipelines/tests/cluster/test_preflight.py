"""What is missing is all named before anything starts."""

import socket

import pytest

from sentiment_pipelines.cluster import pins, preflight


def test_all_tools_that_are_missing_are_named_at_once_with_versions_and_where_to_get_them(house):
    for program in list(house.programs.iterdir()):
        if program.name != "docker":
            program.unlink()
    done = house.run("cluster", "up", PATH=str(house.programs))
    assert done.returncode == 2
    lines = [line for line in done.stderr.splitlines() if "is not installed" in line]
    assert [line.split()[1] for line in lines] == ["kind", "kubectl", "helm", "git"]
    for line, tool in zip(lines, pins.read().tools[1:], strict=True):
        assert f"{tool.oldest} or newer is needed: {tool.get}" in line
    assert not [call for call in house.calls if "docker run" in call]


def replaced(house, name, answer, code=0):
    program = house.programs / name
    program.unlink()
    program.write_text(f"#!/bin/sh\necho '{answer}'\nexit {code}\n")
    program.chmod(0o755)


@pytest.mark.parametrize(
    ("name", "answer", "code", "said"),
    [
        ("kind", "kind v0.20.0 go1.20", 0, "kind is v0.20.0; 0.32.0 or newer is needed"),
        ("kubectl", "Client Version: v1.30.2", 0, "kubectl is v1.30.2; 1.35.0 or newer is needed"),
        ("helm", "cannot run here", 1, "helm does not say its version: cannot run here"),
    ],
)
def test_a_tool_that_is_too_old_or_broken_is_named(house, name, answer, code, said):
    replaced(house, name, answer, code)
    done = house.run("cluster", "up")
    assert done.returncode == 2
    assert said in done.stderr
    assert not (house.state / "sentiment-registry").exists()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("1000000000 2 /nowhere", "docker has 1,000 MB of memory, 9,"),
        ("64000000000 1 /nowhere", "docker runs on cgroup v1"),
    ],
)
def test_too_little_memory_and_old_control_groups_are_named(house, answer, said):
    replaced(house, "docker", answer)
    told = house.run("cluster", "up")
    assert told.returncode == 2
    assert said in told.stderr


def test_a_daemon_that_is_down_is_named(house):
    program = house.programs / "docker"
    program.unlink()
    program.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo "Docker version 28.0.0" && exit\n'
        'echo "Cannot connect to the Docker daemon at unix:///x" >&2; exit 1\n'
    )
    program.chmod(0o755)
    done = house.run("cluster", "up")
    assert done.returncode == 2
    assert "no docker daemon answers; start it: `systemctl start docker`" in done.stderr


def test_a_port_in_use_is_named_unless_it_is_the_cluster_s_own():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        pinned = pins.read()
        pinned.ports.clear()
        pinned.ports["mlflow"] = port = taken.getsockname()[1]
        (line,) = preflight._ports(pinned, set())
        assert line.startswith(f"port {port}, for mlflow, is in use")
        assert list(preflight._ports(pinned, {pins.NODE})) == []


def test_too_little_disk_is_named(tmp_path):
    pinned = pins.read()
    huge = pins.Part("everything", 1, 10**12, 0, "nobody")
    full = pins.Pins(**{**vars(pinned), "parts": (huge,)})
    (line,) = preflight._room(full, tmp_path)
    assert "1,000,000,000,000 are needed; make room" in line
    assert list(preflight._room(full, tmp_path / "elsewhere")) == []

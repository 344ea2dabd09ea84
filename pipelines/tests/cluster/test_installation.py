"""``make kind-up`` and ``kind-down``: order, going on, faults; the programs are stand-ins.

What only a cluster shows is in docs/kubernetes.md, with the command to try it.
"""

import json
import signal
import time

import pytest
import yaml

from sentiment_pipelines.cluster import installation, pins
from sentiment_pipelines.cluster.installation import HOSTS

COMMIT = "c" * 40
IN_ORDER = (
    "docker run --detach", "kind create cluster", "docker network connect kind",
    "docker exec --interactive", "cluster-scoped-resources", "env/platform-agnostic",
    "annotate --overwrite namespace kubeflow", "ports.yaml", "upgrade --install sentiment-mlflow",
)  # fmt: skip
CHANGING = (
    "docker run", "docker start", "kind create", "kind delete", "network connect", "--kustomize",
)  # fmt: skip
STEPS = ("docker run", "kind create")


def written(house):
    return house.var / "kind" / "cluster.json"


def changes(house):
    return [call for call in house.calls if any(word in call for word in CHANGING)]


def test_it_is_made_in_order_and_the_file_that_sends_runs_there_is_the_last(house):
    done = house.run("cluster", "up")
    assert done.returncode == 0, done.stderr
    places = [next(n for n, it in enumerate(house.calls) if word in it) for word in IN_ORDER]
    assert places == sorted(places)
    told = json.loads(written(house).read_text())
    assert told["context"] == "kind-sentiment"
    assert told["pins"]["kubeflow_commit"] == COMMIT
    assert (house.state / "hosts.toml").read_text() == HOSTS
    assert "make pipeline-run" in done.stderr


def test_made_again_it_changes_nothing(house):
    assert house.run("cluster", "up").returncode == 0
    before = written(house).read_bytes()
    house.forget_calls()
    done = house.run("cluster", "up")
    assert done.returncode == 0, done.stderr
    assert changes(house) == []
    assert not [call for call in house.calls if call.startswith("git ls-remote")]  # tags move
    assert written(house).read_bytes() == before


@pytest.mark.parametrize("step", STEPS)
def test_killed_in_the_middle_it_goes_on_and_leaves_no_half_cluster(house, step):
    house.fail("kill", step)
    with house.start("cluster", "up") as process:
        assert process.wait(timeout=30) == -signal.SIGKILL
    assert not written(house).exists()
    house.forget_calls()
    done = house.run("cluster", "up")
    assert done.returncode == 0, done.stderr
    assert written(house).exists()
    assert any("kind delete cluster" in call for call in house.calls) == step.startswith("kind")


def test_a_program_that_fails_is_one_line_and_no_run_goes_there(house):
    house.fail("fail", "helm --kube-context")
    done = house.run("cluster", "up")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        "sentiment-pipelines: mlflow: `helm --kube-context kind-sentiment` failed: "
        "Error: something else"
    )
    assert not written(house).exists()


def test_stopped_by_a_person_it_leaves_no_program_behind(house):
    (house.state / "slow").touch()
    with house.start("cluster", "up") as process:
        while not (house.state / "sentiment-control-plane").exists():
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=5) == 128 + signal.SIGTERM
    time.sleep(0.3)
    assert not (house.state / "whole").exists()


def test_a_cluster_that_was_stopped_is_started_and_not_made_anew(house):
    assert house.run("cluster", "up").returncode == 0
    (house.state / "stopped-sentiment-control-plane").touch()  # as after a reboot
    house.forget_calls()
    assert house.run("cluster", "up").returncode == 0
    assert "docker start sentiment-control-plane" in house.calls
    assert not [call for call in house.calls if "kind create" in call or "kind delete" in call]


def test_a_cluster_that_does_not_answer_is_not_deleted_unasked(house):
    (house.state / "sentiment-control-plane").touch()
    done = house.run("cluster", "up")
    assert done.returncode == 2
    assert "does not answer; `make kind-down` takes it away" in done.stderr
    assert not [call for call in house.calls if "kind delete" in call]


def test_a_champion_is_served_once_its_image_is_there(house, server):
    found = json.dumps({"model_version": {"version": "3"}})
    server.said["/api/2.0/mlflow/registered-models/alias"] = (200, found)
    program = house.programs / "docker"
    program.rename(house.root / "docker")
    program.write_text(
        '#!/bin/sh\n[ "$1 $2" = "build --help" ] && echo --secret && exit\n'
        '[ "$1" = version ] && echo "1.47 1.47" && exit\n'
        '[ "$1 $2" = "image inspect" ] && echo \'' + json.dumps(BASE) + "' && exit\n"
        f'exec {house.root}/docker "$@"\n'
    )
    program.chmod(0o755)
    done = house.run("cluster", "up")
    assert done.returncode == 0, done.stderr
    assert "champion 3 waits for its image: make kind-load IMAGES=serving-tensorflow" in done.stderr
    (house.state / "serving").touch()
    (house.state / "unready-sentiment-serving").touch()  # the image that is there is no good:
    done = house.run("cluster", "up")  # nothing waits for it, so that another can take its place
    assert done.returncode == 0, done.stderr


BASE = [{"Id": "sha256:" + "b" * 64, "Config": {}, "RootFS": {"Layers": ["sha256:" + "c" * 64]}}]


def test_a_program_that_has_gone_is_one_line(house):
    (house.programs / "kind").unlink()
    done = house.run("cluster", "down")
    assert (done.returncode, done.stderr) == (
        2, "sentiment-pipelines: cluster: kind is not installed\n"
    )  # fmt: skip


def test_taken_away_it_is_gone_twice_and_its_images_are_kept(house):
    assert house.run("cluster", "up").returncode == 0
    for _ in range(2):
        done = house.run("cluster", "down")
        assert done.returncode == 0, done.stderr
        assert not written(house).exists()
    assert not (house.state / "sentiment-control-plane").exists()
    assert not (house.state / "sentiment-registry").exists()
    assert not (house.state / "purged").exists()
    assert house.run("cluster", "down", "--purge").returncode == 0
    assert (house.state / "purged").exists()


def test_every_object_of_ours_is_applied_and_every_port_leads_somewhere():
    pinned = pins.read()
    config = yaml.safe_load((pins.FOLDER / "cluster.yaml").read_text())
    (node,) = config["nodes"]
    inside = {it["containerPort"]: it["hostPort"] for it in node["extraPortMappings"]}
    assert config["name"] == pins.NAME
    assert {it["listenAddress"] for it in node["extraPortMappings"]} == {"127.0.0.1"}
    objects = list(yaml.safe_load_all((pins.FOLDER / "ports.yaml").read_text()))
    services = [it["spec"] for it in objects if it["kind"] == "Service"]
    opened = [port["nodePort"] for it in services for port in it["ports"]]
    assert sorted(opened) == sorted(inside)
    assert sorted(inside.values()) == sorted(
        set(pinned.ports.values()) - {pinned.ports["registry"]}
    )
    hosting = yaml.safe_load((pins.FOLDER / "registry.yaml").read_text())
    assert f'host: "{pinned.local_registry}"' in hosting["data"]["localRegistryHosting.v1"]
    named = " ".join(
        part
        for step in installation.installation(pinned, COMMIT)
        for command in step.commands
        for part in getattr(command, "arguments", ())
    )
    for path in pins.FOLDER.glob("*.yaml"):
        assert path.name == "serving.yaml" or str(path) in named

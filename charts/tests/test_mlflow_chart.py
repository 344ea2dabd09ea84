"""The chart sentiment-mlflow starts MLflow as MLflow wants to be started."""

import os
import socket
import subprocess
import time

import httpx
import pytest

from charts.checks.rendering import CHARTS, NAMESPACE, RELEASE, Values, objects
from sentiment_pipelines.environments import rooms, sync

CHART = "sentiment-mlflow"
SERVICE = f"{RELEASE}-{CHART}"
SECONDS_TO_START = 120


def one(found, kind):
    (it,) = [it for it in found if it["kind"] == kind]
    return it


def rendered(*settings):
    return objects(Values(CHART, "tried", (), settings))


def documented(name):
    return objects(Values(CHART, name, (CHARTS / CHART / "ci" / f"{name}-values.yaml",)))


def container(found):
    (it,) = one(found, "Deployment")["spec"]["template"]["spec"]["containers"]
    return it


def variables(found):
    return {it["name"]: it.get("value", it.get("valueFrom")) for it in container(found)["env"]}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """MLflow's server as the pod starts it, on another port and with its volume in a folder."""
    room = rooms()["pipelines-ui"]
    sync(room)
    folder = tmp_path_factory.mktemp("mlflow")
    found = documented("kind")
    given = {name: it.replace("/data/", f"{folder}/") for name, it in variables(found).items()}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    _, *arguments = container(found)["command"]
    arguments[arguments.index("5000")] = port
    environment = {"PATH": os.environ["PATH"], **given, "HOME": str(folder)}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [room.environment / "bin" / "mlflow", *arguments], env=environment, stdout=log,
            stderr=log, cwd=folder, start_new_session=True,
        )  # fmt: skip
    try:
        until = time.monotonic() + SECONDS_TO_START
        while status(port, "/health", "10.244.0.7:5000") != 200:
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < until, (folder / "log").read_text()
            time.sleep(0.5)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


def status(port, path, host):
    """The status of an answer to who asks for a host."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}{path}", headers={"Host": host}).status_code
    except httpx.TransportError:
        return None


EXPERIMENTS = "/api/2.0/mlflow/experiments/search?max_results=1"


@pytest.mark.parametrize(
    "host",
    [f"{SERVICE}:5000", SERVICE, f"{SERVICE}.{NAMESPACE}:5000", f"{SERVICE}.{NAMESPACE}.svc",
     f"{SERVICE}.{NAMESPACE}.svc.cluster.local:5000", "127.0.0.1:8881", "localhost:5000"],
)  # fmt: skip
def test_it_answers_under_the_names_of_its_service_and_of_a_forwarded_port(server, host):
    assert status(server, EXPERIMENTS, host) == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:5000", f"{SERVICE}.other:5000"])
def test_it_refuses_any_other_name(server, host):
    assert status(server, EXPERIMENTS, host) == 403


def test_the_test_of_helm_passes_on_it(server):
    (pod,) = one(documented("kind"), "Pod")["spec"]["containers"]
    *command, address = pod["command"]
    assert address == f"http://{SERVICE}:5000"
    done = subprocess.run([*command, f"http://127.0.0.1:{server}"], capture_output=True, text=True,
                          check=False)  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "MLflow answers\n"), done.stderr


def test_the_test_of_helm_fails_where_nothing_answers():
    (pod,) = one(documented("kind"), "Pod")["spec"]["containers"]
    command = [*pod["command"][:-1], "http://127.0.0.1:9"]
    assert subprocess.run(command, capture_output=True, check=False).returncode


def test_passwords_and_keys_come_from_secrets():
    given = variables(documented("s3"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        assert given[name]["secretKeyRef"] == {"name": "mlflow-s3", "key": name}
    given = variables(documented("postgresql"))
    assert given["MLFLOW_BACKEND_STORE_URI"]["secretKeyRef"]["name"] == "mlflow-database"
    assert "AWS_SECRET_ACCESS_KEY" not in given  # the role of the service account


def test_who_needs_no_volume_gets_none_and_may_have_replicas():
    found = documented("postgresql")
    assert [it for it in found if it["kind"] == "PersistentVolumeClaim"] == []
    assert one(found, "Deployment")["spec"]["strategy"]["type"] == "RollingUpdate"
    assert one(rendered(), "Deployment")["spec"]["strategy"]["type"] == "Recreate"


def test_pods_reach_their_database_and_their_store_alone():
    def ports(found):
        rules = one(found, "NetworkPolicy")["spec"]["egress"]
        return [it["port"] for rule in rules for it in rule["ports"]]

    assert ports(rendered()) == []
    assert ports(documented("postgresql")) == [53, 53, 5432, 443]
    assert ports(documented("s3")) == [53, 53, 8333]


def test_runs_and_models_outlive_the_release():
    claim = one(rendered(), "PersistentVolumeClaim")
    assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}


def test_the_version_is_the_one_that_the_pipelines_write_with():
    lock = (CHARTS.parent / "pipelines" / "requirements-ui.lock").read_text()
    image = container(rendered())["image"]
    assert f"mlflow=={image.rpartition(':v')[2]} " in lock

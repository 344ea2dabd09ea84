"""The server of ``replay``, what talks to it, and the shapes its answers are put together from."""

import datetime
import json
import threading

import boto3
import pytest
from botocore.config import Config

from sentiment_pipelines.backends.kubeflow import client, conf, pods
from sentiment_pipelines.backends.kubeflow.types import Connection

from .replay import BEGIN, Api, Handler, Server


@pytest.fixture
def api():
    """The server; a test fails if any request of it was not as the API wants it."""
    server = Server(("127.0.0.1", 0), Handler)
    server.api = Api()
    server.api.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
    yield server.api
    server.shutdown()
    server.server_close()
    assert server.api.refused == []


@pytest.fixture(autouse=True)
def _nothing_of_the_machine(monkeypatch, tmp_path):
    """Keeps what a person has set up for KFP, Kubernetes and AWS out of the tests."""
    monkeypatch.setattr("kfp.client.Client._LOCAL_KFP_CONTEXT", str(tmp_path / "none"))
    for name in ("KF_PIPELINES_ENDPOINT", "KF_PIPELINES_UI_ENDPOINT", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))


@pytest.fixture
def connection(api):
    return Connection("kind", api.address, "http://ui.example")


@pytest.fixture
def kubeflow(connection):
    return client.connect(connection, delays=(0.01, 0.01))


@pytest.fixture
def kubernetes(api, tmp_path):
    """Names the server in a kubeconfig."""
    content = {
        "apiVersion": "v1", "kind": "Config", "current-context": "here",
        "clusters": [{"name": "here", "cluster": {"server": api.address}}],
        "users": [{"name": "me", "user": {}}],
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
    }  # fmt: skip
    (tmp_path / "kubeconfig").write_text(json.dumps(content))


@pytest.fixture
def look(connection, kubernetes):
    return pods.connect(connection)


@pytest.fixture
def keys():
    """What lets us into the store."""
    return {"AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": "canary-secret-key"}


@pytest.fixture
def seaweed_client(seaweed, keys):
    """A client of the store."""
    access, secret = keys.values()
    return boto3.client(
        "s3", endpoint_url=seaweed, region_name="us-east-1", aws_access_key_id=access,
        aws_secret_access_key=secret, config=Config(s3={"addressing_style": "path"}),
    )  # fmt: skip


@pytest.fixture
def environment():
    return conf.read("kind")


def node(name, state, begin=0, end=None):
    """Returns a node as the API tells of it: at 1970 it has not ended."""
    told = {"run_id": "run-1", "task_id": "", "display_name": name, "state": state}
    moments = {"start_time": begin, "end_time": end}
    for field, seconds in moments.items():
        moment = datetime.datetime.fromtimestamp(0, datetime.UTC)
        moment = moment if seconds is None else BEGIN + datetime.timedelta(seconds=seconds)
        told[field] = moment.isoformat()
    return told


def task(name, state, begin=0, end=None, *, cached=False):
    """Returns the nodes of a task."""
    driver = node(f"{name}-driver", "SUCCEEDED", begin, begin)
    pod = node("executor", "SKIPPED" if cached else state, begin, begin if cached else end)
    return [driver, node(name, state, begin, end), pod]


def pod(task_name, *, attempt="", **status):
    """Returns a pod of a task as Kubernetes shows it."""
    path = f"sentiment-training-x.root.{task_name}.executor{attempt}"
    image = f"localhost:5001/sentiment-{task_name}@sha256:{'1' * 64}"
    container = {"name": "main", "image": image, "resources": {"limits": {"memory": "6Gi"}}}
    created = BEGIN.isoformat().replace("+00:00", f".{len(attempt)}Z")
    return {
        "metadata": {
            "name": f"sentiment-training-x-{task_name}{attempt.strip('()')}",
            "creationTimestamp": created,
            "annotations": {"workflows.argoproj.io/node-name": path},
        },
        "spec": {"containers": [{"name": "wait", "image": "argoexec"}, container]},
        "status": status,
    }


def ended(code, reason="Error"):
    """Returns the status of a pod whose stage has ended."""
    state = {"terminated": {"exitCode": code, "reason": reason}}
    return {"phase": "Failed", "containerStatuses": [status_of(state)]}


def waiting(reason, message):
    """Returns the status of a pod whose stage waits to begin."""
    state = {"waiting": {"reason": reason, "message": message}}
    return {"phase": "Pending", "containerStatuses": [status_of(state)]}


def status_of(state):
    """Returns the status of a container."""
    return {"name": "main", "image": "i", "imageID": "", "ready": False, "restartCount": 0,
            "state": state}  # fmt: skip


@pytest.fixture
def shapes():
    """What the answers of the server are put together from."""

    class Shapes:
        pass

    for function in (node, task, pod, ended, waiting):
        setattr(Shapes, function.__name__, staticmethod(function))
    return Shapes

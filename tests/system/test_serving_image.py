"""The image of the service: what it holds, and that it answers when locked up."""

import contextlib
import json
import os
import subprocess
import time
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from charts.checks.consistency import pods
from charts.checks.rendering import Values, objects
from sentiment_pipelines import images
from sentiment_pipelines.environments import process_environment, rooms, sync

LOCKED_UP = ("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL")  # noqa: S108 (in the container)
RUN = ("sentiment-serve", "run", "--model", "/model", "--host", "0.0.0.0", "--open")  # noqa: S104
KEY = "key-of-the-image-1"
ASK = """
import sys, urllib.request
body = sys.argv[2].encode() if sys.argv[2:] else None
request = urllib.request.Request(sys.argv[1], body, {"Content-Type": "application/json"})
print(urllib.request.urlopen(request).read().decode())
"""


@pytest.fixture(scope="module")
def ask(docker):
    """Runs docker; returns what it printed or, unchecked, how it ended."""

    def run(*arguments, check=True):
        done = docker.ask(*arguments)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done.stdout if check else done

    return run


@pytest.fixture(scope="module")
def image(ask):
    """The image of the service, built if it is not there for what lies here now."""
    (made,) = images.build([rooms()["serving"]], Console(stderr=True))
    return made.image.reference


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """A linear bundle."""
    room = rooms()["serving"]
    sync(room)
    folder = tmp_path_factory.mktemp("bundles")
    command = [room.python, Path(__file__).with_name("bundles.py"), folder]
    subprocess.run(command, env=process_environment(room), check=True)
    return folder / "words"


@pytest.fixture
def start(ask, image, bundle):
    """Starts the image with the bundle mounted and returns the container."""
    started = []

    def run(mounted_at, *arguments, command=()):
        volume = ("--volume", f"{bundle}:{mounted_at}:ro")
        given = (*LOCKED_UP, *volume, *arguments)
        started.append(ask("run", "--detach", *given, image, *command).strip())
        return started[-1]

    yield run
    for container in started:
        ask("rm", "--force", container)


def wait_for(answer, ask, container):
    for _ in range(600):
        with contextlib.suppress(httpx.TransportError):
            if answer():
                return
        state = ask("inspect", "--format", "{{.State.Running}}", container)
        assert state.strip() == "true", ask("logs", container, check=False)
        time.sleep(0.1)
    raise AssertionError(ask("logs", container, check=False))


def address_of(ask, container, port):
    return f"http://{ask('port', container, str(port)).splitlines()[0]}"


def label(answer):
    return answer["predictions"][0]["label"]


def test_the_image_of_a_linear_model_holds_no_runtime_of_other_models(ask, image):
    names = ("sentiment_serving", "tensorflow", "onnxruntime", "sklearn", "mlflow")
    program = f"from importlib.util import find_spec as f; print([n for n in {names} if f(n)])"
    assert ask("run", "--rm", image, "python3", "-c", program).strip() == "['sentiment_serving']"


@pytest.mark.parametrize(
    ("command", "mounted_at", "port", "route"),
    [
        (("serve",), "/opt/ml/model", 8080, "invocations"),
        (RUN, "/model", 3000, "predict"),
    ],
    ids=["serve", "sentiment-serve run"],
)
def test_a_command_answers_with_a_read_only_root_and_no_network(
    ask, start, command, mounted_at, port, route
):
    container = start(mounted_at, "--network", "none", command=command)
    called = ("exec", container, "python3", "-c", ASK)
    ready = f"http://127.0.0.1:{port}/ping"
    wait_for(lambda: ask(*called, ready, check=False).returncode == 0, ask, container)
    for text, expected in (("good", "positive"), ("bad", "negative")):
        body = json.dumps({"text": text})
        answer = ask(*called, f"http://127.0.0.1:{port}/{route}", body)
        assert label(json.loads(answer)) == expected


def test_serve_answers_sagemakers_routes_on_its_published_port_until_it_is_told_to_end(ask, start):
    container = start("/opt/ml/model", "--publish", "127.0.0.1::8080", command=("serve",))
    address = address_of(ask, container, 8080)
    wait_for(lambda: httpx.get(f"{address}/ping").status_code == 200, ask, container)
    lines = '{"text": "good"}\n{"text": "bad"}\n'
    given = {"Content-Type": "application/jsonlines"}
    answer = httpx.post(f"{address}/invocations", content=lines, headers=given)
    assert answer.status_code == 200, answer.text
    records = [json.loads(line) for line in answer.text.splitlines()]
    assert [record["label"] for record in records] == ["positive", "negative"]
    ask("stop", "--time", "20", container)
    assert ask("inspect", "--format", "{{.State.ExitCode}}", container).strip() == "0"


def test_by_itself_the_image_serves_those_who_have_a_key(ask, start):
    keys = ("--env", f"SENTIMENT_API_KEYS={KEY}")
    container = start("/model", "--publish", "127.0.0.1::3000", *keys)
    address = address_of(ask, container, 3000)
    wait_for(lambda: httpx.get(f"{address}/readyz").status_code == 200, ask, container)
    given = {"X-API-Key": KEY}
    answer = httpx.post(f"{address}/predict", json={"text": "good"}, headers=given)
    assert label(answer.json()) == "positive"
    assert httpx.post(f"{address}/predict", json={"text": "good"}).status_code == 401


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [((), "no API key is set"), (("--env", "SENTIMENT_OPEN=true"), "no bundle.json here")],
    ids=["no key", "no model"],
)
def test_what_is_missing_is_one_line(ask, image, bundle, settings, complaint):
    volume = () if settings else ("--volume", f"{bundle}:/model:ro")
    done = ask("run", "--rm", *LOCKED_UP, *settings, *volume, image, check=False)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.fixture
def pod_options(bundle, tmp_path):
    """What Docker makes of a pod: its user, its mounts, its variables, and nothing beside them."""
    folders = {"model": bundle, "requests": tmp_path / "requests", "api-keys": tmp_path / "keys"}
    for name in ("requests", "api-keys"):
        folders[name].mkdir()
    (folders["api-keys"] / "keys").write_text(f"# of the shop\n{KEY}\n")
    os.chown(folders["requests"], 10001, 10001)

    def options(spec):
        (container,) = spec["containers"]
        user = f"{spec['securityContext']['runAsUser']}:{spec['securityContext']['runAsGroup']}"
        given = [
            "--user",
            user,
            "--memory",
            container["resources"]["limits"]["memory"].lower()[:-1],
        ]
        given += ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
        for variable in container.get("env", ()):
            given += ["--env", f"{variable['name']}={variable['value']}"]
        sizes = {it["name"]: it.get("emptyDir", {}).get("sizeLimit") for it in spec["volumes"]}
        for mount in container["volumeMounts"]:
            at, name = mount["mountPath"], mount["name"]
            if name in folders:
                mode = "ro" if mount.get("readOnly") else "rw"
                given += ["--volume", f"{folders[name]}:{at}:{mode}"]
            else:
                given += ["--tmpfs", f"{at}:size={sizes[name].lower()[:-1]}"]
        return given

    return options


def test_the_pod_of_the_chart_answers_its_probes_and_the_test_of_helm(
    ask, image, pod_options, tmp_path
):
    settings = (
        "apiKeys.existingSecret=keys", "model.volume.persistentVolumeClaim.claimName=models",
        "requestLog.volume.emptyDir.sizeLimit=1Gi",
    )  # fmt: skip
    rendered = objects(Values("sentiment-serving", "pod", (), settings))
    found = {it["kind"]: pod["spec"] for it in rendered for _, pod in pods(it)}
    serving, (asking,) = found["Deployment"]["containers"][0], found["Pod"]["containers"]
    published = ("--detach", "--publish", "127.0.0.1::3000")
    options = pod_options(found["Deployment"])
    container = ask("run", *published, *options, image, *serving["command"]).strip()
    try:
        address = address_of(ask, container, serving["ports"][0]["containerPort"])
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            path = serving[probe]["httpGet"]["path"]
            wait_for(lambda at=path: httpx.get(address + at).is_success, ask, container)
        assert httpx.get(f"{address}/metrics").status_code == 200
        command = ["http://127.0.0.1:3000" if it.startswith("http:") else it
                   for it in asking["command"]]  # fmt: skip
        beside = ("--rm", "--network", f"container:{container}", *pod_options(found["Pod"]))
        assert ask("run", *beside, image, *command).startswith("/readyz: 200\n/predict: ")
        grace = str(found["Deployment"]["terminationGracePeriodSeconds"])
        ask("stop", "--time", grace, container)
        assert ask("inspect", "--format", "{{.State.ExitCode}}", container).strip() == "0"
        assert list((tmp_path / "requests").glob("requests-*.jsonl*"))
    finally:
        ask("rm", "--force", container)

"""The docker backend with a real daemon: it gives what processes give, and keeps secrets."""

import http.server
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from kfp import compiler, components, dsl
from rich.console import Console

from sentiment_common.artifacts import payload_digest
from sentiment_pipelines import runs
from sentiment_pipelines.backends import local
from sentiment_pipelines.backends.docker import Containers
from sentiment_pipelines.backends.process import Processes
from sentiment_pipelines.cache import Cache
from sentiment_pipelines.environments import ROOT, rooms
from sentiment_pipelines.runs import Run


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    """Two reads of a file, the second of which keeps the splits of the first."""
    ingest = components.load_component_from_file(str(ROOT / "components/ingest/component.yaml"))
    asked = {"text_column": "review", "rating_column": "stars"}

    @dsl.pipeline(name="twice")
    def twice(source: str):
        first = ingest(source=source, **asked).outputs["examples"]
        ingest(source=source, previous_examples=first, **asked)

    compiled = tmp_path_factory.mktemp("pipeline") / "twice.yaml"
    compiler.Compiler().compile(twice, str(compiled))
    # The committed interface may name a version that the code has left behind.
    image = next(it for it in local.images(compiled))
    text = compiled.read_text().replace(image, f"sentiment-ingest:{rooms()['ingest'].version}")
    compiled.write_text(text)
    return compiled


@pytest.fixture
def execute(tmp_path, monkeypatch, pipeline):
    monkeypatch.setattr("sentiment_pipelines.runs.VAR", tmp_path)
    monkeypatch.setattr("sentiment_pipelines.environments.VAR", tmp_path)

    def execute(backend, source, observers=()):
        run = Run.begin({})
        backend.prepare(local.images(pipeline), run, Console(stderr=True))
        arguments, cache = {"source": str(source)}, Cache(runs.folder())
        done = local.execute(pipeline, arguments, run, observers, {}, cache, backend)
        return done, run

    return execute


@pytest.mark.usefixtures("base")
def test_a_pipeline_gives_the_same_in_containers_as_in_processes(execute, feedback):
    done, processes = execute(Processes(), feedback)
    assert done
    done, contained = execute(Containers(), feedback)
    assert done
    assert [task.reused_from for task in contained.tasks] == ["", ""], "a container's work is other"
    for one, other in zip(processes.tasks, contained.tasks, strict=True):
        assert payload_digest(one.folder / "examples") == payload_digest(other.folder / "examples")
        assert all(it.stat().st_uid == os.getuid() for it in other.folder.rglob("*"))
    done, again = execute(Containers(), feedback)
    assert done
    assert {task.reused_from for task in again.tasks} == {contained.id}
    assert not list(contained.folder.rglob(".*.partial-*"))


@pytest.mark.usefixtures("base")
def test_the_rerun_script_does_the_same_by_docker_run_alone(execute, feedback):
    _, run = execute(Containers(), feedback)
    examples = run.tasks[0].folder / "examples"
    digest = payload_digest(examples)
    (examples / "summary.json").unlink()
    done = subprocess.run(
        ["sh", run.tasks[0].rerun], capture_output=True, text=True, check=False,
        env={"PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert payload_digest(examples) == digest


@pytest.mark.usefixtures("base")
def test_bad_input_is_the_stages_own_line_and_exit_code(execute, tmp_path):
    (tmp_path / "empty.csv").touch()
    done, run = execute(Containers(), tmp_path / "empty.csv")
    assert not done
    assert run.tasks[-1].exit_code == runs.EXIT_BAD_INPUT
    assert "empty.csv" in run.tasks[-1].last_lines(1)[0]


@pytest.mark.usefixtures("base")
def test_an_address_without_a_network_is_one_line(execute, monkeypatch):
    monkeypatch.setenv("SENTIMENT_SOURCE_TIMEOUT", "1")
    done, run = execute(Containers(network="none"), "http://shop.example/reviews.csv")
    assert not done
    assert run.tasks[-1].exit_code == runs.EXIT_BAD_INPUT
    assert "shop.example" in run.tasks[-1].last_lines(1)[0]


@pytest.fixture
def shop(feedback):
    """A server that hands its feedback out, and the questions that it was asked."""
    asked = []

    class Shop(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            content = feedback.read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            """Says nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Shop) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/reviews.csv", asked
        server.shutdown()


@pytest.mark.usefixtures("base")
def test_secrets_reach_the_stage_and_no_file_of_the_run(execute, shop, tmp_path, monkeypatch):
    address, asked = shop
    monkeypatch.setenv("SHOP_PASS", "canary-one")
    (tmp_path / "token").write_text("canary-two")
    place = f"{address}?pass=${{SHOP_PASS}}&token=${{file:{tmp_path}/token}}"
    done, run = execute(Containers(network="host"), place)
    assert done, run.tasks[-1].last_lines(3)
    assert asked[-1].endswith("?pass=canary-one&token=canary-two")
    assert "--env SHOP_PASS " in run.tasks[0].rerun.read_text()
    written = [path for path in run.folder.rglob("*") if path.is_file()]
    assert len(written) > 5
    assert [path for path in written if b"canary-" in path.read_bytes()] == []


@pytest.mark.usefixtures("base")
def test_a_secret_whose_file_is_missing_is_told_by_the_stage(execute, shop):
    done, run = execute(Containers(network="host"), f"{shop[0]}?token=${{file:/not/there}}")
    assert not done
    assert run.tasks[-1].exit_code == runs.EXIT_BAD_INPUT
    assert "/not/there" in run.tasks[-1].last_lines(1)[0]
    assert "Docker" not in run.tasks[-1].last_lines(1)[0]


@pytest.mark.usefixtures("base")
def test_places_may_have_any_name_and_lie_behind_links(execute, feedback, tmp_path):
    odd = tmp_path / 'a b:c,"d'
    odd.mkdir()
    shutil.copy(feedback, odd / "x,1.csv")
    (tmp_path / "link").symlink_to(odd)
    (tmp_path / "hop.csv").symlink_to("link/x,1.csv")
    places = (odd / "x,1.csv", tmp_path / "link" / "x,1.csv", tmp_path / "hop.csv")
    done, run = execute(Containers(), " | ".join(map(str, places)))
    assert done, run.tasks[-1].last_lines(3)
    again = subprocess.run(["sh", run.tasks[0].rerun], capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr


def test_a_run_without_a_daemon_is_one_line_and_exit_code_2(tmp_path):
    command = [str(Path(sys.executable).with_name("sentiment-pipelines")), "run", "--backend"]
    environment = {
        **os.environ, "DOCKER_HOST": f"unix://{tmp_path}/none.sock", "SENTIMENT_VAR": str(tmp_path),
    }  # fmt: skip
    done = subprocess.run(
        [*command, "docker"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == runs.EXIT_BAD_INPUT
    assert done.stderr.count("\n") == 1
    assert "no Docker daemon answers" in done.stderr

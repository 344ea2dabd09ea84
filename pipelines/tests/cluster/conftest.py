"""Programs that stand in for docker, kind, kubectl, helm and git, and a folder of state."""

import contextlib
import dataclasses
import http.server
import io
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sentiment_pipelines import cli, cluster, environments, runs
from sentiment_pipelines.cluster import pins, preflight, steps

STANDIN = Path(__file__).with_name("standin.sh")
PROGRAMS = ("docker", "kind", "kubectl", "helm", "git")
IMPATIENT = "import sys; sys.path[:0] = {!r}; import conftest; conftest.impatient()"
"""The command line in a process of its own, as :func:`impatient` leaves it."""


def impatient():
    """Runs the command line at once, with MLflow and the registry at a port of the test's."""
    port = int(os.environ["PORT"])
    ports = dict(pins.read().ports, mlflow=port, registry=port)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(steps, "PERIOD", 0.01)
        patched.setattr(cluster, "PATIENCE", 0)
        patched.setattr(preflight, "_ports", lambda pins, running: ())
        patched.setattr(cluster, "read", lambda: dataclasses.replace(pins.read(), ports=ports))
        cli.main()


class House:
    """A machine with stand-ins for the programs, and this repository's state elsewhere."""

    def __init__(self, root):
        self.root, self.state, self.var = root, root / "state", root / "var"
        self.port = 1
        self.programs = root / "bin"
        for folder in (self.state, self.var, self.programs):
            folder.mkdir()
        for name in PROGRAMS:
            (self.programs / name).symlink_to(STANDIN)

    @property
    def variables(self):
        """The environment variables of commands on it."""
        kept = {key: it for key, it in os.environ.items() if not key.startswith("SENTIMENT_")}
        kept |= {"PATH": f"{self.programs}:/usr/bin:/bin", "STANDIN": str(self.state)}
        kept |= {"SENTIMENT_VAR": str(self.var), "PORT": str(self.port)}
        return {**kept, "COLUMNS": "200"}

    @property
    def calls(self):
        """What was called, in order."""
        path = self.state / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def forget_calls(self):
        (self.state / "calls").unlink(missing_ok=True)

    def fail(self, how, which):
        (self.state / "fail").write_text(f"{how} {which}\n")

    def start(self, *arguments):
        """Starts ``sentiment-pipelines`` as a process of its own, which can be killed."""
        program = IMPATIENT.format([str(STANDIN.parent), *sys.path])
        command = [sys.executable, "-c", program, *arguments]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, env=self.variables, **streams)

    def run(self, *arguments, **variables):
        """Runs ``sentiment-pipelines`` in this process; returns how it ended, and what it said."""
        output, errors = io.StringIO(), io.StringIO()
        before = signal.getsignal(signal.SIGTERM)
        with pytest.MonkeyPatch.context() as patched, contextlib.ExitStack() as stack:
            for name, it in {**self.variables, **variables}.items():
                patched.setenv(name, it)
            for module in (environments, runs):
                patched.setattr(module, "VAR", self.var)
            patched.setattr(sys, "argv", ["sentiment-pipelines", *arguments])
            stack.callback(signal.signal, signal.SIGTERM, before)
            stack.enter_context(contextlib.redirect_stdout(output))
            stack.enter_context(contextlib.redirect_stderr(errors))
            with pytest.raises(SystemExit) as ended:
                impatient()
        return subprocess.CompletedProcess(
            arguments, ended.value.code, output.getvalue(), errors.getvalue()
        )


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers what the test has said of a path, else that there is no such thing."""

    def do_GET(self):
        code, body = self.server.said.get(self.path.partition("?")[0], (404, "{}"))
        self.send_response(code)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    """A server on this machine; ``said`` has code and body by path."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as made:
        made.said = {}
        threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True).start()
        yield made
        made.shutdown()


@pytest.fixture
def house(tmp_path, server):
    made = House(tmp_path)
    made.port = server.server_port
    return made


@pytest.fixture
def state(tmp_path, monkeypatch):
    """The folder of the cluster's state."""
    monkeypatch.setattr(environments, "VAR", tmp_path)
    return tmp_path / "kind"

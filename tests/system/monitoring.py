"""A real Prometheus and a real Alertmanager on the service, and what they told."""

import contextlib
import json
import re
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import yaml

FILES = Path(__file__).resolve().parents[2] / "charts" / "sentiment-monitoring" / "files"
FASTER = 120
"""How many times sooner than in earnest the rules look back and alerts fire."""
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
DURATION = re.compile(r"(?<=\[)(\d+)([smhdw])(?=\])|(?<=offset )(\d+)([smhdw])")


def free_port() -> int:
    """Returns a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition: Callable[[], Any], seconds: float, what: str) -> Any:
    """Waits until something is true and returns it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(httpx.TransportError):
            if found := condition():
                return found
        time.sleep(0.2)
    raise AssertionError(f"{what}: not within {seconds} s")


def faster(rules: Path) -> str:
    """Returns the rules with every duration divided; nothing else of them is changed."""
    read = yaml.safe_load(rules.read_text())
    for group in read["groups"]:
        group["interval"] = "1s"
        for rule in group["rules"]:
            rule["expr"] = DURATION.sub(_divided, rule["expr"])
            if "for" in rule:
                rule["for"] = f"{_seconds(rule['for'][:-1], rule['for'][-1])}s"
    return yaml.safe_dump(read)


def _seconds(number: str, unit: str) -> int:
    return max(int(number) * UNITS[unit] // FASTER, 3)


def _divided(found: re.Match[str]) -> str:
    return f"{_seconds(found[1] or found[3], found[2] or found[4])}s"


class Listener:
    """Serves a text and keeps what it is sent, as a receiver of Alertmanager would."""

    def __init__(self) -> None:
        self.text, self.received = "", []
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write(listener.text.encode())

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.received.append((self.path, json.loads(body)))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *arguments: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def alerts(self, path: str, status: str) -> set[str]:
        """Returns the names of alerts that a path was sent in a state."""
        return {
            alert["labels"]["alertname"]
            for where, message in list(self.received)
            for alert in message["alerts"]
            if where == path and alert["status"] == status
        }

    def close(self) -> None:
        """Ends it."""
        self._server.shutdown()
        self._server.server_close()


class Prometheus:
    """A running Prometheus."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._client = httpx.Client(base_url=f"http://{address}/api/v1", timeout=20)

    def get(self, path: str, **parameters: object) -> Any:
        """Returns the data of an answer."""
        answer = self._client.get(path, params=parameters)
        assert answer.status_code == 200, (answer.text, parameters)
        return answer.json()["data"]

    def ask(self, query: str, **parameters: object) -> list[Any]:
        """Returns the samples of a query."""
        return self.get("query", query=query, **parameters)["result"]

    def firing(self) -> set[str]:
        """Returns the names of the alerts that are firing."""
        alerts = self.get("alerts")["alerts"]
        return {it["labels"]["alertname"] for it in alerts if it["state"] == "firing"}


@contextlib.contextmanager
def running(
    *command: object, log: Path, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Runs a program inside the context."""
    with log.open("wb") as output:
        process = subprocess.Popen(list(map(str, command)), stdout=output, stderr=output, env=env)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=30)


@contextlib.contextmanager
def prometheus(folder: Path, configuration: object, *options: str) -> Iterator[Prometheus]:
    """Runs Prometheus with a configuration, and its data below the folder."""
    port, file = free_port(), folder / "prometheus.yaml"
    file.write_text(yaml.safe_dump(configuration))
    command = (
        "prometheus", f"--config.file={file}", f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}", *options,
    )  # fmt: skip
    with running(*command, log=folder / "prometheus.log") as process:
        found = Prometheus(f"127.0.0.1:{port}")
        ready = f"http://{found.address}/-/ready"

        def answers() -> bool:
            assert process.poll() is None, (folder / "prometheus.log").read_text()
            return httpx.get(ready).status_code == 200

        until(answers, 60, "Prometheus is ready")
        yield found


@contextlib.contextmanager
def alertmanager(folder: Path, receivers: str) -> Iterator[str]:
    """Runs Alertmanager with the chart's routes, its receivers at one address; faster too."""
    port = free_port()
    text = (FILES / "alertmanager.yaml").read_text()
    text = re.sub(r"http://[\w.-]+(?::\d+)?/", f"http://{receivers}/", text)
    read = yaml.safe_load(text)
    for route in (read["route"], *read["route"]["routes"]):
        for name in ("group_wait", "group_interval"):
            if name in route:
                route[name] = "1s"
    (folder / "alertmanager.yaml").write_text(yaml.safe_dump(read))
    command = (
        "prometheus-alertmanager", f"--config.file={folder / 'alertmanager.yaml'}",
        f"--storage.path={folder / 'alertmanager'}", f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    )  # fmt: skip
    with running(*command, log=folder / "alertmanager.log"):
        until(lambda: httpx.get(f"http://127.0.0.1:{port}/-/ready").is_success, 30, "Alertmanager")
        yield f"127.0.0.1:{port}"

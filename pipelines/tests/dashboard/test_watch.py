import contextlib
import json
import socket
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Event

import pytest

from sentiment_pipelines.commands.dashboard import FILES
from sentiment_pipelines.dashboard.history import last_day
from sentiment_pipelines.dashboard.watch import Watch, Watched

FIGURES = """
sentiment_in_flight 0
sentiment_requests_total{{route="/predict",status="200"}} {good}
sentiment_requests_total{{route="/predict",status="503"}} {bad}
sentiment_texts_total{{model="m",label="positive"}} {good}
"""


class Service:
    """Gives the figures that a test wants, to those who have the key."""

    def __init__(self):
        self.text, service = "", self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                known = self.headers["X-API-Key"] == "secret"
                self.send_response(200 if known else 401)
                self.end_headers()
                self.wfile.write(service.text.encode())

            def log_message(self, format, *arguments):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def anything():
    """Answers whatever is asked with the bytes that it was given."""
    with socket.create_server(("127.0.0.1", 0)) as listening, contextlib.ExitStack() as ended:
        said = []

        def answer():
            with contextlib.suppress(OSError):
                while True:
                    caller, _ = listening.accept()
                    # Whoever is answered without end hangs up in the middle of it.
                    with caller, contextlib.suppress(OSError):
                        caller.recv(4096)
                        caller.sendall(said[0])

        thread = threading.Thread(target=answer)
        thread.start()
        ended.callback(thread.join)
        ended.callback(listening.shutdown, socket.SHUT_RDWR)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", said


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", "SSH-2.0"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsentiment_in_flight 1\n", "break off"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "IncompleteRead"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"a 1\n" * 5_000_000, "no end"),
        (b'HTTP/1.1 200 OK\r\n\r\na{b="\xe9"} 1\n', "decode"),
        (b"HTTP/1.1 500 Internal Server Error\r\n\r\n", "500"),
    ],
    ids=["no http", "killed while it answered", "no chunk", "endless", "no text", "fault"],
)
def test_whatever_answers_there_the_watch_goes_on(anything, answer, complaint):
    address, said = anything
    watch = Watch(Watched(address), FILES)
    said[:] = [answer]
    watch.look(1000.0)
    assert complaint in watch.state()["complaint"]
    said[:] = [b"HTTP/1.1 200 OK\r\n\r\nsentiment_in_flight 1\n"]
    watch.look(1005.0)
    assert watch.state()["complaint"] == ""


@pytest.fixture
def service():
    found = Service()
    yield found
    found.server.shutdown()
    found.server.server_close()


def panel(state, board, title):
    (found,) = (
        panel
        for each in state["boards"] if each["name"] == board
        for row in each["rows"] for panel in row["panels"] if panel["title"] == title
    )  # fmt: skip
    return {one["name"]: one["values"] for one in found["series"]}


def test_figures_become_panels_and_alerts(service):
    watch = Watch(Watched(service.address, key="secret"), FILES)
    for look in range(40):
        service.text = FIGURES.format(good=100 * look, bad=25 * look)
        watch.look(1000.0 + 5 * look)
    state = watch.state()
    assert panel(state, "service", "Failed")["5 min sentiment"][-1] == pytest.approx(0.2)
    assert panel(state, "service", "Requests a second")[""][-1] == pytest.approx(25)
    assert panel(state, "model", "Labels") == {"positive": [None, *[pytest.approx(1)] * 39]}
    fast = [it for it in state["alerts"] if it["name"] == "SentimentAvailabilityBurnsFast"]
    assert [it["state"] for it in fast] == ["firing"]
    assert fast[0]["summary"] == "sentiment fails 20% of its requests"
    assert state["complaint"] == "" and len(state["times"]) == 40
    json.dumps(state, allow_nan=False)


def test_a_service_that_is_away_is_said_and_told_as_an_alert(service):
    watch = Watch(Watched(service.address, key="secret"), FILES)
    service.text = FIGURES.format(good=1, bad=0)
    watch.look(1000.0)
    service.server.shutdown()
    service.server.server_close()
    for look in range(1, 65):
        watch.look(1000.0 + 5 * look)
    state = watch.state()
    assert "refused" in state["complaint"]
    names = {it["name"] for it in state["alerts"] if it["state"] == "firing"}
    assert names == {"SentimentServiceAbsent", "SentimentReplicaDown"}
    assert panel(state, "service", "Replicas")[""][-1] is None


def test_without_a_key_the_service_refuses_and_that_is_said(service):
    watch = Watch(Watched(service.address), FILES)
    watch.look(1000.0)
    assert "401" in watch.state()["complaint"]


def test_what_is_no_exposition_is_said(service):
    watch = Watch(Watched(service.address, key="secret"), FILES)
    service.text = "<html>something else</html>"
    watch.look(1000.0)
    assert watch.state()["complaint"]


def test_a_clock_that_was_set_back_adds_nothing(service):
    watch = Watch(Watched(service.address, key="secret"), FILES)
    service.text = FIGURES.format(good=1, bad=0)
    watch.look(1000.0)
    watch.look(900.0)
    watch.look(1005.0)
    assert watch.state()["times"] == [1000.0, 1005.0]


def test_the_figures_of_the_monitor_are_read_where_they_are(service, tmp_path):
    watched = Watched(service.address, key="secret", monitor=tmp_path / "monitor.prom")
    watch = Watch(watched, FILES)
    service.text = FIGURES.format(good=1, bad=0)
    watch.look(1000.0)
    assert watch.state()["complaint"] == "", "it has not looked yet"
    watched.monitor.write_text('sentiment_monitor_decision{model="m",decision="act"} 1\n')
    watch.look(1005.0)
    assert panel(watch.state(), "data", "Decision") == {"m: act": [None, 1.0]}
    assert "SentimentMonitorActs" in {it["name"] for it in watch.state()["alerts"]}


def test_many_looks_are_thinned_for_the_page_and_the_last_stays(service):
    watch = Watch(Watched(service.address, key="secret", keep=4000.0), FILES)
    service.text = FIGURES.format(good=1, bad=0)
    for look in range(401):
        watch.look(1000.0 + 5 * look)
    state = watch.state()
    assert len(state["times"]) <= 360 and state["times"][-1] == 3000.0
    assert {len(values) for values in panel(state, "service", "Replicas").values()} == {
        len(state["times"])
    }


def test_no_log_is_no_panel(tmp_path):
    assert last_day(tmp_path / "nowhere", 0.0) == []
    assert last_day(tmp_path, 0.0) == []


def test_a_log_whose_lines_are_no_entries_is_said_and_figures_go_on(service, tmp_path):
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    marks = {"schema": 2, "mark": "begin", "written": 0, "dropped": {}, "process": "p", "part": 0}
    entry = {
        "seq": 0, "time": now, "request_id": "r", "position": 0, "model": "m", "digest": "sha256:0",
        "variant": "", "text": "a", "text_kept": "raw", "label": "positive", "probabilities": 3,
        "latency_ms": 1, "caller": "", "experiment": "", "shadow": False,
    }  # fmt: skip
    log = tmp_path / "requests-20261123T153329.057215Z-1-000000.jsonl"
    log.write_text("".join(f"{json.dumps(line)}\n" for line in (marks, entry)))
    watch, stop = Watch(Watched(service.address, key="secret", log=tmp_path), FILES), Event()
    service.text = FIGURES.format(good=1, bad=0)
    thread = threading.Thread(target=watch.run, args=(stop,))
    thread.start()
    for _ in range(100):
        if watch.state()["complaint"]:
            break
        time.sleep(0.05)
    stop.set()
    thread.join()
    assert str(tmp_path) in watch.state()["complaint"] and watch.state()["times"]

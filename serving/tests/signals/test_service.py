"""The signals of a real server with two workers, one of which dies."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SCRIPTS = Path(sys.executable).parent
TEXTS = 'sentiment_drift_texts{model="tiny",window="1h"}'


@pytest.fixture(scope="module")
def server(watched_bundle, started, free_port, environment, tmp_path_factory):
    port, folder = free_port(), tmp_path_factory.mktemp("server")
    command = [
        str(SCRIPTS / "sentiment-serve"), "run", "--model", str(watched_bundle), "--workers", "2",
        "--port", str(port), "--home", str(folder), "--request-log", str(folder / "log"),
    ]  # fmt: skip
    with started(command, port, folder / "log.txt", env=environment) as client:
        # A connection of its own is answered by either worker, and none is lost with one.
        client.headers["connection"] = "close"
        client.folder = folder / "servers" / str(port) / "prometheus_multiproc_dir"
        yield client


def figure(server, line):
    lines = [text for text in server.get("/metrics").text.split("\n") if text.startswith(line)]
    return float(lines[0].rpartition(" ")[2]) if lines else None


def becomes(server, line, wanted):
    until = time.monotonic() + 30
    while (found := figure(server, line)) != wanted:
        assert time.monotonic() < until, (line, found)
        time.sleep(0.2)


def workers(server):
    return sorted(int(path.stem.rpartition("_")[2]) for path in server.folder.glob("signals_*"))


def test_the_windows_of_both_workers_add_up_and_outlive_one(server):
    for number in range(40):
        headers = {"x-request-id": f"r-{number}"}
        texts = {"texts": ["good parcel"] * 20}
        assert server.post("/predict", json=texts, headers=headers).status_code == 200
    body = "\n".join(['{"text": "bad"}'] * 3_000)
    sent = server.post(
        "/invocations", content=body, headers={"content-type": "application/jsonlines"}
    )
    assert sent.status_code == 200
    # It is scored many times over, and asked once.
    explained = {"text": "good parcel, not a bad one at all", "explain": True}
    assert server.post("/predict", json=explained).status_code == 200
    becomes(server, TEXTS, 3_801)
    assert figure(server, 'sentiment_drift_psi{model="tiny",signal="label",window="1h"}') > 0
    assert figure(server, "sentiment_reference_info{") == 1
    assert (
        server.post("/feedback", json={"request_id": "r-7", "label": "negative"}).status_code == 202
    )
    becomes(server, 'sentiment_feedback_judged_total{model="tiny",outcome="corrected"}', 1)
    both = workers(server)
    assert len(both) == 2
    os.kill(both[0], signal.SIGKILL)
    becomes(server, TEXTS, 3_801)
    until = time.monotonic() + 30
    while both[0] in workers(server):
        assert time.monotonic() < until, workers(server)
        time.sleep(0.2)
    becomes(server, TEXTS, 3_801)
    assert figure(server, "sentiment_signal_failures_total") == 0


def test_without_signals_there_are_none(watched_bundle, started, free_port, environment, tmp_path):
    port = free_port()
    command = [
        str(SCRIPTS / "sentiment-serve"), "run", "--model", str(watched_bundle), "--signals", "off",
        "--port", str(port), "--home", str(tmp_path),
    ]  # fmt: skip
    with started(command, port, tmp_path / "log.txt", env=environment) as client:
        assert client.post("/predict", json={"text": "good"}).status_code == 200
        text = client.get("/metrics").text
    assert "sentiment_texts_total{" in text
    assert not [name for name in ("drift", "signal", "reference", "confidence") if name in text]


def test_another_word_than_on_or_off_is_refused(watched_bundle, environment):
    done = subprocess.run(
        [str(SCRIPTS / "sentiment-serve"), "run", "--model", str(watched_bundle)],
        env={**environment, "SENTIMENT_SIGNALS": "perhaps"}, capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert "SENTIMENT_SIGNALS: not a value of type bool" in done.stderr

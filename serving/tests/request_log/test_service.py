import os
import signal
import sys
import threading
from pathlib import Path

import httpx
import pytest

from sentiment_common.request_log import Account, read_log
from sentiment_serving.client import SentimentClient, ServiceError

KEY = "a-key-of-the-request-log"


@pytest.fixture
def logging_service(tiny_bundle, started, free_port, environment, tmp_path):
    """Starts services that write to one log; gives the address and a client without a key."""

    def start(**variables):
        port = free_port()
        command = [
            str(Path(sys.executable).parent / "sentiment-serve"), "run",
            "--model", str(tiny_bundle), "--port", str(port), "--home", str(tmp_path / "home"),
            "--request-log", str(tmp_path / "log"),
        ]  # fmt: skip
        return started(command, port, tmp_path / "out.txt", env=environment | variables)

    return start


def test_every_answer_is_in_the_log_when_the_service_has_ended(logging_service, tmp_path):
    with logging_service(SENTIMENT_API_KEYS=KEY) as http:
        with SentimentClient(str(http.base_url), api_key=KEY) as client:
            one = client.predict("mail me: jo@shop.example")
            many = client.predict(["good"] * 700)
            with pytest.raises(ServiceError):
                client.predict("x" * 20_000)
        assert http.post("/predict", json={"text": "no key"}).status_code == 401
    account = Account()
    entries = list(read_log(tmp_path / "log", account))
    assert account == Account(entries=701)
    assert entries[0].text == "mail me: redacted@email.invalid"
    assert entries[0].request_id == one.request_id
    assert entries[0].probabilities["positive"] == one.probabilities.positive
    assert entries[0].latency_ms > 0
    assert [entry.request_id for entry in entries[1:]] == [each.request_id for each in many]
    assert len({entry.caller for entry in entries}) == 1
    assert KEY not in "".join(map(str, entries))


def test_a_killed_service_accounts_for_every_answer(logging_service, tmp_path):
    answered = []

    def ask(address):
        try:
            with httpx.Client(base_url=address, timeout=10) as client:
                while True:
                    answered.append(client.post("/predict", json={"text": "good"}).status_code)
        except httpx.TransportError:
            return

    with logging_service() as http:
        threads = [threading.Thread(target=ask, args=(str(http.base_url),)) for _ in range(2)]
        for thread in threads:
            thread.start()
        while len(answered) < 500 or not list((tmp_path / "log").glob("*.jsonl")):
            threads[0].join(0.01)
        kill_writer(tmp_path / "log")
        for thread in threads:
            thread.join()
    account = Account()
    entries = sum(1 for _ in read_log(tmp_path / "log", account))
    assert len(answered) <= entries + account.lost <= len(answered) + len(threads)


def kill_writer(log):
    """Kills the process that writes the log: its id is in the names of its files."""
    (path,) = log.glob("*.jsonl")
    os.kill(int(path.name.split("-")[2]), signal.SIGKILL)

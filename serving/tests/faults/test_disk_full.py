"""A full disk under the request log: answers go on, what is missing is counted, and it resumes."""

import json
import re
import time

import httpx
from harness import processes
from harness.load import measure, post

from sentiment_common.request_log import Account, read_log

LONG = [post("/predict", json.dumps({"text": "good parcel " * 500}).encode())]
SECONDS_TO_SETTLE = 20


def logged(server):
    """Returns the texts by what the request log did with them, as the server counts them."""
    text = httpx.get(f"http://127.0.0.1:{server.port}/metrics").text
    found = re.findall(r'^sentiment_request_log_texts_total\{outcome="(.*)"\} (\S+)', text, re.M)
    return {outcome: float(number) for outcome, number in found}


def wait_for(condition):
    until = time.monotonic() + SECONDS_TO_SETTLE
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.1)


def all_answered(server):
    load = measure(server.port, LONG, connections=4, seconds=0.5, warm_up=0)
    assert set(load.outcomes) == {"200"}, load.outcomes
    return len(load.latencies)


def test_a_disk_that_fills_up_costs_log_entries_alone_and_they_are_counted(serve, disk):
    folder, resize = disk
    with serve(request_log=folder / "log", request_log_text="raw") as (server, log):
        workers = processes.tree(server.process.pid)
        sent = 1  # the request that the start waited for
        while "disk full" not in logged(server):
            sent += all_answered(server)
        resize(200)
        written = logged(server)["written"]
        sent += all_answered(server)
        wait_for(lambda: logged(server)["written"] > written)
        assert processes.tree(server.process.pid) == workers
        assert "Traceback" not in log.read_text()
    account = Account()
    entries = list(read_log(folder / "log", account))
    assert account.dropped["disk full"] > 0
    assert (account.lost, account.pending, account.cut_lines) == (0, 0, 0)
    assert len(entries) + account.dropped.total() == sent


def test_a_disk_that_is_full_before_the_start_keeps_nobody_from_an_answer(serve, disk):
    folder, resize = disk
    (folder / "log").mkdir()
    with (folder / "filler").open("wb", buffering=0) as filler:
        try:
            while filler.write(b"x" * 4096) == 4096:
                pass
        except OSError:
            pass
    with serve(request_log=folder / "log") as (server, _):
        workers = processes.tree(server.process.pid)
        all_answered(server)
        wait_for(lambda: "disk full" in logged(server))
        assert processes.tree(server.process.pid) == workers
        resize(50)
        all_answered(server)
        wait_for(lambda: logged(server).get("written"))

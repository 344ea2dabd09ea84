"""An experiment as callers and operators meet it, on one service of two workers."""

import json
import threading
from collections import Counter

import httpx
import pytest

from sentiment_common.experiment import parse_experiment
from sentiment_common.experiment_state import read_state, stop_variant
from sentiment_common.request_log import last_feedback
from sentiment_serving.client import SentimentClient, ServiceError

CALLERS = [f"caller-{number}" for number in range(200)]
LABELS = {"control": "positive", "challenger": "negative"}
EXPERIMENT = """
name = "words-1"
[[variants]]
name = "control"
model = "tiny"
weight = 0.5
[[variants]]
name = "challenger"
model = "other"
weight = 0.5
"""
GUARDED = (
    EXPERIMENT.replace("words-1", "words-2")
    + """
[[guardrails]]
metric = "positive_share"
least = 0.2
least_requests = 50
"""
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("experiment")


@pytest.fixture(scope="module")
def running(serving, folder):
    """A client of two workers with the experiment."""
    with serving(folder, EXPERIMENT, "--workers", "2") as client:
        yield client


@pytest.fixture
def experiment(running, folder, wait_until, tmp_path):
    """Gives the service another experiment; it begins with that of the beginning by a new name."""

    def put(text):
        name = parse_experiment(text, "here").name
        (folder / "experiment.toml").write_text(text)
        wait_until(lambda: all(name in it for it in told(folder, "the experiment is now")[-2:]))

    put(EXPERIMENT.replace("words-1", tmp_path.name))
    return put


def told(folder, what):
    """Returns the messages of the log that begin so."""
    lines = [json.loads(line) for line in (folder / "out.txt").read_text().splitlines()]
    return [line["message"] for line in lines if line["message"].startswith(what)]


def ask(client, caller=None, **fields):
    headers = {"X-Caller-Id": caller} if caller else {}
    return client.post("/predict", json={"text": "good", **fields}, headers=headers)


def variants(client):
    return {caller: ask(client, caller).headers["X-Variant"] for caller in CALLERS}


def test_callers_keep_their_variant_over_requests_workers_and_routes(running):
    found = variants(running)
    expected = parse_experiment(EXPERIMENT, "here")
    assert Counter(found.values())["challenger"] > 60
    for _ in range(2):
        with httpx.Client(base_url=running.base_url) as another:
            assert variants(another) == found
    for caller in CALLERS[:20]:
        headers = {"X-Caller-Id": caller}
        answer = running.post("/invocations", json=["good"], headers=headers)
        assert answer.headers["X-Variant"] == found[caller]
        assert answer.json()["predictions"][0]["label"] == LABELS[found[caller]]
    assert expected.name == "words-1"


def test_who_names_a_model_is_no_part_of_the_experiment(running, figure):
    answer = ask(running, "caller-1", model="other")
    assert answer.json()["model"]["name"] == "other"
    assert "X-Variant" not in answer.headers


def test_without_a_caller_each_request_is_assigned_by_its_id(running, figure):
    before = figure(running, "experiment_assignments_total", by="request")
    found = {ask(running).headers["X-Variant"] for _ in range(40)}
    assert found == set(LABELS)
    named = {
        running.post("/predict", json={"text": "good"}, headers={"X-Request-Id": "r-1"}).headers[
            "X-Variant"
        ]
        for _ in range(20)
    }
    assert len(named) == 1, "a request that is sent again"
    assert figure(running, "experiment_assignments_total", by="request") == before + 60


def test_what_is_refused_belongs_to_no_variant(running, figure):
    before = figure(running, "experiment_requests_total")
    for refused in (
        ask(running, "x" * 257),
        running.post("/predict", content=b"{", headers={"Content-Type": "application/json"}),
        running.post("/invocations", json=[5]),
        ask(running, model="nobody"),
    ):
        assert refused.status_code in (400, 404)
        assert "X-Variant" not in refused.headers
    assert figure(running, "experiment_requests_total") == before


def test_the_log_has_variant_and_experiment_and_the_caller_as_a_hash(running, folder, logged):
    answers = {ask(running, caller).headers["X-Request-Id"]: caller for caller in CALLERS[:50]}
    entries = logged(folder / "log", set(answers), 50)
    for entry in entries:
        assert entry.label == LABELS[entry.variant]
        assert entry.experiment.startswith("words-")
        assert not entry.shadow
    assert len({entry.caller for entry in entries}) == 50
    everything = b"".join(path.read_bytes() for path in (folder / "log").glob("requests-*.jsonl"))
    assert b"caller-" not in everything + (folder / "out.txt").read_bytes()


def test_feedback_is_kept_and_counted_for_the_variant_that_answered(
    running, folder, figure, wait_until
):
    def counted():
        return [
            figure(running, "experiment_feedback_total", variant=variant, outcome=outcome)
            for variant, outcome in (("control", "confirmed"), ("challenger", "denied"))
        ]

    before = counted()
    with SentimentClient(str(running.base_url)) as client:
        answers = [client.predict(["good", "good"], caller_id=caller) for caller in CALLERS[:30]]
        sides = Counter(pair[0].variant for pair in answers)
        for pair in answers:
            client.feedback(pair[1], "positive", by="agent")
        # Whoever changes their mind is taken at the last word; the live figure counts the first.
        client.feedback(answers[0][1], "neutral")
    wanted = [before[0] + sides["control"], before[1] + sides["challenger"]]
    assert wait_until(lambda: counted() == wanted)
    kept = last_feedback(folder / "log")
    assert kept[answers[1][1].request_id, 1].label == "positive"
    assert kept[answers[1][1].request_id, 1].by == "agent"
    assert kept[answers[0][1].request_id, 1].label == "neutral"


@pytest.mark.parametrize(
    "fields",
    [
        {"request_id": "a b", "label": "positive"},
        {"request_id": "r", "label": "happy"},
        {"request_id": "r"},
        {"request_id": "r", "label": "positive", "labels": ["positive"]},
        {"request_id": "r", "labels": []},
        {"request_id": "r", "label": "positive", "position": -1},
        {"request_id": "r", "label": "positive", "position": 20_000},
        {"request_id": "r", "labels": ["positive"] * 2, "position": 19_999},
        {"request_id": "r", "label": "positive", "by": "jo@shop.example"},
        {"request_id": "r", "label": "positive", "comment": "no room for texts"},
        {"label": "positive"},
    ],
)
def test_feedback_that_is_none_is_refused(running, fields):
    answer = running.post("/feedback", json=fields)
    assert answer.status_code == 400
    assert "jo@" not in answer.text


def test_feedback_that_somebody_has_spoilt_by_hand_ends_nothing(
    running, experiment, folder, wait_until
):
    answer = ask(running, "caller-1")
    spoilt = {"time": "", "request_id": answer.headers["X-Request-Id"], "position": "0"}
    line = json.dumps({**spoilt, "label": "positive", "by": ""})
    (folder / "log" / "feedback-by-hand.jsonl").write_text(f"{line}\n")
    wait_until(lambda: told(folder, "feedback could not be counted"))
    experiment(EXPERIMENT.replace("words-1", "words-on"))
    (folder / "log" / "feedback-by-hand.jsonl").unlink()


def test_weights_change_under_load_without_an_error(running, experiment, wait_until):
    shares = {name: Counter() for name in ("before", "meanwhile", "after")}
    statuses, phase, end = Counter(), ["before"], threading.Event()

    def load():
        with httpx.Client(base_url=running.base_url, timeout=30) as client:
            while not end.is_set():
                now, answer = phase[0], ask(client)
                statuses[answer.status_code] += 1
                shares[now][answer.headers["X-Variant"]] += 1

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        wait_until(lambda: shares["before"].total() > 1_000)
        phase[0] = "meanwhile"
        experiment(EXPERIMENT.replace("0.5", "1", 1).replace("weight = 0.5", "weight = 0"))
        phase[0] = "after"
        wait_until(lambda: shares["after"].total() > 300)
    finally:
        end.set()
        for thread in threads:
            thread.join()
    assert set(statuses) == {200}
    assert 0.4 < shares["before"]["challenger"] / shares["before"].total() < 0.6
    assert set(shares["after"]) == {"control"}


def test_a_broken_edit_changes_nothing_and_is_said_once(
    running, experiment, folder, figure, wait_until
):
    before, lines = variants(running), len(told(folder, "the experiment stays"))
    refused = figure(running, "experiment_changes_total", outcome="refused")
    for more, broken in ((2, "name = "), (4, EXPERIMENT.replace('"other"', '"nobody"'))):
        (folder / "experiment.toml").write_text(broken)
        wait_until(
            lambda wanted=refused + more: (
                figure(running, "experiment_changes_total", outcome="refused") == wanted
            )
        )
    assert variants(running) == before
    assert len(told(folder, "the experiment stays")) == lines + 4, "once a worker and edit"


def test_a_variant_that_somebody_stops_gets_no_caller_any_more(
    running, experiment, folder, figure, wait_until
):
    experiment(EXPERIMENT.replace("words-1", "words-stopped"))
    assert "challenger" in variants(running).values()
    state = folder / "experiment.toml.state.json"
    stop_variant(state, "words-stopped", "challenger", "jo", "enough seen")
    wait_until(lambda: set(variants(running).values()) == {"control"})
    assert (
        figure(running, "experiment_stopped", experiment="words-stopped", variant="challenger") == 1
    )
    experiment(EXPERIMENT.replace("words-1", "words-afresh"))
    assert "challenger" in variants(running).values()


def test_a_guardrail_stops_a_variant_by_itself_and_it_stays_stopped(
    running, experiment, folder, wait_until
):
    experiment(GUARDED)
    # The challenger calls what is good negative: none of its texts is positive.
    wait_until(lambda: set(variants(running).values()) == {"control"}, seconds=30)
    stop = read_state(folder / "experiment.toml.state.json", "words-2").stopped["challenger"]
    assert stop.by == "guardrail"
    assert stop.reason.startswith("positive_share 0 of ")
    assert stop.reason.endswith("least 0.2")
    assert any("positive_share" in line for line in told(folder, "stopped variant challenger"))
    with SentimentClient(str(running.base_url)) as client, pytest.raises(ServiceError):
        client.feedback("not an id", "positive")


def test_after_a_restart_it_is_still_stopped(serving, tmp_path):
    (tmp_path / "log").mkdir()
    stop_variant(tmp_path / "experiment.toml.state.json", "words-1", "challenger", "jo", "bad")
    with serving(tmp_path, EXPERIMENT) as client:
        assert set(variants(client).values()) == {"control"}

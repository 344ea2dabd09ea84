"""The chart's dashboards, rules and routes on a real Prometheus, Alertmanager and service."""

import contextlib
import json
import random
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import yaml

from sentiment_common.experiment_state import state_path, stop_variant
from tests.system.monitoring import FILES, Listener, alertmanager, faster, prometheus, until
from tests.system.service import served

USUAL = ("good", "a good parcel", "bad", "not good", "the parcel", "bad script")
STRANGE = ("Посылка пришла разбитая и никто не отвечает на письма уже вторую неделю подряд",) * 4
EXPERIMENT = """
name = "live"

[[variants]]
name = "control"
model = "words"
weight = 0.5

[[variants]]
name = "challenger"
model = "other"
weight = 0.5

[[variants]]
name = "shadow"
model = "other"
shadow = true
"""
MONITOR = """
sentiment_monitor_decision{{model="words",decision="act"}} {act}
sentiment_monitor_decision{{model="words",decision="ok"}} {ok}
sentiment_monitor_finished_timestamp_seconds{{model="words"}} {now}
sentiment_monitor_finding_verdict{{model="words",finding="terms",detector="x"}} 1
sentiment_monitor_accuracy{{model="words"}} 0.8
sentiment_monitor_estimated_accuracy{{model="words"}} 0.82
"""
EMPTY = {
    "Registry away": "the models of this service are folders, not aliases of a registry",
    "Refused versions": "likewise",
}
NOT_YET = {"sentiment_model_stale", "sentiment_model_switches_total",
           "sentiment_experiment_changes_total"}  # fmt: skip
"""Of a registry's models, and of edited experiments: there are none here."""
SERIES, VALUES = 700, 30


class Stack:
    """The service with its monitoring, and callers."""

    def __init__(self, service, folder, prometheus, listener) -> None:
        self.folder, self.prometheus, self.listener = folder, prometheus, listener
        self.client = httpx.Client(base_url=service, timeout=30)
        self.texts, self.calls = USUAL, 0
        self.failed: list[str] = []

    def call(self) -> None:
        """Asks for fifty texts, and says of one answer in three what it should have been."""
        self.calls += 1
        name, chance = f"call-{self.calls}", random.Random(self.calls)  # noqa: S311
        headers = {"X-Request-Id": name, "X-Caller-Id": f"caller-{self.calls % 40}"}
        body = {"texts": chance.choices(self.texts, k=50)}
        answer = self.client.post("/predict", json=body, headers=headers)
        if answer.status_code != 200:
            self.failed.append(answer.text)
        elif self.calls % 3 == 0:
            label = chance.choice(("positive", "negative"))
            self.client.post("/feedback", json={"request_id": name, "label": label})
        if self.calls % 10 == 0:
            self.client.post("/predict", json={"text": 1})

    def tell(self, *, act: bool) -> None:
        """Publishes a decision of the monitor."""
        self.listener.text = MONITOR.format(act=int(act), ok=int(not act), now=time.time())

    def overload(self) -> None:
        """Sends more at a time than the service takes on."""
        body = {"texts": ["a good parcel, not bad " * 400] * 100}

        def send(_: int) -> int:
            with contextlib.suppress(httpx.TransportError):
                return self.client.post("/predict", json=body).status_code
            return 0

        with ThreadPoolExecutor(60) as pool:
            assert 429 in list(pool.map(send, range(120)))

    def fires(self, name: str, path: str) -> None:
        """Waits until an alert fires and its receiver has heard of it."""
        until(lambda: name in self.prometheus.firing(), 60, f"{name} fires")
        until(lambda: name in self.listener.alerts(path, "firing"), 30, f"{path} hears of {name}")

    def resolves(self, name: str, path: str) -> None:
        """Waits until it does not fire any more and its receiver has heard of that."""
        until(lambda: name not in self.prometheus.firing(), 60, f"{name} resolves")
        until(lambda: name in self.listener.alerts(path, "resolved"), 30, f"{path} hears the end")


@pytest.fixture(scope="module")
def stack(monitoring_tools, tmp_path_factory):
    """Everything, with callers that ask for about 500 texts a second."""
    folder = tmp_path_factory.mktemp("stack")
    (folder / "live.toml").write_text(EXPERIMENT)
    (folder / "rules.yaml").write_text(faster(FILES / "rules.yaml"))
    listener, stop = Listener(), threading.Event()
    options = ("--experiment", folder / "live.toml", "--max-concurrency", "12")
    with contextlib.ExitStack() as running:
        running.callback(listener.close)
        service = running.enter_context(served(folder, *options))
        manager = running.enter_context(alertmanager(folder, listener.address))
        targets = {"sentiment": service.removeprefix("http://"), "monitor": listener.address}
        found = running.enter_context(prometheus(folder, configuration(folder, manager, targets)))
        whole = Stack(service, folder, found, listener)
        whole.tell(act=False)

        def ask() -> None:
            while not stop.wait(0.1):
                whole.call()

        caller = threading.Thread(target=ask)
        caller.start()
        yield whole
        stop.set()
        caller.join()


def configuration(folder, manager, targets):
    """Returns a configuration that scrapes every second."""
    return {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(folder / "rules.yaml")],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [manager]}]}]},
        "scrape_configs": [
            {"job_name": job, "static_configs": [{"targets": [target]}]}
            for job, target in targets.items()
        ],
    }


def panels():
    """Yields the title and the queries of each panel, everything chosen."""
    for path in sorted((FILES / "dashboards").glob("*.json")):
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel.get("targets", ()):
                query = re.sub(r"\$(job|model|experiment)\b", ".*", target["expr"])
                query = query.replace("$__rate_interval", "10s")
                yield f"{path.stem}: {panel['title']}", query


def test_every_panel_shows_something_but_those_that_cannot(stack):
    missing = dict(panels())

    def empty():
        return [title for title, query in panels() if not stack.prometheus.ask(query)]

    assert missing
    until(lambda: {it.partition(": ")[2] for it in empty()} == set(EMPTY), 60, "all panels")


def test_every_rule_is_evaluated_without_an_error(stack):
    groups = stack.prometheus.get("rules")["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    listed = yaml.safe_load((FILES / "rules.yaml").read_text())["groups"]
    assert len(rules) == sum(len(group["rules"]) for group in listed)
    until(
        lambda: all(
            rule["health"] == "ok"
            for group in stack.prometheus.get("rules")["groups"]
            for rule in group["rules"]
        ),
        30, "every rule is evaluated",
    )  # fmt: skip
    assert {rule.get("lastError", "") for rule in rules} == {""}


def test_no_query_names_a_figure_that_nobody_gives(stack):
    named = re.compile(r"\bsentiment_[a-z_0-9]+|\bsentiment:[a-z_0-9:]+")
    rules = yaml.safe_load((FILES / "rules.yaml").read_text())["groups"]
    expressions = [rule["expr"] for group in rules for rule in group["rules"]]
    wanted = {name for it in [*expressions, *dict(panels()).values()] for name in named.findall(it)}
    given = set(stack.prometheus.get("label/__name__/values"))
    assert wanted - given == NOT_YET & wanted


def test_nothing_that_callers_send_makes_more_series(stack):
    series = stack.prometheus.get("series", **{"match[]": '{job="sentiment"}'})
    assert 100 < len(series) < SERIES
    values: dict[str, set[str]] = {}
    for labels in series:
        for name, value in labels.items():
            values.setdefault(name, set()).add(value)
    del values["__name__"], values["le"]  # bounds of our own histograms
    assert {name: found for name, found in values.items() if len(found) > VALUES} == {}


def test_a_decision_of_the_monitor_reaches_those_who_retrain(stack):
    stack.tell(act=True)
    stack.fires("SentimentMonitorActs", "/retrain")
    stack.fires("SentimentMonitorActs", "/ticket")
    stack.tell(act=False)
    stack.resolves("SentimentMonitorActs", "/retrain")


def test_other_texts_are_drift_until_they_are_few_again(stack):
    # Labels are counted of all texts; the other signals, of a sample, fade with the hour alone.
    labels = 'ALERTS{alertname="SentimentDriftSudden",signal="label",alertstate="firing"}'
    assert not stack.prometheus.ask(labels)
    stack.texts = STRANGE
    stack.fires("SentimentDriftSudden", "/ticket")
    until(lambda: stack.prometheus.ask(labels), 30, "labels drift")
    stack.texts = USUAL
    body = {"texts": list(USUAL) * 40}

    def diluted():
        for _ in range(40):
            stack.client.post("/predict", json=body).raise_for_status()
        return not stack.prometheus.ask(labels)

    until(diluted, 60, "labels are as they were")


def test_an_overload_is_told_and_its_end_too(stack):
    end = time.monotonic() + 8
    while time.monotonic() < end:
        stack.overload()
    stack.fires("SentimentAvailabilityBurnsFast", "/page")
    stack.resolves("SentimentAvailabilityBurnsFast", "/page")
    stack.failed.clear()  # the steady callers were turned away as well


def test_a_stopped_variant_is_told(stack):
    stop_variant(state_path(stack.folder / "live.toml"), "live", "challenger", "me", "enough")
    stack.fires("SentimentExperimentStopped", "/ticket")
    (alert,) = (
        it for it in stack.prometheus.get("alerts")["alerts"]
        if it["labels"]["alertname"] == "SentimentExperimentStopped"
    )  # fmt: skip
    assert alert["annotations"]["summary"] == "live has stopped challenger"


def test_every_alert_that_fired_says_what_it_means(stack):
    sent = [alert for _, message in stack.listener.received for alert in message["alerts"]]
    texts = [text for alert in sent for text in alert["annotations"].values()]
    assert texts and not [text for text in texts if "<error" in text or "<no value>" in text]


def test_callers_were_answered_all_along(stack):
    assert stack.calls > 100 and stack.failed == []

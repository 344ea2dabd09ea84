"""The whole loop: a public that changes, an alert, a retraining, a model that has learned it.

The demonstration with fewer rows; between the monitor and the check stand a real Prometheus with
the chart's rules and a real Alertmanager with its routes.
"""

import contextlib
import json
import logging
import os
from pathlib import Path

import pytest

from sentiment_pipelines.environments import CACHE
from tests.demo.retraining_loop import SMALL, Loop, play
from tests.demo.stage import Stage, free_port
from tests.system.monitoring import FILES, Listener, alertmanager, faster, prometheus, until

ALERT = "SentimentMonitorActs"


class Watch:
    """Prometheus and Alertmanager on what `make monitor` leaves behind."""

    def __init__(self, folder: Path, var: Path) -> None:
        self.folder, self.var = folder, var

    def __call__(self) -> str:
        """Waits until Alertmanager tells the receiver for retraining, and returns its message."""
        listener = Listener()
        listener.text = (self.var / "monitoring" / "monitor.prom").read_text()
        with contextlib.ExitStack() as stack:
            stack.callback(listener.close)
            manager = stack.enter_context(alertmanager(self.folder, listener.address))
            rules = self.folder / "rules.yaml"
            rules.write_text(faster(FILES / "rules.yaml"))
            scraped = {"job_name": "monitor", "static_configs": [{"targets": [listener.address]}]}
            configuration = {
                "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
                "rule_files": [str(rules)],
                "alerting": {"alertmanagers": [{"static_configs": [{"targets": [manager]}]}]},
                "scrape_configs": [scraped],
            }
            stack.enter_context(prometheus(self.folder, configuration))
            until(lambda: ALERT in listener.alerts("/retrain", "firing"), 60, "the alert arrives")
            return next(
                json.dumps(message)
                for path, message in listener.received
                if path == "/retrain" and any(_named(it) == ALERT for it in message["alerts"])
            )


def _named(alert: dict) -> str:
    return alert["labels"]["alertname"]


@pytest.fixture(scope="module")
def loop(monitoring_tools, tmp_path_factory):
    """The story, played once."""
    folder = tmp_path_factory.mktemp("loop")
    os.environ.setdefault("SENTIMENT_CACHE", str(CACHE / "downloads"))
    played = Loop(Stage(folder / "var", free_port()), SMALL, logging.getLogger("loop").info)
    (folder / "var").mkdir()
    play(played, Watch(folder, folder / "var"))
    return played


def gain(figures, of):
    """Returns by how many points the accuracy on texts that nobody told of has changed."""
    return figures[f"{of}_after"]["accuracy"] - figures[f"{of}_before"]["accuracy"]


def test_nothing_follows_while_nothing_has_changed(loop):
    assert loop.figures["monitor_calm"] != "act"
    assert loop.figures["check_calm"] == "nothing"


def test_an_alert_begins_a_retraining_that_recovers_what_the_new_public_lost(loop):
    figures = loop.figures
    assert figures["monitor_drift"] == "act"
    assert any(it.startswith("alert:") for it in figures["trigger"])
    assert figures["check_drift"] == "pushed"
    assert figures["recovered"] != figures["champion"]
    assert gain(figures, "films") >= 3
    assert gain(figures, "home") >= -3


def test_the_same_signals_begin_nothing_twice(loop):
    assert loop.figures["again"] in ("nothing", "wait")


def test_lies_and_a_forgetful_challenger_leave_the_champion_where_it_is(loop):
    assert loop.figures["poison_of_one"] == "look"
    assert loop.figures["poison_of_many"] == "refused"
    assert loop.figures["forgetting"] == "refused"
    assert loop.figures["champion_at_the_end"] == loop.figures["recovered"]


def test_the_log_of_decisions_has_an_end_for_every_start(loop):
    lines = loop.journal()
    ended = {it["id"]: it["outcome"] for it in lines if it["kind"] == "end"}
    assert {it["id"] for it in lines if it["kind"] == "start"} == set(ended)
    assert list(ended.values()) == ["pushed", "refused", "refused"]


def test_history_tells_the_story_and_a_request_is_traced_to_its_model(loop):
    told = loop.stage.pipelines("promotions", "--story")
    assert told.index("pushed") < told.rindex("refused")
    traced = loop.stage.pipelines(
        "trace", "--log", loop.stage.log, "--request", loop.figures["request"], "--json"
    )
    assert loop.figures["champion"] in traced

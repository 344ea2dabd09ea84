import pytest

from sentiment_common.errors import InputError
from sentiment_pipelines.commands.dashboard import FILES
from sentiment_pipelines.dashboard.rules import read_rules
from sentiment_pipelines.dashboard.samples import Samples, labels_of, parsed

RULES = """
groups:
  - name: one
    rules:
      - {record: "limit:load", expr: vector(3)}
      - alert: Loaded
        expr: load > scalar(limit:load)
        for: 10s
        labels: {severity: page}
        annotations:
          summary: "{{ $labels.job }} at {{ $value | humanizePercentage }}"
          description: "{{ $value }}, {{ $value | humanizeDuration }}, {{ $labels.nothing }}."
          runbook_url: somewhere#loaded
"""


@pytest.fixture
def rules(tmp_path):
    (tmp_path / "rules.yaml").write_text(RULES)
    return read_rules(tmp_path / "rules.yaml")


def look(rules, samples, time, load):
    samples.look(time, parsed(f"load {load}\n", job="s"))
    for rule in rules:
        samples.add(time, rule.evaluate(samples, time))
    return [alert for rule in rules for alert in rule.told(samples, time)]


def test_an_alert_is_pending_then_fires_then_is_over_and_begins_anew(rules):
    samples = Samples(keep=600)
    told = [look(rules, samples, time, load)
            for time, load in ((0, 1), (5, 4), (10, 4), (15, 4), (20, 1), (25, 4))]  # fmt: skip
    assert [[alert.state for alert in found] for found in told] == [
        [], ["pending"], ["pending"], ["firing"], [], ["pending"],
    ]  # fmt: skip
    assert told[3][0].since == 5 and told[5][0].since == 25


def test_an_alert_says_its_labels_and_value_in_words(rules):
    (alert,) = look(rules, Samples(keep=600), 0, 4)
    assert alert.summary == "s at 400%" and alert.description == "4, 0h 0m 4s, ."
    assert alert.severity == "page" and alert.runbook == "somewhere#loaded"


def test_alerts_are_figures_too(rules):
    samples = Samples(keep=600)
    look(rules, samples, 0, 4)
    (labels,) = dict(samples.at("ALERTS", lambda labels: True, 0))
    assert labels == labels_of(
        __name__="ALERTS", alertname="Loaded", alertstate="pending", job="s", severity="page"
    )


def test_the_rules_of_the_chart_can_all_be_evaluated():
    rules, samples = read_rules(FILES / "rules.yaml"), Samples(keep=600)
    assert sum(rule.alerts for rule in rules) > 25
    assert {alert.name for alert in look(rules, samples, 0, 1)} == {"SentimentServiceAbsent"}


@pytest.mark.parametrize("text", ["groups: 3", "- a", "groups: [{rules: [{alert: A}]}]", "{"])
def test_a_file_without_rules_is_refused_in_one_line(tmp_path, text):
    (tmp_path / "rules.yaml").write_text(text)
    with pytest.raises(InputError, match="cannot be read as rules"):
        read_rules(tmp_path / "rules.yaml")

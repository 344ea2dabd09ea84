"""The chart sentiment-monitoring: its dashboards, rules and runbooks fit together."""

import json
import re

import pytest
import yaml

from charts.dashboards import BOARDS
from charts.grafana import rendered
from sentiment_pipelines.environments import ROOT

CHART = ROOT / "charts" / "sentiment-monitoring"
FILES = CHART / "files"
GROUPS = yaml.safe_load((FILES / "rules.yaml").read_text())["groups"]
ALERTS = {rule["alert"]: rule for group in GROUPS for rule in group["rules"] if "alert" in rule}


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_the_committed_dashboard_is_what_its_description_makes(board):
    path = FILES / "dashboards" / f"{board.name}.json"
    assert path.read_text() == rendered(board), "run `make grafana`"


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_the_panels_of_a_dashboard_have_titles_of_their_own_and_fill_its_rows(board):
    for title, figures in board.rows:
        assert sum(figure.width for figure in figures) % 12 == 0, title
    titles = [figure.title for _, figures in board.rows for figure in figures]
    assert len(titles) == len(set(titles))
    panels = json.loads(rendered(board))["panels"]
    places = [(it["gridPos"]["x"], it["gridPos"]["y"]) for it in panels]
    assert len(places) == len(set(places))


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_how_grave_it_is_what_it_means_and_what_to_do(name):
    alert = ALERTS[name]
    assert alert["labels"]["severity"] in ("page", "ticket")
    assert alert["annotations"].keys() == {"summary", "description", "runbook_url"}
    path, _, anchor = alert["annotations"]["runbook_url"].partition("#")
    headings = re.findall(r"^### (.+)$", (ROOT / path).read_text(), re.MULTILINE)
    assert anchor in {heading.lower() for heading in headings}


def test_every_alert_is_proved_to_fire():
    proved = "".join(path.read_text() for path in (CHART / "tests").glob("*.yaml"))
    assert [name for name in ALERTS if f'alertname="{name}"' not in proved] == []


def test_every_objective_and_limit_can_be_set_in_the_chart_and_no_other():
    (group,) = (group for group in GROUPS if group["name"] == "sentiment-objectives")
    schema = json.loads((CHART / "values.schema.json").read_text())["properties"]
    settable = {(kind, name) for kind in ("objectives", "limits")
                for name in schema[kind]["properties"]}  # fmt: skip
    recorded = {tuple(rule["record"].split(":")[1:]) for rule in group["rules"]}
    assert {(f"{kind}s", name) for kind, name in recorded} == settable


def test_the_values_fit_their_schema_by_name():
    schema = json.loads((CHART / "values.schema.json").read_text())["properties"]
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert values.keys() == schema.keys() - {"global"}
    for name, part in schema.items():
        if "properties" in part and values.get(name):
            assert values[name].keys() <= part["properties"].keys()

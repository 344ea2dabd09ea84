"""Every documented set of values: clean, valid, allowed, and of one piece."""

import json
import re
import shlex
import subprocess
import tomllib

import pytest
import yaml

from charts.checks.consistency import complaints, pods
from charts.checks.pod_security import violations
from charts.checks.rendering import CHARTS, NAMESPACE, Values, charts, documented, lint, objects
from charts.checks.tools import ROOT, program

README = (CHARTS / "README.md").read_text()
PAGES = (ROOT / "README.md", CHARTS / "README.md", ROOT / "docs" / "kubernetes.md")
INSTALL = re.compile(r"^(?:\$ )?helm install (.*)$", re.MULTILINE)


def test_lint(values):
    lint(values)


def test_kubernetes(values, versions, schema_errors):
    assert [line for version in versions for line in schema_errors[version, values]] == []


def test_pod_security(values):
    found = [(name, pod) for it in objects(values) for name, pod in pods(it)]
    assert {name: violations(pod) for name, pod in found if violations(pod)} == {}


def test_consistency(values):
    given = set(_texts(_given(values)))
    namespaces = {NAMESPACE, *re.findall(r"namespace: (\S+)", str(yaml.safe_dump(_given(values))))}
    assert complaints(objects(values), given, namespaces) == []


def _installed(page):
    """What the commands of a page install: release, chart and options of helm."""
    text = page.read_text().replace("\\\n", " ")
    for command in INSTALL.findall(text):
        release, chart, *options = shlex.split(command, comments=True)
        options = [it.replace("sha256:...", "sha256:" + "0" * 64) for it in options]
        yield release, chart, [it for it in options if it != "--wait"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_documented_command_that_installs_is_one_that_helm_takes(page):
    for release, chart, options in _installed(page):
        command = [program("helm"), "template", release, chart, *options]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{chart}: {done.stderr}"


def test_commands_that_install_are_found():
    assert [chart for _, chart, _ in _installed(CHARTS / "README.md")][:2] == [
        "charts/sentiment-mlflow", "charts/sentiment-serving",
    ]  # fmt: skip


def test_the_schemas_are_those_of_the_three_newest_minor_versions(versions):
    assert versions == ["1.35", "1.36", "1.37"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("replica",), 2),
        (("replicas",), "two"),
        (("selector",), None),
        (("template", "spec", "containers", 0, "livenessProbe", "httpGet", "prot"), 1),
    ],
    ids=["unknown field", "wrong type", "missing field", "unknown field far below"],
)
def test_the_schemas_find_a_planted_fault(path, value, kubernetes_validate, versions, tmp_path):
    found = objects(Values("sentiment-mlflow", "defaults"))
    (deployment,) = [it for it in found if it["kind"] == "Deployment"]
    at = deployment["spec"]
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    if value is None:
        del at[path[-1]]
    (tmp_path / "planted.yaml").write_text(yaml.safe_dump(deployment))
    command = [kubernetes_validate, "--strict", "-k", versions[-1], tmp_path / "planted.yaml"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1


def test_every_chart_has_documented_values():
    assert {values.chart for values in documented() if values.name != "defaults"} == set(charts())


def test_every_set_of_values_is_told_of_and_no_other():
    files = {
        path.relative_to(CHARTS).as_posix()
        for it in documented()
        for path in it.files
        if path.is_relative_to(CHARTS)
    }
    told = set(re.findall(r"\((sentiment-\w+/ci/[\w-]+\.yaml)\)", README))
    assert told == files


@pytest.mark.parametrize("chart", charts())
def test_the_values_fit_their_schema_by_name_and_each_has_a_use(chart):
    schema = json.loads((CHARTS / chart / "values.schema.json").read_text())["properties"]
    values = yaml.safe_load((CHARTS / chart / "values.yaml").read_text())
    assert values.keys() == schema.keys() - {"global"}
    templates = "".join(path.read_text() for path in (CHARTS / chart / "templates").rglob("*.*"))
    for name, part in values.items():
        assert f".Values.{name}" in templates, name
        known = schema[name].get("properties", {})
        if known and part:
            assert part.keys() == known.keys(), name


def test_the_charts_deploy_the_versions_of_this_repository():
    for chart, room in (("sentiment-serving", "serving"), ("sentiment-retraining", "pipelines")):
        about = yaml.safe_load((CHARTS / chart / "Chart.yaml").read_text())
        project = tomllib.loads((ROOT / room / "pyproject.toml").read_text())["project"]
        assert about["appVersion"] == project["version"], f"set appVersion of {chart}"


def _given(values):
    """The values of a set, the chart's own below those of its files."""
    text = (CHARTS / values.chart / "values.yaml").read_text()
    merged = [yaml.safe_load(text), *(yaml.safe_load(path.read_text()) for path in values.files)]
    return [*merged, *(setting.partition("=")[2] for setting in values.settings)]


def _texts(part):
    if isinstance(part, dict):
        for inner in part.values():
            yield from _texts(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _texts(inner)
    elif isinstance(part, str) and part:
        yield part

"""Renders every documented set of values once, and prints a table of what was found."""

import subprocess
from collections import defaultdict

import pytest
import yaml

from charts.checks import rendering
from charts.checks.consistency import pods
from sentiment_pipelines.environments import rooms, sync

SETS = list(rendering.documented())
UNDESCRIBED = {"AlertmanagerConfig", "PrometheusRule", "ServiceMonitor"}
"""Kinds of the Prometheus operator, which Kubernetes itself has no schema of."""


def pytest_generate_tests(metafunc):
    marks = [it.args[0] for it in metafunc.definition.iter_markers("parametrize")]
    if "values" in metafunc.fixturenames and "values" not in marks:
        metafunc.parametrize("values", SETS, ids=str, scope="session")


@pytest.fixture(scope="session")
def kubernetes_validate():
    """The program, in the environment of its own lock."""
    room = rooms()["charts"]
    sync(room)
    return room.environment / "bin" / "kubernetes-validate"


@pytest.fixture(scope="session")
def versions(kubernetes_validate):
    """The three newest minor versions of Kubernetes that it knows."""
    code = "from kubernetes_validate.utils import all_versions; print(*all_versions())"
    python = kubernetes_validate.with_name("python")
    found = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    minors = dict.fromkeys(it.rpartition(".")[0] for it in found.stdout.split())
    return list(minors)[-3:]


@pytest.fixture(scope="session")
def schema_errors(kubernetes_validate, versions, tmp_path_factory):
    """What the schemas of a version say of a set: all sets are looked at in one go a version."""
    folder = tmp_path_factory.mktemp("rendered")
    for values in SETS:
        kept = [it for it in _objects(values) if it["kind"] not in UNDESCRIBED]
        (folder / f"{values}.yaml").write_text(yaml.safe_dump_all(kept))
    files = sorted(folder.glob("*.yaml"))
    running = {
        version: subprocess.Popen(
            [kubernetes_validate, "-k", version, "--strict", *files],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        for version in versions
    }  # fmt: skip
    said = defaultdict(list)
    for version, process in running.items():
        lines = process.communicate(timeout=300)[0].splitlines()
        assert sum(line.startswith("INFO") for line in lines) > len(SETS), lines[-5:]
        for line in lines:
            if not line.startswith("INFO"):
                (values,) = [it for it in SETS if f"/{it}.yaml" in line] or [line]
                said[version, values].append(line.rpartition("/")[2])
    return said


def pytest_terminal_summary(terminalreporter):
    failed = {report.nodeid for report in terminalreporter.stats.get("failed", ())}
    ran = [*terminalreporter.stats.get("passed", ()), *terminalreporter.stats.get("failed", ())]
    seen = {report.nodeid for report in ran if report.when == "call"}
    columns = ("lint", "kubernetes", "pod_security", "consistency")
    nodes = {column: f"test_documented_values.py::test_{column}" for column in columns}
    if not any(node in it for node in nodes.values() for it in seen):
        return
    heading = ("chart", "values", "objects", "pods", *columns)
    terminalreporter.write_line("\n| " + " | ".join(heading) + " |")
    terminalreporter.write_line("|---" * len(heading) + "|")
    for values in SETS:
        found = _objects(values)
        counted = sum(1 for it in found for _ in pods(it))
        marks = [_mark(f"{nodes[it]}[{values}]", seen, failed) for it in columns]
        cells = [values.chart, values.name, str(len(found)), str(counted), *marks]
        terminalreporter.write_line("| " + " | ".join(cells) + " |")


def _objects(values):
    """What is rendered; nothing if helm refuses, which other tests tell."""
    try:
        return rendering.objects(values)
    except rendering.RefusedError:
        return []


def _mark(node, seen, failed):
    if any(it.endswith(node) for it in failed):
        return "FAILED"
    return "ok" if any(it.endswith(node) for it in seen) else "-"

"""Prometheus' and Alertmanager's own tools on the chart's files."""

import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
import yaml

from tests.system.monitoring import FILES

CASES = sorted((FILES.parent / "tests").glob("*.yaml"))


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_prometheus_reads_the_rules(monitoring_tools):
    assert "rules found" in run("promtool", "check", "rules", FILES / "rules.yaml")


def test_alerts_fire_when_they_should_and_are_silent_when_they_should_not(monitoring_tools):
    with ThreadPoolExecutor() as pool:  # promtool takes one file after the other, on one core
        told = list(pool.map(lambda case: run("promtool", "test", "rules", case), CASES))
    assert len(told) > 2 and all("SUCCESS" in each for each in told)


def test_a_wrong_expectation_fails(monitoring_tools, tmp_path):
    case = {
        "rule_files": [str(FILES / "rules.yaml")],
        "tests": [{
            "input_series": [{"series": "sentiment_in_flight", "values": "0x5"}],
            "promql_expr_test": [
                {"expr": "sentiment_in_flight", "eval_time": "1m", "exp_samples": []}
            ],
        }],
    }  # fmt: skip
    (tmp_path / "case.yaml").write_text(yaml.safe_dump(case))
    with pytest.raises(AssertionError, match="FAILED"):
        run("promtool", "test", "rules", tmp_path / "case.yaml")


def test_alertmanager_reads_the_routes(monitoring_tools):
    file = FILES / "alertmanager.yaml"
    run("amtool", "check-config", file)
    tree = ["amtool", "config", "routes", "test", f"--config.file={file}"]
    assert run(*tree, "severity=page").split() == ["pager"]
    assert run(*tree, "severity=ticket").split() == ["tickets"]
    assert run(*tree, "severity=ticket", "retrain=true").split() == ["retraining,tickets"]

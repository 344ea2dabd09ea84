"""The reports of a real run, opened in a browser."""

import os
import re
import subprocess

import pytest

from sentiment_pipelines.environments import ROOT, rooms

PIPELINES = rooms()["pipelines"].environment / "bin" / "sentiment-pipelines"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a run on a team's own file."""
    var = tmp_path_factory.mktemp("var")
    settings = [f"source={ROOT / 'tests/data/feedback.csv'}", "text_column=review"]
    settings += ["rating_column=stars", "epochs=1"]
    command = [str(PIPELINES), "run", *(word for item in settings for word in ("--set", item))]
    subprocess.run(command, env={**os.environ, "SENTIMENT_VAR": str(var)}, check=True)
    return var / "runs" / "latest"


@pytest.fixture(scope="module")
def rendered(chromium, run, tmp_path_factory):
    """Renders a page and returns its document and the browser's complaints."""

    def rendered(name):
        done = subprocess.run(
            [
                chromium, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
                "--disable-background-networking", "--virtual-time-budget=2000", "--dump-dom",
                f"--user-data-dir={tmp_path_factory.mktemp('browser')}", (run / name).as_uri(),
            ],
            capture_output=True, text=True, check=True, timeout=120,
        )  # fmt: skip
        return done.stdout, [line for line in done.stderr.split("\n") if "CONSOLE" in line]

    return rendered


@pytest.mark.parametrize(
    ("name", "charts"), [("data-report.html", 2), ("evaluation-report.html", 8)]
)
def test_a_report_draws_its_charts_and_the_browser_has_no_complaint(rendered, name, charts):
    document, complaints = rendered(name)
    assert complaints == []
    assert document.count("<svg") >= charts
    assert len(re.findall("<table", document)) >= 2


@pytest.mark.parametrize("name", ["data-report.html", "evaluation-report.html"])
def test_a_report_needs_nothing_from_outside(run, name):
    loaded = re.findall(r"(?:src|href)=[\"'](?!#)([^\"']+)", (run / name).read_text())
    assert [address for address in loaded if not address.startswith("data:")] == []

"""Tools that these tests need from the system's packages."""

import os
import shutil

import pytest


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser; where it is missing CI fails by name, elsewhere the test is not run."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if not found:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("chromium is not installed")
    return found


@pytest.fixture(scope="session")
def monitoring_tools() -> None:
    """Sees to Prometheus, its promtool and Alertmanager, as `chromium` does to the browser."""
    for name in ("prometheus", "promtool", "prometheus-alertmanager"):
        if not shutil.which(name):
            (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{name} is not installed")

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

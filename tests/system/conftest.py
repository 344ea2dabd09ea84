"""Tools that these tests need from the system's packages."""

import os
import shutil

import pytest

from sentiment_common.errors import InputError
from sentiment_pipelines import images
from sentiment_pipelines.backends import engine


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


@pytest.fixture(scope="session")
def client():
    """A daemon; where there is none CI fails by name, elsewhere nothing is run."""
    try:
        images.docker.connect()
        return engine.connect()
    except InputError as error:
        return (pytest.fail if os.environ.get("CI") else pytest.skip)(str(error))


@pytest.fixture(scope="session")
def base(client):
    """The base of all images: a system with a shell and a Python."""
    found = images.docker.connect()
    try:
        return images.base.fetch(found).name
    except InputError:
        return images.base.make(found, print).name


@pytest.fixture(scope="session")
def docker():
    """A docker that builds, with the base; where it is missing CI fails by name."""
    try:
        found = images.docker.connect()
        images.base.find(found)
    except InputError as error:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(str(error))
    return found

"""The images as they ship, built for what lies here now."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from sentiment_common.errors import InputError
from sentiment_pipelines import images
from sentiment_pipelines.environments import rooms

SOCKET = Path("/var/run/docker.sock")
NOBODY = 12_345
"""A user that no image has heard of."""


@pytest.fixture(scope="session")
def docker() -> Path:
    """The docker command; where there is none CI fails by name, elsewhere nothing is run."""
    try:
        return images.docker.client()
    except InputError as error:
        return (pytest.fail if os.environ.get("CI") else pytest.skip)(str(error))


@pytest.fixture(scope="session")
def image(docker: Path) -> Callable[[str], str]:
    """Returns the name of a room's image, which is built if it is not there."""

    def named(room: str) -> str:
        (made,) = images.build([rooms()[room]], Console(stderr=True))
        return str(made.image.reference)

    return named


@pytest.fixture(scope="session")
def user() -> dict[str, object]:
    """How to start a process as a user without a name; as ourselves if we are not root."""
    if os.geteuid():
        return {}
    groups = [SOCKET.stat().st_gid] if stat.S_ISSOCK(SOCKET.stat().st_mode) else []
    return {"user": NOBODY, "group": NOBODY, "extra_groups": groups}

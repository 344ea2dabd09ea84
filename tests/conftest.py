"""What the tests of the whole house share."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def feedback() -> Path:
    """A team's own file: reviews with one to five stars."""
    return ROOT / "tests" / "data" / "feedback.csv"

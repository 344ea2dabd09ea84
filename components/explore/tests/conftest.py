import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))
import planted

from sentiment_explore import exploration, reading
from sentiment_explore.settings import Settings


def explored(folder, columns=(), **settings):
    """Explores an examples artifact."""
    return exploration.explore(
        reading.read_rows(folder),
        reading.read_summary(folder),
        reading.read_dropped(folder, 20),
        columns,
        Settings(**settings),
    )


@pytest.fixture
def rows_of(tmp_path):
    """Writes examples and reads them as rows."""
    return lambda examples: reading.read_rows(planted.write(tmp_path / "examples", examples))


@pytest.fixture
def explore(tmp_path):
    """Writes examples and explores them."""
    return lambda examples, dropped="", **more: explored(
        planted.write(tmp_path / "examples", examples, dropped, **more)
    )


@pytest.fixture(scope="session")
def sound(tmp_path_factory):
    """The exploration of feedback without a planted fault."""
    folder = tmp_path_factory.mktemp("sound") / "examples"
    return explored(planted.write(folder, planted.sound(1200)))

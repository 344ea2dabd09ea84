from functools import partial

import pytest

from sentiment_sources.content import Content


@pytest.fixture
def write(tmp_path):
    """Writes a file of bytes or text, and returns its content as a place gives it."""

    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return Content(name, str(path), partial(path.open, "rb"), path)

    return write

import threading
from collections import namedtuple
from functools import partial
from http.server import ThreadingHTTPServer

import pytest

from sentiment_sources.content import Content
from sentiment_sources.formats import records

Found = namedtuple("Found", "kept dropped told")


@pytest.fixture
def write(tmp_path):
    """Writes a file of bytes or text, and returns its content as a place gives it."""

    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return Content(name, str(path), partial(path.open, "rb"), path)

    return write


@pytest.fixture
def read(write):
    """Reads a file of the given bytes or text.

    Returns rows that are kept as (row, value of each wanted column), dropped ones as (row, problem,
    detail), and what was told. The first column is the text, others have their name for a role.
    """

    def read(name, content, *columns, **pins):
        roles = {column if n else "text": column for n, column in enumerate(columns or ["text"])}
        told, kept, dropped = [], [], []
        for record in records(write(name, content), roles, pins, told.append):
            if record.problem:
                dropped.append((record.row, record.problem, record.detail))
            else:
                kept.append((record.row, *(record.values[role] for role in roles)))
        return Found(kept, dropped, told)

    return read


@pytest.fixture
def serve():
    """Starts a web server with a handler's class on a free port, and returns its address."""
    servers = []

    def serve(handler):
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()

"""Serves the page and the figures to a browser on this machine."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from sentiment_pipelines import local_page
from sentiment_pipelines.local_page import Server

State = Callable[[], dict[str, Any]]


class Handler(local_page.Handler):
    """Answers for the page's files and, at ``/state.json``, with what it shows."""

    def __init__(self, state: State, port: int, *given: Any) -> None:
        self._state = state
        super().__init__("sentiment_pipelines.dashboard", port, *given)

    def show(self, path: str) -> None:
        """Answers with the figures or a file."""
        if path == "/state.json":
            self.send_json(self._state())
        else:
            super().show(path)


def serve(state: State, port: int) -> Server:
    """Returns a server that listens, and answers from a thread of its own.

    Raises:
        InputError: Something else listens there.
    """
    server = local_page.listen(partial(Handler, state, port), port)
    threading.Thread(target=server.serve_forever, name="dashboard", daemon=True).start()
    return server

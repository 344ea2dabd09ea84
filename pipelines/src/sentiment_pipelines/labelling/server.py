"""Serves the page on which people label texts, to a browser on this machine."""

import json
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from sentiment_common.errors import InputError
from sentiment_pipelines import local_page
from sentiment_pipelines.labelling.desk import Desk
from sentiment_pipelines.local_page import Server

STEPS: dict[str, tuple[Callable[..., None], tuple[str, ...]]] = {
    "/label": (Desk.label, ("by", "id", "label")),
    "/skip": (Desk.skip, ("by", "id")),
    "/undo": (Desk.undo, ("by",)),
}
"""What a page may do, and what it has to say for it."""
MOST_BYTES = 4_096
"""Of what a page says: a name, an id and a label."""


class Handler(local_page.Handler):
    """Answers for the page's files, with the next text, and takes labels."""

    def __init__(self, desk: Desk, port: int, *given: Any) -> None:
        self._desk = desk
        super().__init__("sentiment_pipelines.labelling", port, *given)

    def do_POST(self) -> None:  # noqa: N802 (the server's name for it)
        """Takes a label, a skip or an undo, and answers with the next text."""
        if self.path in STEPS:
            self.guarded(lambda: self._answer(self._take))
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def show(self, path: str) -> None:
        """Answers with a file of the page, or at ``/next.json`` with a labeller's next text."""
        if path != "/next.json":
            super().show(path)
            return
        by = parse_qs(self.path.partition("?")[2]).get("by", [""])[0]
        self._answer(lambda: by)

    def _answer(self, step: Callable[[], str]) -> None:
        """Answers with the next text of the labeller that a step returns, or what is wrong."""
        try:
            found = self._desk.state(step())
        except InputError as error:
            self.send_json({"error": str(error)}, HTTPStatus.BAD_REQUEST)
        except (ConnectionError, TimeoutError):
            raise  # the page is gone
        except OSError as error:
            reason = f"the labels cannot be kept ({error.strerror})"
            self.send_json({"error": reason}, HTTPStatus.INTERNAL_SERVER_ERROR)
        else:
            self.send_json(found)

    def _take(self) -> str:
        said, (step, needed) = self._said(), STEPS[self.path]
        if missing := {*needed} - said.keys():
            raise InputError(f"{min(missing)!r} is missing", mend="load the page again")
        step(self._desk, *(said[name] for name in needed))
        return said["by"]

    def _said(self) -> dict[str, str]:
        """Returns what the page says.

        Raises:
            InputError: It is not of the page.
        """
        length = self.headers.get("Content-Length", "")
        # A form of another site cannot say that it is JSON.
        if self.headers.get("Content-Type") != "application/json" or not length.isdecimal():
            raise InputError("this is not from the page", mend="load it again")
        if len(length) > len(str(MOST_BYTES)) or int(length) > MOST_BYTES:
            raise InputError(f"more than {MOST_BYTES:,} bytes")
        try:
            said = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError) as error:
            raise InputError(f"no JSON ({error})") from error
        if not isinstance(said, dict) or not all(isinstance(it, str) for it in said.values()):
            raise InputError("no object of texts", mend="load the page again")
        return said


def listen(desk: Desk, port: int) -> Server:
    """Returns a server that listens; its ``serve_forever`` answers.

    Raises:
        InputError: Something else listens there.
    """
    return local_page.listen(partial(Handler, desk, port), port)

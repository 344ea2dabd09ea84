"""MLflow's public REST API 2.0 by the standard library: addresses, who is writing, patience."""

import base64
import http.client
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sentiment_common.errors import InputError

SECONDS_PER_REQUEST = 10.0
PAUSES = (0.5, 2.0)
"""Seconds before a request is sent for the second and the third time."""
BUSY, BROKEN = (429, 503), (500, 502, 504)
"""Answers of a server that did nothing yet, and of one of which nobody knows what it did."""


class ServerError(Exception):
    """The server did not answer, or not as MLflow does.

    Attributes:
        code: MLflow's name of the error, e.g. ``RESOURCE_DOES_NOT_EXIST``; empty if it gave none.
    """

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: urllib would take the password along to wherever it leads."""

    def redirect_request(self, *_: Any) -> None:
        """Takes a redirect for the error it is."""


@dataclass(frozen=True)
class Server:
    """An MLflow server.

    Attributes:
        address: ``http`` or ``https``, host, port, and the path that MLflow lies under, if any.
        authorization: The header that says who is writing; empty for none.
        until: When to give up, by ``time.monotonic``.
    """

    address: str
    authorization: str = field(default="", repr=False)
    until: float = float("inf")

    @classmethod
    def of(cls, address: str, where: str, environment: Mapping[str, str]) -> "Server":
        """Returns the server at an address, with MLflow's own variables for user or token.

        Args:
            address: Its address.
            where: Where the address was given, for the error's line.
            environment: ``MLFLOW_TRACKING_USERNAME`` and ``_PASSWORD``, or ``_TOKEN``, if any.

        Raises:
            InputError: It is no address of a server, or has a password in it.
        """
        try:
            parts = urllib.parse.urlsplit(address)
            host, _ = (parts.hostname or "").encode("idna"), parts.port
        except ValueError as error:
            raise InputError(f"no address ({error})", where=where) from error
        if parts.username is not None:
            raise InputError(
                "there is a user in the address, which ends up in logs", where=where,
                mend="use MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD",
            )  # fmt: skip
        if parts.scheme not in ("http", "https") or not host:
            raise InputError(
                f"{address!r} is no http or https address of an MLflow server", where=where
            )
        return cls(address.rstrip("/"), _authorization(environment))

    def get(self, path: str, query: Mapping[str, str], *wanted: str) -> Any:
        """Asks for something; returns the part of the answer that lies under the wanted names.

        Raises:
            ServerError: There is no such answer.
        """
        return self._answer(f"mlflow/{path}?{urllib.parse.urlencode(query)}", None, wanted)

    def post(
        self, path: str, body: Mapping[str, Any], *wanted: str, repeatable: bool = True
    ) -> Any:
        """Sends something; returns the part of the answer that lies under the wanted names.

        Args:
            path: Below ``/api/2.0/mlflow/``.
            body: Sent as JSON.
            wanted: Names, the outermost first.
            repeatable: Whether it does no harm if the server gets it twice.

        Raises:
            ServerError: There is no such answer.
        """
        return self._answer(f"mlflow/{path}", body, wanted, repeatable=repeatable)

    def content(self, path: str) -> bytes:
        """Returns what lies at a path below ``/api/2.0/``, quoted and with its query, if any.

        Raises:
            ServerError: The server did not give it.
        """
        return self._send("GET", path, None, "application/json", True)

    def put(self, path: str, content: bytes) -> None:
        """Sends a file to a path below ``/api/2.0/``.

        Raises:
            ServerError: The server did not take it.
        """
        self._send("PUT", urllib.parse.quote(path), content, "application/octet-stream", True)

    def _answer(
        self,
        path: str,
        body: Mapping[str, Any] | None,
        wanted: tuple[str, ...],
        *,
        repeatable: bool = True,
    ) -> Any:
        content = None if body is None else json.dumps(body).encode()
        method = "GET" if content is None else "POST"
        text = self._send(method, path, content, "application/json", repeatable)
        try:
            answer = json.loads(text)
            for name in wanted:
                answer = answer[name]
        except (ValueError, KeyError, TypeError) as error:
            raise ServerError(f"{self.address} does not answer as MLflow does") from error
        return answer

    def _send(
        self, method: str, path: str, content: bytes | None, kind: str, repeatable: bool
    ) -> bytes:
        headers = {"Content-Type": kind}
        if self.authorization:
            headers["Authorization"] = self.authorization
        request = urllib.request.Request(  # noqa: S310 (the scheme has been checked)
            f"{self.address}/api/2.0/{path}", content, headers, method=method
        )
        opener, pauses = urllib.request.build_opener(_NoRedirects), iter(PAUSES)
        while True:
            left = min(SECONDS_PER_REQUEST, self.until - time.monotonic())
            if left <= 0:
                raise ServerError(f"{self.address} takes too long")
            try:
                with opener.open(request, timeout=left) as answer:
                    body: bytes = answer.read()
                    return body
            except (OSError, http.client.HTTPException) as error:
                pause = next(pauses, None)
                if pause is None or not _worth_repeating(error, repeatable):
                    raise self._failure(error) from error
            time.sleep(max(0.0, min(pause, self.until - time.monotonic())))

    def _failure(self, error: Exception) -> ServerError:
        if not isinstance(error, urllib.error.HTTPError):
            why = getattr(error, "reason", error)
            return ServerError(f"{self.address} does not answer: {why or type(error).__name__}")
        try:
            told = json.loads(error.read())
            code, message = str(told["error_code"]), str(told["message"])
        except (ValueError, KeyError, TypeError):
            code, message = "", error.reason
        return ServerError(f"{self.address} answers {error.code}: {message[:200]}", code)


def _worth_repeating(error: Exception, repeatable: bool) -> bool:
    if isinstance(error, urllib.error.HTTPError):
        return error.code in BUSY or (repeatable and error.code in BROKEN)
    return repeatable or isinstance(getattr(error, "reason", error), ConnectionRefusedError)


def _authorization(environment: Mapping[str, str]) -> str:
    user = environment.get("MLFLOW_TRACKING_USERNAME")
    password = environment.get("MLFLOW_TRACKING_PASSWORD")
    if user and password:
        return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    token = environment.get("MLFLOW_TRACKING_TOKEN")
    return f"Bearer {token}" if token else ""

"""What can go wrong between here and Kubeflow Pipelines' API: one line each, with the remedy."""

import contextlib
import json
from collections.abc import Iterator

import urllib3.exceptions
from kfp_server_api.exceptions import ApiException

from sentiment_common.errors import InputError
from sentiment_pipelines.backends.kubeflow.types import Connection

LONGEST = 300
"""Of a server's own words; some answer with a page."""
KIND = "kind"


class UnreachableError(InputError):
    """The API cannot be reached, or fails: it may answer again later."""


class ConflictError(InputError):
    """There is one of that name already."""


class MissingError(InputError):
    """There is none such."""


@contextlib.contextmanager
def explained(connection: Connection) -> Iterator[None]:
    """Turns what the API's client raises into the line that a person reads.

    Raises:
        UnreachableError: It cannot be reached, hangs, or fails.
        ConflictError: There is one of that name already.
        MissingError: There is none such.
        InputError: It does not let us in, or refuses what we ask.
    """
    try:
        yield
    except ApiException as error:
        raise _of_answer(error, connection) from error
    except urllib3.exceptions.HTTPError as error:
        raise _of_network(error, connection) from error


def passing(error: Exception) -> bool:
    """Tells whether the same call may work a moment later: the server failed, or is too busy."""
    return isinstance(error, ApiException) and (error.status >= 500 or error.status == 429)


def _of_network(error: urllib3.exceptions.HTTPError, connection: Connection) -> InputError:
    if isinstance(error, urllib3.exceptions.SSLError):
        return _untrusted(str(error), connection)
    what = f"Kubeflow Pipelines does not answer ({_reason(error)})"
    return UnreachableError(what, where=connection.api, mend=_start(connection))


def _reason(error: urllib3.exceptions.HTTPError) -> str:
    if isinstance(error, urllib3.exceptions.NameResolutionError):
        return "no such host"
    if isinstance(error, urllib3.exceptions.NewConnectionError):
        return "connection refused" if "refused" in str(error) else "cannot connect"
    if isinstance(error, urllib3.exceptions.TimeoutError):
        return "it hangs"
    return "connection lost"


def _start(connection: Connection) -> str:
    if connection.environment == KIND:
        return "`make kind-status` says what is up, `make kind-up` starts it"
    return f"check the network, and api in {connection.where}"


def _untrusted(reason: str, connection: Connection) -> InputError:
    return InputError(
        f"its certificate is not trusted ({' '.join(reason.split())[:LONGEST]})",
        where=connection.api, mend=f"name the file of its authority: ca in {connection.where}",
    )  # fmt: skip


def _of_answer(error: ApiException, connection: Connection) -> InputError:
    said = message(error)
    if not error.status:
        return _untrusted(said, connection)
    if passing(error):
        return UnreachableError(
            f"Kubeflow Pipelines fails ({error.status}: {said})", where=connection.api,
            mend=f"look at `kubectl --namespace {connection.namespace} logs deploy/ml-pipeline`",
        )  # fmt: skip
    kind, what, mend = _refusal(error.status, said, connection)
    return kind(what, where=connection.api, mend=mend)


def _refusal(
    status: int, said: str, connection: Connection
) -> tuple[type[InputError], str, str]:  # fmt: skip
    """Returns the kind of error behind an answer, what is wrong, and how to mend it."""
    known = bool(connection.token or connection.token_file)
    token = "the token has expired or is not known" if known else "it wants a token"
    refusals: dict[int, tuple[type[InputError], str, str]] = {
        401: (InputError, f"{token} (401)", _token(connection)),
        403: (
            InputError, f"it does not allow this (403: {said})",
            "ask its administrator for a role in the namespace, e.g. kubeflow-edit",
        ),
        404: (MissingError, f"there is no such thing (404: {said})", ""),
        409: (ConflictError, f"there is one already (409: {said})", ""),
    }  # fmt: skip
    if 300 <= status < 400:
        return InputError, f"it asks to log in ({status})", _token(connection)
    return refusals.get(status, (InputError, f"it refuses the request ({status}: {said})", ""))


def _token(connection: Connection) -> str:
    if connection.token_file:
        return f"renew {connection.token_file}"
    if connection.token:
        return f"renew it and export {connection.token}"
    return f"name the variable that holds one: token in {connection.where}"


def message(error: ApiException) -> str:
    """Returns what the server says, in a line: its own words out of its JSON, or the reason."""
    text = error.body or error.reason or ""
    with contextlib.suppress(ValueError, AttributeError):
        content = json.loads(text)
        text = content.get("message") or content.get("error") or text
    return " ".join(str(text).split())[:LONGEST]

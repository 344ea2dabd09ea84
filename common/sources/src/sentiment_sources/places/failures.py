"""What can go wrong between here and a store, in one line each.

Each client has exceptions of its own, which are told apart by the status of the answer they carry
and by the package they come from: importing all clients to name their classes would cost seconds.
"""

import re

from sentiment_common.cli import out_of_space
from sentiment_common.errors import InputError

CLIENTS = frozenset(
    """aiobotocore aiohttp botocore fsspec gcsfs google httpcore httpx huggingface_hub requests
    s3fs urllib3 yarl""".split()
)
"""Packages whose exceptions are about the outside."""
NO_CREDENTIALS = frozenset(
    "DefaultCredentialsError NoCredentialsError PartialCredentialsError RefreshError".split()
)
DENIED, MISSING, TOO_MANY, TIMED_OUT = (401, 403), (404, 410), 429, (408, 504)
PARAMETERS = re.compile(r"(://[^\s?'\"]*)\?[^\s'\"]*")
"""What an address ends in, whose place alone is told."""
GIVE_CREDENTIALS = (
    "give credentials by the store's own variables (AWS_*, GOOGLE_APPLICATION_CREDENTIALS, "
    "HF_TOKEN) or by ${NAME} in a web address"
)


class CutOffError(Exception):
    """A file ended before or behind the end that was announced."""


def is_transient(error: Exception) -> bool:
    """Tells whether the same may succeed in a moment."""
    if isinstance(error, InputError) or out_of_space(error):
        return False
    code = status(error)
    if code:
        return code >= 500 or code in (TOO_MANY, *TIMED_OUT)
    return isinstance(error, CutOffError | TimeoutError | ConnectionError) or _names(error) & {
        "ClientPayloadError", "ServerDisconnectedError", "EndpointConnectionError",
        "ConnectionClosedError", "ReadTimeoutError", "ConnectTimeoutError", "HTTPClientError",
        "TransportError", "ClientConnectorError",
    } != set()  # fmt: skip


def explained(error: Exception, place: str, seconds: float) -> Exception:
    """Returns what to raise for a failed access: an InputError, or a bug as it is.

    Args:
        error: What the client raised.
        place: The file, or where it is.
        seconds: How long a server may be silent.
    """
    if isinstance(error, InputError) or out_of_space(error):
        return error
    what, mend = _explanation(error, seconds)
    return InputError(what, where=place, mend=mend) if what else error


def status(error: BaseException) -> int:
    """Returns the HTTP status an exception carries, or that of its cause; 0 if none does."""
    cause: BaseException | None = error
    # What aiohttp says of a broken answer carries a 400 that no server has sent.
    while cause is not None and type(cause).__name__ != "ClientPayloadError":
        response = getattr(cause, "response", None)
        found: object = getattr(cause, "status" if hasattr(cause, "status") else "code", None)
        if isinstance(response, dict):  # botocore
            found = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        elif response is not None:  # httpx, requests
            found = getattr(response, "status_code", None)
        if isinstance(found, int) and 400 <= found < 600:
            return found
        cause = cause.__cause__
    return 0


def _explanation(error: Exception, seconds: float) -> tuple[str, str]:
    """Returns what is wrong and how to mend it; two empty texts for a bug."""
    code, names, first = status(error), _names(error), _first_line(error)
    answer = f" (the server answers {code})" if code else ""
    rules: tuple[tuple[object, str, str], ...] = (
        (
            code in MISSING or (not code and "FileNotFoundError" in names),
            f"no such file{answer}",
            "check --source",
        ),
        (
            code in DENIED
            or names & {"PermissionError", *NO_CREDENTIALS}
            or first.startswith("Forbidden"),  # all that gcsfs says of a 403
            f"access denied{answer}",
            GIVE_CREDENTIALS,
        ),
        (code, f"the server answers {code}", "try again later"),
        (
            any("Timeout" in name for name in names),
            "no answer in time",
            f"try again, or let SENTIMENT_SOURCE_TIMEOUT be more than {seconds:g} seconds",
        ),
        (names & {"CutOffError", "ClientPayloadError"}, f"cut off ({first})", "try again"),
        (
            "FileExpired" in names,
            "changed while it was read",
            "run it again when nobody writes to it",
        ),
        (
            any("Connect" in name for name in names),
            f"cannot be reached ({first})",
            "check the address and the network",
        ),
        (
            isinstance(error, OSError | ValueError) or _is_of_client(error),
            f"cannot be had ({type(error).__name__}: {first})",
            "check the address",
        ),
    )
    return next(((what, mend) for applies, what, mend in rules if applies), ("", ""))


def _names(error: BaseException) -> set[str]:
    """Returns the names of the classes of an exception and of its causes."""
    found: set[str] = set()
    cause: BaseException | None = error
    while cause is not None:
        found |= {kind.__name__ for kind in type(cause).__mro__}
        cause = cause.__cause__
    return found


def _is_of_client(error: Exception) -> bool:
    return any(kind.__module__.partition(".")[0] in CLIENTS for kind in type(error).__mro__)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    # Where a server has sent us on to, the address is signed with a secret that nobody gave us.
    return PARAMETERS.sub(r"\1?...", lines[0])[:200] if lines else type(error).__name__

"""What an option that names sources holds: its parts, and no secrets.

``${NAME}`` in an address stands for a secret, which is put in where the address is opened. Whoever
records an option asks here, without the clients that open it, whether it may be shown.
"""

import re
from urllib.parse import parse_qsl

from sentiment_common.errors import InputError

SEPARATOR = re.compile(r"\s\|\s|\n")
"""Between the sources of an option; a name may hold a bar without spaces around it."""
NAMED = re.compile(r"(?P<name>[\w-]+)=(?P<uri>.+)", re.DOTALL)
"""A source with a name for its rows, ``NAME=URI``."""
PLACEHOLDER = re.compile(r"\$\{([^{}]*)\}")
SECRET_PARAMETER = re.compile(
    r"(^|[-_])(auth|authorization|jwt|pass|pwd|sig)"
    r"|.*(credential|passphrase|passwd|password|secret|signature|token)"
    r"|(.*(access|account|api|private|secret|shared|subscription))?[-_]?key",
    re.IGNORECASE,
)
"""Parameters of an address whose values are secrets."""


def refuse_literal(uri: str, where: str = "") -> None:
    """Checks that an address has placeholders where others have secrets.

    Args:
        uri: The address as it was given.
        where: What it was given by, for the message.

    Raises:
        InputError: It holds a password, a signature or a token. The message does not repeat it.
    """
    scheme, separator, rest = PLACEHOLDER.sub(blank, uri).partition("://")
    if not separator:
        return
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    user, at, _ = authority.rpartition("@")
    name, colon, password = user.partition(":")
    address = f"{scheme}://{authority.rpartition('@')[2]}"
    mend = "put ${NAME} in its place and the secret into the environment variable NAME"
    # What stands before the host of a web address is a token more often than a name.
    if at and (password.strip("*") or (_is_web(scheme) and not colon and name.strip("*"))):
        raise InputError("a secret in the address", where=where or address, mend=mend)
    _, question, behind = rest.partition("?")
    for key, value in parse_qsl(behind.partition("#")[0] if question else "", separator="&"):
        if SECRET_PARAMETER.fullmatch(key) and value.strip("*"):
            raise InputError(
                f"a secret in the address, as its parameter {key!r}",
                where=where or address,
                mend=mend,
            )


def blank(match: re.Match[str]) -> str:
    """Returns a stand-in of the same length, for placeholders hold slashes and colons."""
    return "*" * len(match[0])


def _is_web(scheme: str) -> bool:
    return scheme.lower() in ("http", "https")

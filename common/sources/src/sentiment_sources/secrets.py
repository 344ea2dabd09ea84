"""Secrets: put in where a place is opened, hidden in everything that is said of it.

``${NAME}`` in an address or a query stands for an environment variable, ``${file:/path}`` for what
a file holds, e.g. a secret that Kubernetes has mounted. Addresses with secrets in them are refused.
"""

import base64
import json
import logging
import os
import re
import traceback
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from sentiment_common.addresses import PLACEHOLDER, SECRET_PARAMETER, blank
from sentiment_common.errors import InputError

STANDARD_VARIABLES = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "HF_TOKEN", "PGPASSWORD")
"""Where the stores' own clients look for secrets; their messages could repeat them."""

SHORTEST = 4


class Secrets:
    """What has been put in so far, so that it can be hidden again.

    Attributes:
        names: What stands for each secret where it is hidden, by the secret.
    """

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self._patterns: dict[str, re.Pattern[str]] = {}
        for variable in STANDARD_VARIABLES:
            if value := os.environ.get(variable):
                self.learn(value, f"${{{variable}}}")

    def resolve(self, text: str) -> str:
        """Returns a text with its secrets put in as they are.

        Raises:
            InputError: A variable or file is missing.
        """
        return PLACEHOLDER.sub(self._value, text)

    def resolve_uri(self, uri: str) -> str:
        """Returns an address with its secrets put in.

        They are percent-encoded where the address would else end or mean something else: among user
        and password, and behind the question mark. An address may be one secret as a whole.

        Raises:
            InputError: A variable or file is missing.
        """
        authority = re.match(r"[^/?#]*://[^/?#]*@", PLACEHOLDER.sub(blank, uri))
        question = PLACEHOLDER.sub(blank, uri).find("?")

        def put(match: re.Match[str]) -> str:
            value = self._value(match)
            among_user = authority is not None and match.start() < authority.end()
            behind = 0 <= question < match.start()
            return quote(value, safe="") if among_user or behind else value

        resolved = PLACEHOLDER.sub(put, uri)
        self._learn_parts(resolved, uri)
        return resolved

    def hide(self, text: str) -> str:
        """Returns a text with the name of each secret in its place, however it is encoded."""
        for value in sorted(self._patterns, key=len, reverse=True):
            name = self.names[value].replace("\\", r"\\")
            text = self._patterns[value].sub(name, text)
        return text

    def hidden(self, error: InputError) -> InputError:
        """Returns an error that says the same without secrets."""
        return InputError(
            self.hide(error.what), where=self.hide(error.where), mend=self.hide(error.mend)
        )

    def traceback(self, error: Exception) -> str:
        """Returns the traceback of a bug without secrets; empty if it has none to hide."""
        told = "".join(traceback.format_exception(error))
        hidden = self.hide(told)
        return "" if hidden == told else hidden

    def hide_in_logs(self) -> None:
        """Hides secrets in all that is logged from now on, warnings of libraries included.

        For good: connections are closed, and may complain, long after they were used.
        """
        if self.names:
            logging.captureWarnings(True)
            # The last resort speaks where nobody has configured logging.
            for handler in (*logging.getLogger().handlers, logging.lastResort):
                if handler:
                    handler.addFilter(_Hiding(self))

    def learn(self, value: str, name: str) -> None:
        """Remembers a secret, to hide it by a name."""
        # A shorter one is no secret, and would be found in other words.
        if len(value) >= SHORTEST and value not in self.names:
            self.names[value] = name
            self._patterns[value] = re.compile("".join(map(_encoded, value)))

    def _learn_parts(self, resolved: str, uri: str) -> None:
        """Remembers password and signatures of an address that was a secret as a whole."""
        try:
            parts = urlsplit(resolved)
        except ValueError as error:
            raise InputError(f"no address ({error})", where=uri, mend="check it") from error
        if resolved == uri or "://" not in resolved:
            return
        if parts.password:
            both = f"{unquote(parts.username or '')}:{unquote(parts.password)}"
            self.learn(base64.b64encode(both.encode()).decode(), "${password}")  # as HTTP sends it
            if parts.password not in uri:
                self.learn(unquote(parts.password), "${password}")
        for name, value in parse_qsl(parts.query):
            if SECRET_PARAMETER.fullmatch(name):
                self.learn(value, f"${{{name}}}")

    def _value(self, match: re.Match[str]) -> str:
        name = match[1]
        value = _file(name.removeprefix("file:")) if name.startswith("file:") else _variable(name)
        self.learn(value, match[0])
        return value


class _Hiding(logging.Filter):
    def __init__(self, secrets: Secrets) -> None:
        super().__init__()
        self._secrets = secrets

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self._secrets.hide(_said(record)), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = self._secrets.hide(record.exc_text)
        return True


def _said(record: logging.LogRecord) -> str:
    """Returns what a record says, also where its arguments do not fit, which stops no program."""
    try:
        return record.getMessage()
    except (TypeError, ValueError):
        return f"{record.msg} {record.args}"


def _encoded(sign: str) -> str:
    """Returns a pattern of a character as it is, and as addresses and Python's repr encode it.

    Clients decode and encode addresses by rules of their own: no list of encodings is complete.
    """
    percent = "".join(f"%{byte:02X}" for byte in sign.encode("utf-8", "surrogatepass"))
    forms = {sign, percent, percent.lower(), repr(sign)[1:-1], json.dumps(sign)[1:-1]}
    forms |= {" ": {"+"}, "'": {"\\'"}}.get(sign, set())
    return f"(?:{'|'.join(map(re.escape, sorted(forms, key=len, reverse=True)))})"


def _variable(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise InputError(
            f"the environment variable {name!r} is not set",
            where=f"${{{name}}}",
            mend="set it to the secret, or take it out of the source",
        )
    return value


def _file(path: str) -> str:
    try:
        value = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise InputError(
            f"the file of a secret cannot be read ({reason})", where=path, mend="check its path"
        ) from error
    if not value:
        raise InputError("the file of a secret is empty", where=path, mend="write the secret to it")
    return value

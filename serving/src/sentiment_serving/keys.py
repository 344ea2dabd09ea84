"""API keys: who may ask, compared in constant time; a file of them may change while we serve."""

import hashlib
import hmac
import logging
import re
from collections.abc import Mapping
from pathlib import Path

from sentiment_common.errors import InputError
from sentiment_serving.settings import Settings

SHORTEST = 16
logger = logging.getLogger(__name__)


class ApiKeys:
    """The keys in force.

    Args:
        given: Keys that never change, separated by commas or space.
        file: File with one key a line, ``#`` before a comment; None for none.

    Raises:
        InputError: A key is too short to be one, or the file cannot be read or is empty.
    """

    def __init__(self, given: str = "", file: Path | None = None) -> None:
        self._given = _digests(re.split(r"[,\s]+", given), "SENTIMENT_API_KEYS")
        self._file = file
        self._read_from, self._from_file = (_version(file), _read(file)) if file else ((), ())
        self._trouble = ""

    @classmethod
    def of(cls, settings: Settings) -> "ApiKeys":
        """Returns the keys that the settings name."""
        file = Path(settings.api_keys_file) if settings.api_keys_file else None
        return cls(settings.api_keys, file)

    def __bool__(self) -> bool:
        """Whether there are keys at all; without any, none is asked for."""
        return bool(self._given or self._from_file)

    def holds(self, key: bytes) -> bool:
        """Whether a key is one of them; takes the same time for every wrong one."""
        digest = hashlib.sha256(key).digest()
        # No early end: how long it takes must not tell which key was nearly right.
        found = [hmac.compare_digest(digest, known) for known in self._given + self._from_file]
        return any(found)

    def reload(self) -> None:
        """Reads the file again if it has changed; one that cannot be read changes nothing."""
        if self._file is None:
            return
        try:
            version = _version(self._file)
            if version != self._read_from:
                self._from_file, self._read_from = _read(self._file), version
                logger.info("read %d API keys again", len(self._from_file))
            self._trouble = ""
        except InputError as error:
            self._tell(str(error))

    def _tell(self, trouble: str) -> None:
        """Logs a trouble once, however long it lasts."""
        if trouble != self._trouble:
            logger.warning("the API keys stay as they were: %s", trouble)
            self._trouble = trouble


def presented(headers: Mapping[bytes, bytes]) -> bytes:
    """Returns the key of a request, from ``Authorization: Bearer`` or ``X-API-Key``."""
    scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
    return token.strip() if scheme.lower() == b"bearer" else headers.get(b"x-api-key", b"").strip()


def _version(file: Path) -> tuple[int, ...]:
    try:
        status = file.stat()
    except OSError as error:
        raise _unreadable(file, error) from error
    return status.st_mtime_ns, status.st_size, status.st_ino


def _read(file: Path) -> tuple[bytes, ...]:
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(file, error) from error
    digests = _digests([line.partition("#")[0].strip() for line in lines], str(file))
    if not digests:
        raise InputError("no key in the file", where=str(file), mend="write one key a line")
    return digests


def _unreadable(file: Path, error: Exception) -> InputError:
    reason = getattr(error, "strerror", None) or "not UTF-8"
    return InputError(f"cannot be read ({reason})", where=str(file), mend="give a file of keys")


def _digests(keys: list[str], where: str) -> tuple[bytes, ...]:
    kept = [key for key in keys if key]
    if any(len(key) < SHORTEST for key in kept):
        raise InputError(
            f"a key has fewer than {SHORTEST} characters", where=where,
            mend="make one with: openssl rand -hex 32",
        )  # fmt: skip
    return tuple(hashlib.sha256(key.encode()).digest() for key in kept)

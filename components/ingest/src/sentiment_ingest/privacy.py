"""Takes personal data out of rows before anything of them is stored, and counts what it takes."""

import hashlib
from collections import Counter
from collections.abc import Mapping

from sentiment_common.redaction import redact, redact_counting


class Redactor:
    """Redacts the cells of rows, or leaves them as they are.

    Args:
        active: Whether to redact.
    """

    def __init__(self, *, active: bool) -> None:
        self._active = active
        self._found: Counter[str] = Counter()

    def text(self, text: str) -> str:
        """Returns a text without personal data."""
        if not self._active:
            return text
        redacted, counts = redact_counting(text)
        self._found.update(counts)
        return redacted

    def name(self, name: str) -> str:
        """Returns an id or the name of a group or source; a hash of it if it holds personal data.

        Equal names stay equal. Whoever has a list of addresses can recognise their hashes.
        """
        if not self._active:
            return name
        _, counts = redact_counting(name)
        if not counts:
            return name
        self._found.update(counts)
        return "redacted-" + hashlib.sha256(name.encode()).hexdigest()[:16]

    def message(self, text: str) -> str:
        """Returns what is to be told about a row, without personal data; it is not counted."""
        return redact(text) if self._active else text

    def take(self) -> Mapping[str, int] | None:
        """Returns what was found since the last call, by kind, or None."""
        if not self._found:
            return None
        found, self._found = self._found, Counter()
        return dict(found)

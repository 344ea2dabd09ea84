"""Counts of the last hour and the last day, slice by slice.

Slices are numbered by the monotonic clock, which all processes of a machine share and nobody can
set: whatever happens to the time of day, no window grows, shrinks or starts again.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sentiment_serving.signals.layout import Counts

WINDOWS = {"1h": (300, 12), "24h": (3600, 24)}
"""By name the seconds of a slice, and how many of these make the window, the current one apart."""
Content = Mapping[str, Mapping[str, Counts]]
"""By window, by number of the slice its counts: what is left on disk for the other workers."""


class Windows:
    """What one worker has counted of one model."""

    def __init__(self) -> None:
        self._slices: dict[str, dict[int, Counts]] = {window: {} for window in WINDOWS}

    def add(self, counts: Mapping[str, Sequence[int]], now: float) -> None:
        """Adds counts to the current slices, and forgets those that no window reaches any more."""
        for window, (seconds, _) in WINDOWS.items():
            slices = self._slices[window]
            _add(slices.setdefault(int(now // seconds), {}), counts)
            for number in [number for number in slices if not _within(window, number, now)]:
                del slices[number]

    def merge(self, content: Content) -> None:
        """Takes over what another worker has counted, slice by slice."""
        for window, slices in content.items():
            for number, counts in slices.items():
                _add(self._slices[window].setdefault(int(number), {}), counts)

    def content(self) -> dict[str, Any]:
        """Returns what can be written as JSON."""
        return {
            window: {str(number): counts for number, counts in slices.items()}
            for window, slices in self._slices.items()
        }


def total(contents: Iterable[Content], window: str, now: float) -> Counts:
    """Returns what several workers have counted in a window that ends now."""
    found: Counts = {}
    for content in contents:
        for number, counts in content.get(window, {}).items():
            if _within(window, int(number), now):
                _add(found, counts)
    return found


def _within(window: str, number: int, now: float) -> bool:
    seconds, slices = WINDOWS[window]
    return number >= int(now // seconds) - slices


def _add(sums: Counts, counts: Mapping[str, Sequence[int]]) -> None:
    for signal, more in counts.items():
        before = sums.get(signal)
        sums[signal] = (
            list(more) if before is None else [a + b for a, b in zip(before, more, strict=True)]
        )

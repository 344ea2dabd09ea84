"""Which time is looked at: what the command line says, in seconds since 1970."""

import re
from dataclasses import dataclass

from sentiment_common.errors import InputError
from sentiment_monitor.collecting import seconds

LENGTH = re.compile(r"([1-9][0-9]{0,5})([smhd])")
SECONDS = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
LONGEST = 366 * SECONDS["d"]


@dataclass(frozen=True)
class Span:
    """From when to when, in seconds since 1970; the end itself is outside."""

    since: float
    until: float


def choose(since: str, until: str, window: str, now: float) -> Span:
    """Returns what the options mean.

    Args:
        since: ISO time; empty: the window's length before the end.
        until: ISO time; empty: now, to the whole minute.
        window: Length such as ``24h``, ``90m`` or ``7d``.
        now: In seconds since 1970.

    Raises:
        InputError: One of them makes no sense.
    """
    end = _moment("--until", until) if until else now - now % SECONDS["m"]
    begin = _moment("--since", since) if since else end - _length(window)
    if not begin < end:
        raise InputError("the window ends before it begins", where="--since, --until")
    if end - begin > LONGEST:
        raise InputError("a window is a year at most", where="--since, --until")
    return Span(begin, end)


def _moment(flag: str, given: str) -> float:
    try:
        return seconds(given)
    except (ValueError, OverflowError) as error:
        raise InputError(
            f"{given!r} is no time", where=flag, mend="e.g. 2026-11-30T00:00:00Z"
        ) from error


def _length(given: str) -> float:
    match = LENGTH.fullmatch(given)
    if not match:
        raise InputError(f"{given!r} is no length", where="--window", mend="e.g. 24h, 90m or 7d")
    return int(match[1]) * SECONDS[match[2]]

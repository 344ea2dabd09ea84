"""How figures and times are said."""

import math
from datetime import UTC, datetime


def points(share: float) -> str:
    """Returns a difference of shares, e.g. ``1.3 points``."""
    return "unknown" if math.isnan(share) else f"{100 * share:.1f} points"


def percent(share: float) -> str:
    """Returns a share, e.g. ``78.1%``."""
    return "–" if math.isnan(share) else f"{100 * share:.1f}%"


def chance(p: float | None) -> str:
    """Returns a p-value; a dash where there is none."""
    if p is None:
        return "–"
    return "< 0.0001" if p < 0.0001 else f"{p:.4f}" if p < 0.01 else f"{p:.2f}"


def moment(time: float) -> str:
    """Returns a time for people, to the minute in UTC."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M UTC")


def plural(count: int, what: str) -> str:
    """Returns how many there are of something, e.g. ``1 answer`` or ``2,000 answers``."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"

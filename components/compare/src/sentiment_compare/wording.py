"""How figures and times are said."""

import math
from datetime import UTC, datetime


def points(share: float) -> str:
    """Returns a difference of shares, e.g. ``+1.3 points``."""
    return "unknown" if math.isnan(share) else f"{100 * share:+.1f} points"


def percent(share: float) -> str:
    """Returns a share, e.g. ``78.1%``."""
    return "–" if math.isnan(share) else f"{100 * share:.1f}%"


def chance(p: float) -> str:
    """Returns a p-value."""
    return "< 0.0001" if p < 0.0001 else f"{p:.4f}" if p < 0.01 else f"{p:.2f}"


def confidence(alpha: float) -> str:
    """Returns a confidence, e.g. ``95%`` or ``97.5%``."""
    return f"{100 * (1 - alpha):.4g}%"


def moment(time: float) -> str:
    """Returns a time for people, to the minute in UTC."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M UTC")


def iso(time: float) -> str:
    """Returns a time for programs, to the second in UTC."""
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def listed(names: list[str]) -> str:
    """Returns names as part of a sentence."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def plural(count: int, what: str) -> str:
    """Returns how many there are of something, e.g. ``1 caller`` or ``2,000 callers``."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"

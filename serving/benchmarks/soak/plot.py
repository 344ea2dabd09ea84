"""A small picture of quantities over time, as SVG without a library."""

import math
from collections.abc import Mapping, Sequence

WIDTH, HEIGHT, LEFT, GAP = 640, 110, 90, 34
Points = Sequence[tuple[float, float]]


def svg(series: Mapping[str, Points], unit: str) -> str:
    """Returns a picture with one panel for each quantity; a panel's scale begins at zero.

    Args:
        series: Points of each quantity, by its name.
        unit: What the horizontal axis counts.
    """
    height = len(series) * (HEIGHT + GAP) + GAP
    panels = [
        _panel(name, [point for point in points if not math.isnan(point[1])], top)
        for number, (name, points) in enumerate(series.items())
        for top in [number * (HEIGHT + GAP) + GAP / 2]
    ]
    end = max((points[-1][0] for points in series.values() if points), default=0.0)
    foot = f'<text x="{WIDTH - 10}" y="{height - 8}" text-anchor="end">{end:.0f} {unit}</text>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'font-family="sans-serif" font-size="11" fill="#444">'
        f'<rect width="100%" height="100%" fill="#fff"/>{"".join(panels)}{foot}</svg>\n'
    )


def _panel(name: str, points: Points, top: float) -> str:
    if not points:
        return ""
    highest = max(value for _, value in points) * 1.1 or 1.0
    last = points[-1][0] or 1.0
    line = " ".join(
        f"{LEFT + (WIDTH - LEFT - 10) * at / last:.1f},{top + HEIGHT * (1 - value / highest):.1f}"
        for at, value in points
    )
    bottom = top + HEIGHT
    return (
        f'<text x="8" y="{top + 14}" font-weight="bold">{name}</text>'
        f'<text x="{LEFT - 6}" y="{top + 30}" text-anchor="end">{highest:,.0f}</text>'
        f'<text x="{LEFT - 6}" y="{bottom}" text-anchor="end">0</text>'
        f'<path d="M{LEFT} {top}V{bottom}H{WIDTH - 10}" fill="none" stroke="#bbb"/>'
        f'<polyline points="{line}" fill="none" stroke="#2563eb" stroke-width="1.5"/>'
    )

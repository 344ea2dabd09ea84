"""The plot of the slow drift: what accuracy really was, and who knew when."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from simulation.running import Looked

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 360, 52, 150, 16, 46
LOW, HIGH = 0.5, 0.9
STYLE = """
svg { font: 13px system-ui, sans-serif; color: #1f2937; background: #fff; }
text { fill: currentColor; } .grid { stroke: #8883; } .line { fill: none; stroke-width: 2.5; }
.mark { stroke: #b42318; stroke-dasharray: 5 4; stroke-width: 1.5; }
@media (prefers-color-scheme: dark) {
  svg { color: #e5e7eb; background: #14171c; } .mark { stroke: #f85149; }
}
"""
LINES: Sequence[tuple[str, str, Callable[[Looked], float]]] = (
    ("estimated (CBPE)", "#d97706", lambda it: it.estimated.value),
    ("estimated (ATC)", "#a16207", lambda it: it.thresholded),
    ("feedback (20%)", "#0891b2", lambda it: it.judged.value),
    ("real", "#4f46e5", lambda it: it.accuracy),
)


def draw_slow(looked: Iterable[Looked]) -> str:
    """Returns an SVG of the mean accuracies by window, with the first decisions."""
    after = [it for it in looked if it.since >= 0]
    windows = sorted({it.since for it in after})
    by_window = {at: [it for it in after if it.since == at] for at in windows}
    parts = [*_grid(len(windows))]
    ends = []
    for name, colour, of in LINES:
        values = [float(np.mean([of(it) for it in by_window[at]])) for at in windows]
        points = "L".join(
            f"{_x(at, len(windows)):.1f} {_y(value):.1f}"
            for at, value in zip(windows, values, strict=True)
        )
        parts.append(f'<path class="line" stroke="{colour}" d="M{points}"/>')
        ends.append((float(np.mean(values[-5:])), name, colour))
    parts += _names(ends)
    for decision, wanted in (("watch", ("watch", "act")), ("act", ("act",))):
        at = next((at for at in windows if _mostly(by_window[at], wanted)), None)
        if at is not None:
            parts.append(_mark(at, len(windows), decision))
    body = "".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="Accuracy while film reviews take over"><style>{STYLE}</style>{body}</svg>\n'
    )


def _mostly(looked: Sequence[Looked], wanted: Sequence[str]) -> bool:
    return np.mean([it.decided.decision in wanted for it in looked]) > 0.5


def _grid(windows: int) -> Iterable[str]:
    for at in np.arange(LOW, HIGH + 0.01, 0.1):
        y = _y(float(at))
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{100 * at:.0f}%</text>'
    for at in range(0, windows + 1, 10):
        x = _x(at, windows)
        yield f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{at}</text>'
    middle = (LEFT + WIDTH - RIGHT) / 2
    yield (
        f'<text x="{middle}" y="{HEIGHT - 8}" text-anchor="middle">'
        "window (percent of film reviews in it)</text>"
    )


def _names(ends: Sequence[tuple[float, str, str]]) -> Iterable[str]:
    below = TOP - 20.0
    for value, name, colour in sorted(ends, reverse=True):
        below = max(_y(value) + 4, below + 17)
        yield f'<text x="{WIDTH - RIGHT + 8}" y="{below:.1f}" style="fill:{colour}">{name}</text>'


def _mark(at: int, windows: int, decision: str) -> str:
    x = _x(at + 1, windows)
    return (
        f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
        f'<text x="{x + 5:.1f}" y="{TOP + 12}">{decision}</text>'
    )


def _x(at: int, windows: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * at / windows


def _y(value: float) -> float:
    share = (min(max(value, LOW), HIGH) - LOW) / (HIGH - LOW)
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * share

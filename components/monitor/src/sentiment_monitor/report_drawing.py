"""The report's drawings as SVG; their colours are the page's, so they follow light and dark."""

import html
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sentiment_monitor.findings import Signal
from sentiment_monitor.quality_intervals import Interval
from sentiment_monitor.wording import moment, percent

WIDTH, HEIGHT, BASE = 320, 120, 98
GAP, LONGEST = 0.28, 14
"""Share of a bin that stays empty, and characters of a bin's name that are shown."""
LINE_WIDTH, LINE_HEIGHT, EDGE = 200, 40, 4
REACH_WIDTH, REACH_HEIGHT, REACH_EDGE = 420, 22, 8
FEW_BINS = 5
"""So many bins are all named; of more only the first and the last."""


@dataclass(frozen=True)
class Step:
    """What a finding's effect was in a window.

    Attributes:
        until: End of the window, in seconds since 1970.
        effect: None where there was too little to tell.
        verdict: ``ok``, ``watch``, ``act`` or ``unknown``.
    """

    until: float
    effect: float | None
    verdict: str


def histograms(signal: Signal) -> str:
    """Draws the shares of the bins, the window's in front of the reference's."""
    expected, actual = _shares(signal.expected), _shares(signal.actual)
    top = max(*expected, *actual, 1e-9)
    bin_width = WIDTH / len(signal.bins)
    parts = []
    for number, (name, then, now) in enumerate(zip(signal.bins, expected, actual, strict=True)):
        left, width = bin_width * (number + GAP / 2), bin_width * (1 - GAP)
        told = f"{name}: {percent(then)} in training, {percent(now)} in the window"
        parts.append(
            f"<g><title>{html.escape(told)}</title>"
            f"{_bar(left, width, then / top, 'then')}"
            f"{_bar(left + 0.22 * width, 0.56 * width, now / top, 'now')}</g>"
        )
    line = f'<line class="axis" x1="0" x2="{WIDTH}" y1="{BASE}" y2="{BASE}"/>'
    names = "".join(_names(signal.bins, bin_width))
    label = f"{signal.name}: reference and window"
    return _svg(WIDTH, HEIGHT, [*parts, line, names], label, "bins")


def _bar(left: float, width: float, share: float, kind: str) -> str:
    height = (BASE - 6) * share
    return (
        f'<rect class="{kind}" x="{left:.1f}" y="{BASE - height:.1f}" width="{width:.1f}" '
        f'height="{height:.1f}"/>'
    )


def _names(bins: Sequence[str], width: float) -> Iterable[str]:
    if len(bins) <= FEW_BINS:
        for number, name in enumerate(bins):
            yield _text(width * (number + 0.5), HEIGHT - 6, name[:LONGEST], "middle")
    else:
        yield _text(0, HEIGHT - 6, bins[0][:LONGEST], "start")
        yield _text(WIDTH, HEIGHT - 6, bins[-1][:LONGEST], "end")


def course(steps: Sequence[Step], watch: float, act: float) -> str:
    """Draws a finding's effect over the windows, oldest first, against its thresholds."""
    known = [it.effect for it in steps if it.effect is not None]
    top = 1.15 * max(*known, act, 1e-9) if known else max(act, 1e-9)
    gap = (LINE_WIDTH - 2 * EDGE) / max(1, len(steps) - 1)

    def y(effect: float) -> float:
        return round(LINE_HEIGHT - EDGE - (LINE_HEIGHT - 2 * EDGE) * min(effect / top, 1), 1)

    parts = [
        f'<line class="{kind}" x1="0" x2="{LINE_WIDTH}" y1="{y(level)}" y2="{y(level)}"/>'
        for kind, level in (("watch", watch), ("act", act))
    ]
    places = [(EDGE + gap * number, it) for number, it in enumerate(steps)]
    points = [f"{x:.1f} {y(it.effect)}" for x, it in places if it.effect is not None]
    if points:
        parts.append(f'<path class="line" d="M{"L".join(points)}"/>')
    for x, it in places[-1:]:
        if it.effect is not None:
            parts.append(
                f'<circle class="dot {it.verdict}" cx="{x:.1f}" cy="{y(it.effect)}" r="4"/>'
            )
    return _svg(LINE_WIDTH, LINE_HEIGHT, parts, f"effect over {len(steps)} windows", "course")


def decisions(steps: Sequence[Step]) -> str:
    """Draws what was decided of each window, oldest first."""
    side, gap = 16, 4
    parts = (
        f'<rect class="box {it.verdict}" x="{number * (side + gap)}" y="2" width="{side}" '
        f'height="{side}" rx="3"><title>{it.verdict}, window to {moment(it.until)}</title></rect>'
        for number, it in enumerate(steps)
    )
    width = len(steps) * (side + gap)
    drawn = _svg(width, side + 4, parts, f"decisions of {len(steps)} windows", "boxes")
    return drawn.replace("<svg ", f'<svg style="width:{width}px" ', 1)


def reach(figure: Interval, scale: tuple[float, float], kind: str = "now") -> str:
    """Draws a share with its interval on a scale."""

    def x(value: float) -> float:
        share = (value - scale[0]) / (scale[1] - scale[0])
        return round(REACH_EDGE + (REACH_WIDTH - 2 * REACH_EDGE) * min(max(share, 0), 1), 1)

    middle = REACH_HEIGHT / 2
    parts = [
        f'<line class="axis" x1="0" x2="{REACH_WIDTH}" y1="{middle}" y2="{middle}"/>',
        *(
            f'<line class="grid" x1="{x(at)}" x2="{x(at)}" y1="2" y2="{REACH_HEIGHT - 2}"/>'
            for at in (it / 20 for it in range(21))
            if scale[0] <= at <= scale[1]
        ),
    ]
    if not math.isnan(figure.low):
        ends = f'x1="{x(figure.low)}" x2="{x(figure.high)}"'
        parts.append(f'<line class="whisker {kind}" {ends} y1="{middle}" y2="{middle}"/>')
    if not math.isnan(figure.value):
        parts.append(f'<circle class="{kind}" cx="{x(figure.value)}" cy="{middle}" r="5.5"/>')
    told = f"{percent(figure.value)}, {percent(figure.low)} to {percent(figure.high)}"
    return _svg(REACH_WIDTH, REACH_HEIGHT, parts, told, "reach")


def bounds(figures: Iterable[Interval]) -> tuple[float, float]:
    """Returns round shares between which all the intervals lie."""
    ends = [it for figure in figures for it in (figure.value, figure.low, figure.high)]
    known = [it for it in ends if not math.isnan(it)]
    if not known:
        return 0.0, 1.0
    low, high = math.floor(20 * min(known)) / 20, math.ceil(20 * max(known)) / 20
    return (low, high) if high > low else (max(0.0, low - 0.05), min(1.0, high + 0.05))


def _shares(counts: Sequence[int]) -> list[float]:
    total = max(1, sum(counts))
    return [count / total for count in counts]


def _text(x: float, y: float, content: str, anchor: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}">{html.escape(content)}</text>'


def _svg(width: float, height: float, parts: Iterable[str], label: str, kind: str) -> str:
    return (
        f'<svg class="{kind}" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'aria-label="{html.escape(label)}">{"".join(parts)}</svg>'
    )

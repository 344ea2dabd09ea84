"""The report's drawings as SVG; their colours are the page's, so they follow light and dark."""

import html
import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from sentiment_compare.comparison import Comparison, Step
from sentiment_compare.wording import points

WIDTH, HEIGHT = 720, 300
LEFT, RIGHT, TOP, BOTTOM = 58, 12, 14, 34
STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
MOST_LINES = 8
TICKS = (1, 5, 15, 60, 300, 900, 3_600, 21_600, 86_400, 2 * 86_400, 7 * 86_400, 28 * 86_400)
"""Seconds between two marks of time: the least that gives no more than ``MOST_TICKS``."""
MOST_TICKS = 8
DAY, MINUTE = 86_400, 60
SLACK = 1.5
"""The interval of early looks is cut off where it is this much wider than the later half's."""


def path(comparison: Comparison, margin: float, edges: Sequence[float]) -> str:
    """Draws the estimate over time with its confidence sequence.

    Args:
        comparison: What is drawn.
        margin: Drawn below 0, if there is one.
        edges: When weights changed, in seconds since 1970.
    """
    frame = _Frame(comparison.path, margin)
    known = [it for it in comparison.path if it.high - it.low < 2]
    parts = [frame.grid(), frame.level(0.0, "zero")]
    if margin:
        parts.append(frame.level(-margin, "margin"))
    parts += [frame.edge(it) for it in edges]
    if known:
        band = [(it.time, it.high) for it in known] + [(it.time, it.low) for it in known[::-1]]
        parts.append(f'<path class="band" d="{frame.line(band)}Z"/>')
        line = [(it.time, it.look.difference) for it in known]
        parts.append(f'<path class="estimate" d="{frame.line(line)}"/>')
        parts.append(frame.point(known[-1]))
    else:
        parts.append(frame.nothing())
    return _svg(parts, f"Difference of {comparison.challenger} from the control over time")


class _Frame:
    """Scales of time and of the difference."""

    def __init__(self, steps: Sequence[Step], margin: float) -> None:
        self._begin, self._end = steps[0].time, max(steps[-1].time, steps[0].time + 1)
        known = [it for it in steps if it.high - it.low < 2]
        late = known[len(known) // 2 :]
        ends = [end for it in late for end in (it.low, it.high)] or [-0.05, 0.05]
        reach = SLACK * max(0.01, margin, *map(abs, ends))
        self._step = next((it for it in STEPS if 2 * reach / it <= MOST_LINES), STEPS[-1])
        self._reach = min(1.0, math.ceil(reach / self._step) * self._step)

    def grid(self) -> str:
        """Returns lines of equal difference and marks of time, with what they stand for."""
        count = round(self._reach / self._step)
        lines = (
            self.level(at * self._step, "grid") + _text(LEFT - 6, self._y(at * self._step) + 4,
            "0" if at == 0 else f"{100 * at * self._step:+g}", "end")
            for at in range(-count, count + 1)
        )  # fmt: skip
        return "".join(lines) + "".join(self._ticks())

    def level(self, value: float, kind: str) -> str:
        """Returns a line of equal difference."""
        y = self._y(value)
        return f'<line class="{kind}" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>'

    def edge(self, time: float) -> str:
        """Returns a line where weights changed."""
        x = self._x(time)
        return (
            f'<line class="edge" x1="{x}" x2="{x}" y1="{TOP}" y2="{HEIGHT - BOTTOM}">'
            "<title>weights changed</title></line>"
        )

    def line(self, values: Iterable[tuple[float, float]]) -> str:
        """Returns the path through times and differences."""
        return "M" + "L".join(f"{self._x(time)} {self._y(value)}" for time, value in values)

    def point(self, step: Step) -> str:
        """Returns the last estimate as a mark."""
        look = step.look.difference
        told = f"{points(look)}, from {points(step.low)} to {points(step.high)}"
        return (
            f'<circle class="now" cx="{self._x(step.time)}" cy="{self._y(look)}" r="4.5">'
            f"<title>{html.escape(told)}</title></circle>"
        )

    def nothing(self) -> str:
        """Returns what stands where there is no estimate."""
        return _text((LEFT + WIDTH) / 2, HEIGHT / 2 - 20, "no estimate yet", "middle")

    def _ticks(self) -> Iterable[str]:
        span = self._end - self._begin
        step = next((it for it in TICKS if span / it <= MOST_TICKS), TICKS[-1])
        shown = "%d %b" if step >= DAY else "%H:%M" if step >= MINUTE else "%H:%M:%S"
        first = math.ceil(self._begin / step) * step
        for time in range(first, math.floor(self._end) + 1, step):
            said = datetime.fromtimestamp(time, UTC).strftime(shown)
            yield _text(self._x(time), HEIGHT - BOTTOM + 20, said, "middle")

    def _x(self, time: float) -> float:
        share = (time - self._begin) / (self._end - self._begin)
        return round(LEFT + (WIDTH - LEFT - RIGHT) * share, 1)

    def _y(self, value: float) -> float:
        share = (self._reach - min(max(value, -self._reach), self._reach)) / (2 * self._reach)
        return round(TOP + (HEIGHT - TOP - BOTTOM) * share, 1)


def _text(x: float, y: float, content: str, anchor: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}">{html.escape(content)}</text>'


def _svg(parts: Iterable[str], label: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{html.escape(label)}">'
        f"{''.join(parts)}</svg>"
    )

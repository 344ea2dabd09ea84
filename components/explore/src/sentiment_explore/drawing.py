"""The page's drawings as SVG; their colours are the page's, so they follow light and dark."""

from collections.abc import Mapping, Sequence

from sentiment_explore.evidence import WORD_EDGES
from sentiment_explore.markup import Markup, element
from sentiment_explore.periods import Timeline
from sentiment_explore.reading import LABELS

WIDE, TALL, LEFT, FLOOR = 1000, 210, 60, 172
BAR_WIDTH, BAR_HEIGHT = 300, 18
PANEL_WIDTH, PANEL_HEIGHT, PANEL_FLOOR = 230, 130, 104
MOST_MARKS = 6
"""Dates under a time line; more would run into each other."""


def stack(counts: Mapping[str, int] | Sequence[int], whole: int | None = None) -> Markup:
    """Draws rows by label as one bar.

    Args:
        counts: Rows by label.
        whole: The rows that a full bar stands for; those of this bar where None.
    """
    named = counts if isinstance(counts, Mapping) else dict(zip(LABELS, counts, strict=True))
    total = sum(named.values())
    scale = BAR_WIDTH / max(whole or total, 1)
    at, parts = 0.0, []
    for label, rows in named.items():
        parts.append(_box(at, 0, rows * scale, BAR_HEIGHT, label))
        at += rows * scale
    told = ", ".join(f"{label} {rows / max(total, 1):.0%}" for label, rows in named.items())
    return _svg(BAR_WIDTH, BAR_HEIGHT, parts, told, "bar", preserveAspectRatio="none")


def bar(share: float, kind: str, told: str) -> Markup:
    """Draws a share of a whole bar."""
    width = BAR_WIDTH * min(max(share, 0.0), 1.0)
    parts = [_box(0, 0, BAR_WIDTH, BAR_HEIGHT, "empty"), _box(0, 0, width, BAR_HEIGHT, kind)]
    return _svg(BAR_WIDTH, BAR_HEIGHT, parts, told, "bar", preserveAspectRatio="none")


def amounts(timeline: Timeline) -> Markup:
    """Draws rows by period, the labels on top of each other."""
    most = max(sum(it) for it in timeline.counts)
    step = (WIDE - LEFT) / len(timeline.counts)
    height = FLOOR - 16
    parts = [_scale(f"{most:,}", 16), _scale("0", FLOOR)]
    for place, (start, counts) in enumerate(zip(timeline.starts, timeline.counts, strict=True)):
        base = float(FLOOR)
        bars = []
        for label, rows in zip(LABELS, counts, strict=True):
            tall = rows / most * height
            base -= tall
            bars.append(_box(LEFT + place * step + 1, base, max(step - 2, 1), tall, label))
        told = ", ".join(f"{rows:,} {it}" for it, rows in zip(LABELS, counts, strict=True))
        parts.append(element("g", element("title", f"{start}: {told}"), *bars))
    label = f"Rows by {timeline.unit} and label, at most {most:,}"
    return _svg(WIDE, TALL, [*parts, *_dates(timeline, step)], label, "wide")


def share_of(timeline: Timeline, label: str) -> Markup:
    """Draws the share of a label over time; periods without a row interrupt the line."""
    index = LABELS.index(label)
    step = (WIDE - LEFT) / len(timeline.counts)
    shares = [it[index] / sum(it) if sum(it) else None for it in timeline.counts]
    top = max([it for it in shares if it is not None])
    top = min(1.0, (int(top * 10) + 1) / 10)
    parts = [
        _scale(f"{top:.0%}", 16),
        _scale(f"{top / 2:.0%}", (FLOOR + 16) / 2),
        _scale("0", FLOOR),
    ]
    path, pen = [], "M"
    for place, share in enumerate(shares):
        if share is None:
            pen = "M"
            continue
        x, y = _round(LEFT + (place + 0.5) * step), _round(FLOOR - share / top * (FLOOR - 16))
        path.append(f"{pen}{x} {y}")
        pen = "L"
        told = f"{timeline.starts[place]}: {share:.0%} of {sum(timeline.counts[place]):,}"
        parts.append(element("circle", element("title", told), cx=x, cy=y, r=3, class_=label))
    parts.append(element("path", d="".join(path), class_=f"line {label}"))
    told = f"Share of {label} rows by {timeline.unit}"
    return _svg(WIDE, TALL, [*parts, *_dates(timeline, step)], told, "wide")


def histogram(shares: Sequence[float], highest: float, label: str) -> Markup:
    """Draws the share of texts by words, all labels to the scale of the highest share."""
    step = PANEL_WIDTH / len(shares)
    parts = [element("line", x1=0, x2=PANEL_WIDTH, y1=PANEL_FLOOR, y2=PANEL_FLOOR, class_="grid")]
    for place, share in enumerate(shares):
        tall = share / max(highest, 1e-9) * (PANEL_FLOOR - 8)
        last = place == len(shares) - 1
        end = "or more" if last else f"to {WORD_EDGES[place + 1] - 1}"
        said = element("title", f"{WORD_EDGES[place]} {end} words: {share:.1%}")
        box = _box(place * step + 1, PANEL_FLOOR - tall, step - 2, tall, label)
        parts.append(element("g", said, box))
        if place % 3 == 0:
            edge = f"{WORD_EDGES[place]}{'+' if last else ''}"
            parts.append(_label(place * step + 1, PANEL_FLOOR + 15, edge, "start"))
    return _svg(PANEL_WIDTH, PANEL_HEIGHT, parts, f"Words of {label} texts", "panel")


def _dates(timeline: Timeline, step: float) -> list[Markup]:
    every = -(-len(timeline.starts) // MOST_MARKS)
    length = {"year": 4, "month": 7, "quarter": 7}.get(timeline.unit, 10)
    return [
        _label(LEFT + (place + 0.5) * step, FLOOR + 26, start[:length])
        for place, start in enumerate(timeline.starts)
        if place % every == 0 and (place + 0.5) * step < WIDE - LEFT - 24
    ]


def _scale(said: str, y: float) -> Markup:
    line = element("line", x1=LEFT, x2=WIDE, y1=_round(y), y2=_round(y), class_="grid")
    return element("g", line, _label(LEFT - 6, y + 4, said, "end"))


def _label(x: float, y: float, said: str, anchor: str = "middle") -> Markup:
    return element("text", said, x=_round(x), y=_round(y), text_anchor=anchor)


def _box(x: float, y: float, width: float, height: float, kind: str) -> Markup:
    return element(
        "rect", x=_round(x), y=_round(y), width=_round(width), height=_round(height), class_=kind
    )


def _round(value: float) -> float:
    return round(value, 1)


def _svg(
    width: int, height: int, parts: Sequence[Markup], told: str, kind: str, **more: object
) -> Markup:
    return element(
        "svg", *parts, viewBox=f"0 0 {width} {height}", role="img", aria_label=told, class_=kind,
        **more,
    )  # fmt: skip

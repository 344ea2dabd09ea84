"""The report's drawings as SVG; their colours are the page's, so they follow light and dark."""

import math
from collections.abc import Iterable, Mapping, Sequence

from sentiment_evaluate.markup import Markup, element, joined
from sentiment_evaluate.metrics import Curve, Floats, ReliabilityBin
from sentiment_evaluate.resampling import Interval
from sentiment_models import LABELS

WIDTH, HEIGHT = 300, 270
LEFT, TOP, SIDE = 44, 10, 214
"""Of the unit square, which takes most of the drawing."""

BAR_WIDTH, BAR_HEIGHT = 200, 18
WIDE, TALL = 640, 250
NICE = (1, 2, 5)
NEAR = 130
"""A name goes to the left of its mark where another mark is as near as this to the right."""


def roc(curves: Mapping[str, Curve]) -> Markup:
    """Draws each label's ROC curve against the rest."""
    lines = [
        _curve(curve.false_positive_rate, curve.recall, label) for label, curve in curves.items()
    ]
    return _square("ROC curves", "false positive rate", "recall", [_diagonal(), *lines])


def precision_recall(curves: Mapping[str, Curve]) -> Markup:
    """Draws each label's precision against its recall."""
    lines = [_curve(curve.recall, curve.precision, label) for label, curve in curves.items()]
    return _square("Precision-recall curves", "recall", "precision", lines)


def reliability(bins: Sequence[ReliabilityBin]) -> Markup:
    """Draws accuracy against confidence, areas by rows; a calibrated model is on the diagonal."""
    most = max(it.rows for it in bins)
    points = [(it.confidence, it.accuracy) for it in bins]
    path = element("path", d=_path(points), class_="line chosen")
    dots = [
        element(
            "circle",
            element("title", f"{it.rows:,} rows, confidence {it.confidence:.2f}, accuracy "
                             f"{it.accuracy:.2f}"),
            cx=_x(it.confidence), cy=_y(it.accuracy),
            r=round(3 + 11 * math.sqrt(it.rows / most), 1), class_="bubble",
        )
        for it in bins
    ]  # fmt: skip
    return _square("Reliability", "confidence", "accuracy", [_diagonal(), path, *dots])


def bounds(intervals: Iterable[Interval]) -> tuple[float, float]:
    """Returns round numbers between which all the intervals lie; undefined ends do not count."""
    ends = [
        it for interval in intervals for it in (interval.low, interval.high, interval.value)
        if not math.isnan(it)
    ]  # fmt: skip
    low, high = math.floor(20 * min(ends)) / 20, math.ceil(20 * max(ends)) / 20
    return (low, high) if high > low else (low - 0.05, high)


def span(ours: Interval, scale: tuple[float, float], theirs: Interval | None = None) -> Markup:
    """Draws a figure with its interval on a scale, and another one below it as a mark."""

    def place(value: float) -> float:
        share = (value - scale[0]) / (scale[1] - scale[0])
        return round(6 + (BAR_WIDTH - 12) * min(max(share, 0), 1), 1)

    middle = BAR_HEIGHT / 2
    parts = [element("line", x1=6, x2=BAR_WIDTH - 6, y1=middle, y2=middle, class_="grid")]
    if not math.isnan(ours.low):
        ends = {"x1": place(ours.low), "x2": place(ours.high)}
        parts.append(element("line", **ends, y1=middle, y2=middle, class_="whisker"))
    if theirs is not None and not math.isnan(theirs.value):
        at = place(theirs.value)
        parts.append(element("line", x1=at, x2=at, y1=2, y2=BAR_HEIGHT - 2, class_="reigning"))
    if not math.isnan(ours.value):
        parts.append(element("circle", cx=place(ours.value), cy=middle, r=4.5, class_="chosen"))
    told = f"{ours.value:.3f}, {ours.low:.3f} to {ours.high:.3f}"
    return _svg(BAR_WIDTH, BAR_HEIGHT, parts, told, "span")


def quality_by_time(models: Sequence[tuple[str, str, float, Interval]]) -> Markup:
    """Draws quality against the time for one text, on a scale by powers of ten.

    Args:
        models: Name, role (``chosen``, ``champion`` or ``other``), milliseconds and quality.
    """
    times = [it[2] for it in models]
    low, high = math.log10(min(times) / 1.6), math.log10(max(times) * 3)
    floor, top = bounds(it[3] for it in models)

    def x(milliseconds: float) -> float:
        return round(LEFT + (WIDE - LEFT - 10) * (math.log10(milliseconds) - low) / (high - low), 1)

    def y(value: float) -> float:
        return round(TOP + (TALL - TOP - 40) * (top - value) / (top - floor), 1)

    parts = []
    for at in _round_numbers(low, high):
        parts.append(element("line", x1=x(at), x2=x(at), y1=TOP, y2=TALL - 40, class_="grid"))
        parts.append(_label(x(at), TALL - 24, f"{at:g}"))
    steps = round(20 * (top - floor))
    for at in (floor + step / 20 for step in range(steps + 1)):
        parts.append(element("line", x1=LEFT, x2=WIDE - 10, y1=y(at), y2=y(at), class_="grid"))
        parts.append(_label(LEFT - 6, y(at) + 4, f"{at:.2f}", "end"))
    places = [(x(milliseconds), y(quality.value)) for _, _, milliseconds, quality in models]
    for name, role, milliseconds, quality in models:
        at, level = x(milliseconds), y(quality.value)
        parts.append(element(
            "line", x1=at, x2=at, y1=y(quality.low), y2=y(quality.high), class_=f"whisker {role}"
        ))  # fmt: skip
        parts.append(element("circle", cx=at, cy=level, r=6, class_=role))
        crowded = any(0 < right - at < NEAR and abs(other - level) < 16 for right, other in places)
        aside, anchor = (-11, "end") if crowded else (11, "start")
        parts.append(_label(at + aside, level + 4, name, anchor, "name"))
    parts.append(_label((LEFT + WIDE) / 2, TALL - 5, "milliseconds for one text (median)"))
    return _svg(WIDE, TALL, parts, "Macro-F1 against the time for one text", "wide")


def _square(title: str, x_title: str, y_title: str, content: Sequence[Markup]) -> Markup:
    parts = []
    for share in (0, 0.25, 0.5, 0.75, 1):
        x, y = _x(share), _y(share)
        parts.append(element("line", x1=x, x2=x, y1=_y(0), y2=_y(1), class_="grid"))
        parts.append(element("line", x1=_x(0), x2=_x(1), y1=y, y2=y, class_="grid"))
        parts.append(_label(x, _y(0) + 15, f"{share:g}"))
        parts.append(_label(_x(0) - 6, y + 4, f"{share:g}", "end"))
    parts.append(_label(_x(0.5), _y(0) + 33, x_title))
    turned = f"rotate(-90 11 {_y(0.5)})"
    parts.append(element("text", y_title, x=11, y=_y(0.5), text_anchor="middle", transform=turned))
    return _svg(WIDTH, HEIGHT, [*parts, *content], title, "square")


def _curve(xs: Floats, ys: Floats, label: str) -> Markup:
    points = list(zip(xs.tolist(), ys.tolist(), strict=True))
    return element("path", element("title", label), d=_path(points), class_=f"line {label}")


def legend(values: Mapping[str, str]) -> Markup:
    """Returns which line is which label, each with a word about it."""
    return joined(
        element("span", element("i", class_=label), f"{label} {values[label]}", class_="key")
        for label in LABELS
        if label in values
    )


def _diagonal() -> Markup:
    return element("line", x1=_x(0), y1=_y(0), x2=_x(1), y2=_y(1), class_="diagonal")


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{_x(x)} {_y(y)}" for x, y in points)


def _x(share: float) -> float:
    return round(LEFT + SIDE * share, 1)


def _y(share: float) -> float:
    return round(TOP + SIDE * (1 - share), 1)


def _round_numbers(low: float, high: float) -> list[float]:
    """Returns 1, 2, 5, 10, 20, ... between two powers of ten."""
    exponents = range(math.floor(low), math.ceil(high))
    numbers = [factor * 10.0**exponent for exponent in exponents for factor in NICE]
    return [it for it in numbers if low <= math.log10(it) <= high]


def _label(
    x: float, y: float, content: str, anchor: str = "middle", kind: str | None = None
) -> Markup:
    return element("text", content, x=round(x, 1), y=round(y, 1), text_anchor=anchor, class_=kind)


def _svg(width: int, height: int, parts: Sequence[Markup], label: str, kind: str) -> Markup:
    drawing = element(
        "svg", *parts, viewBox=f"0 0 {width} {height}", role="img", aria_label=label, class_=kind
    )  # fmt: skip
    return Markup(drawing)

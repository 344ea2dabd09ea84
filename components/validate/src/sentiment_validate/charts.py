"""Two small charts as inline SVG: no plotting library in this environment, none needed."""

import html
from collections.abc import Mapping, Sequence

COLOURS = {"negative": "#c2410c", "neutral": "#7b8794", "positive": "#15803d"}
SPARE_COLOURS = ("#6d28d9", "#0e7490", "#a16207", "#be185d")
INK, FAINT, BAR = "#1f2937", "#d1d5db", "#3b6ea8"
WIDTH, LEFT, TOP = 640, 90, 34


def label_shares(counts: Mapping[str, Mapping[str, int]]) -> str:
    """Draws the share of each label as one stacked bar per split.

    Args:
        counts: Rows by split and label; every split names the same labels in the same order.
    """
    labels = list(next(iter(counts.values())))
    spare = iter(SPARE_COLOURS * len(labels))
    colours = {label: COLOURS.get(label) or next(spare) for label in labels}
    row_height, bar_height = 38, 24
    parts = [_legend(colours)]
    for index, (split, row) in enumerate(counts.items()):
        top = TOP + 10 + index * row_height
        parts.append(_text(LEFT - 10, top + 17, split, anchor="end"))
        parts.append(_stack(row, colours, top, bar_height))
    return _svg(TOP + 10 + len(counts) * row_height, "Share of each label by split", parts)


def _stack(row: Mapping[str, int], colours: Mapping[str, str], top: int, height: int) -> str:
    total = sum(row.values()) or 1
    at, parts = float(LEFT), []
    for label, number in row.items():
        share = number / total
        width = share * (WIDTH - LEFT - 16)
        if number:
            said = f"{label}: {number:,} ({share:.1%})"
            parts.append(_bar((at, top, width, height), colours[label], said))
        if share > 0.06:
            middle = at + width / 2
            parts.append(_text(middle, top + 16, f"{share:.0%}", anchor="middle", fill="#fff"))
        at += width
    return "".join(parts)


def histogram(shares: Mapping[str, Sequence[float]], edges: Sequence[str]) -> str:
    """Draws one small histogram per split side by side, all to the same scale.

    Args:
        shares: Share of rows in each bin, by split.
        edges: What to write under each bin; empty for nothing.
    """
    gap, floor, height = 28, TOP + 150, 140
    width = (WIDTH - 24 - gap * (len(shares) - 1)) / len(shares)
    highest = max((share for row in shares.values() for share in row), default=0.0) or 1.0
    parts = []
    for index, (split, row) in enumerate(shares.items()):
        left = 12 + index * (width + gap)
        step = width / len(row)
        parts.append(_text(left, TOP - 14, split))
        parts.append(_floor(left, left + width, floor))
        for place, (share, edge) in enumerate(zip(row, edges, strict=True)):
            tall, at = share / highest * height, left + place * step
            if share > 0:
                box = (at + 0.5, floor - tall, step - 1, tall)
                parts.append(_bar(box, BAR, f"{share:.1%}"))
            if edge:
                parts.append(_text(at, floor + 16, edge, size=11))
    return _svg(floor + 26, "Words per text by split", parts)


def _legend(colours: Mapping[str, str]) -> str:
    at, parts = LEFT, []
    for name, colour in colours.items():
        parts.append(_bar((at, TOP - 24, 12, 12), colour, name))
        parts.append(_text(at + 18, TOP - 14, name))
        at += 18 + 8 * len(name) + 22
    return "".join(parts)


def _svg(height: float, title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" '
        f'width="{WIDTH}" height="{height:.0f}" role="img" aria-label="{html.escape(title)}" '
        f'font-family="system-ui, sans-serif">{"".join(parts)}</svg>'
    )


def _bar(box: tuple[float, float, float, float], fill: str, said: str) -> str:
    x, y, width, height = box
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}">'
        f"<title>{html.escape(said)}</title></rect>"
    )


def _floor(left: float, right: float, y: float) -> str:
    return f'<path d="M{left:.1f} {y:.1f}H{right:.1f}" stroke="{FAINT}"/>'


def _text(
    x: float, y: float, text: str, *, anchor: str = "start", fill: str = INK, size: int = 13
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}" '
        f'font-size="{size}">{html.escape(text)}</text>'
    )

"""HTML of the report that the common pieces do not have; every text is escaped on its way in."""

import html
import itertools
from collections.abc import Iterable, Sequence

from sentiment_evaluate.resampling import Interval


class Markup(str):
    """HTML that is what it should be; any other string is text and will be escaped."""

    __slots__ = ()


def text(value: object) -> Markup:
    """Returns a value as HTML."""
    return value if isinstance(value, Markup) else Markup(html.escape(str(value)))


def joined(parts: Iterable[object], separator: str = "") -> Markup:
    """Returns values one after the other."""
    return Markup(separator.join(text(part) for part in parts))


def element(tag: str, *content: object, **attributes: object) -> Markup:
    """Returns an element; an attribute ``class_`` is its class."""
    listed = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{html.escape(str(value))}"'
        for name, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{tag}{listed}>{joined(content)}</{tag}>")


def section(name: str, title: str, *content: object) -> Markup:
    """Returns a section that the list of contents can point to."""
    return element("section", element("h2", title), *content, id=name)


def paragraph(*content: object) -> Markup:
    """Returns a paragraph."""
    return element("p", *content)


def details(summary: object, *content: object, opened: bool = False) -> Markup:
    """Returns what a reader may open."""
    inner = joined([element("summary", summary), *content])
    return Markup(f"<details{' open' if opened else ''}>{inner}</details>")


def table(columns: Sequence[object], rows: Iterable[Sequence[object]]) -> Markup:
    """Returns a table whose first column heads its rows; wide ones scroll by themselves."""
    body = [[element("th", row[0], scope="row"), *(_cell(it) for it in row[1:])] for row in rows]
    return framed(columns, [element("tr", *cells) for cells in body], body[0] if body else ())


def framed(columns: Sequence[object], rows: Sequence[Markup], cells: Sequence[Markup]) -> Markup:
    """Returns a table of finished rows; a column is headed on the side of its cells' figures."""
    numbers = [it.startswith('<td class="number') for it in cells]
    head = element("tr", *(
        element("th", name, scope="col", class_="number" if number else None)
        for name, number in itertools.zip_longest(columns, numbers, fillvalue=False)
    ))  # fmt: skip
    whole = element("table", element("thead", head), element("tbody", *rows))
    return element("div", whole, class_="scroll")


def _cell(value: object) -> Markup:
    if isinstance(value, float):
        return element("td", f"{value:.3f}", class_="number")
    if isinstance(value, int):
        return element("td", f"{value:,}", class_="number")
    if isinstance(value, Markup) and value.startswith("<td"):
        return value
    return element("td", value)


def measured(interval: Interval, best: bool = False) -> Markup:
    """Returns a cell with a figure over its interval."""
    shown = element("b" if best else "span", f"{interval.value:.3f}")
    reach = element("small", f"{interval.low:.3f} to {interval.high:.3f}")
    return element("td", shown, reach, class_="number figure")


def chart(drawing: Markup, caption: object) -> Markup:
    """Returns a drawing with its caption."""
    return element("figure", drawing, element("figcaption", caption))

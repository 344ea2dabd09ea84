"""HTML of the page; every text is escaped on its way in."""

import html
from collections.abc import Iterable, Sequence


class Markup(str):
    """HTML that is what it should be; any other string is text and will be escaped."""

    __slots__ = ()


def text(value: object) -> Markup:
    """Returns a value as HTML; control characters, which HTML knows not, become U+FFFD."""
    if isinstance(value, Markup):
        return value
    return Markup("".join(_visible(it) for it in html.escape(str(value))))


def joined(parts: Iterable[object]) -> Markup:
    """Returns values one after the other."""
    return Markup("".join(text(part) for part in parts))


def element(tag: str, *content: object, **attributes: object) -> Markup:
    """Returns an element; an attribute ``class_`` is its class, one of None is left out."""
    listed = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{text(value)}"'
        for name, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{tag}{listed}>{joined(content)}</{tag}>")


def section(name: str, title: str, *content: object) -> Markup:
    """Returns a section that the list of contents can point to."""
    return element("section", element("h2", title), *content, id=name)


def paragraph(*content: object, class_: str | None = None) -> Markup:
    """Returns a paragraph."""
    return element("p", *content, class_=class_)


def details(summary: object, *content: object) -> Markup:
    """Returns what a reader may open."""
    return element("details", element("summary", summary), *content)


def table(
    columns: Sequence[object], rows: Iterable[Sequence[object]], class_: str | None = None
) -> Markup:
    """Returns a table whose first column heads its rows; wide ones scroll by themselves.

    A column is headed on the side of its figures. Whole numbers are parted by thousands.
    """
    cells = [[_cell(it) for it in row[1:]] for row in rows_ if row] if (rows_ := list(rows)) else []
    body = [
        element("tr", element("th", row[0], scope="row"), *rest)
        for row, rest in zip(rows_, cells, strict=True)
    ]
    first = cells[0] if cells else []
    sides = [None, *("number" if it.startswith('<td class="number') else None for it in first)]
    sides += [None] * (len(columns) - len(sides))
    head = element("tr", *(
        element("th", name, scope="col", class_=side)
        for name, side in zip(columns, sides, strict=True)
    ))  # fmt: skip
    whole = element("table", element("thead", head), element("tbody", *body), class_=class_)
    return element("div", whole, class_="scroll", tabindex=0, role="region", aria_label="table")


def number(value: float | None, form: str = ",.0f") -> Markup:
    """Returns a cell with a figure."""
    return element("td", "" if value is None else format(value, form), class_="number")


def _cell(value: object) -> Markup:
    if isinstance(value, Markup) and value.startswith("<td"):
        return value
    if isinstance(value, int):
        return number(value)
    return element("td", value)


def _visible(character: str) -> str:
    code = ord(character)
    hidden = (code < 32 and character not in "\t\n") or 0x7F <= code < 0xA0
    # Marks that turn the direction of writing would turn the page's own words as well.
    turning = 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069
    return "\ufffd" if hidden or turning or 0xD800 <= code <= 0xDFFF else character

"""Self-contained HTML reports: one page, no script, no address outside it."""

import html
from collections.abc import Iterable, Sequence

STYLE = """
:root { color-scheme: light dark; --line: #8884; --good: #1a7f37; --bad: #cf222e; --soft: #8881; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--line); text-align: left; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
.verdict { display: inline-block; padding: .2rem .8rem; border-radius: 1rem; color: #fff; }
.good { background: var(--good); } .bad { background: var(--bad); }
figure { margin: 1rem 0; display: inline-block; } figure svg { max-width: 100%; height: auto; }
figure.chart { background: #fff; color: #222; border-radius: .5rem; padding: .5rem; }
"""


def page(title: str, sections: Iterable[str]) -> str:
    """Returns an HTML document from a title and HTML fragments."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{html.escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><h1>{html.escape(title)}</h1>{''.join(sections)}</body></html>\n"
    )


def heading(text: str) -> str:
    """Returns a section heading."""
    return f"<h2>{html.escape(text)}</h2>"


def paragraph(text: str) -> str:
    """Returns a paragraph of plain text."""
    return f"<p>{html.escape(text)}</p>"


def verdict(text: str, good: bool) -> str:
    """Returns a verdict as a coloured badge."""
    return f'<p><span class="verdict {"good" if good else "bad"}">{html.escape(text)}</span></p>'


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Returns a table; floats are shown with three decimals, numbers are right-aligned."""
    head = "".join(f"<th>{html.escape(name)}</th>" for name in columns)
    body = "".join(f"<tr>{''.join(_cell(value) for value in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def chart(svg: str, caption: str) -> str:
    """Returns an inline SVG with a caption; the XML prologue of a plotting library is dropped."""
    start = svg.find("<svg")
    return (
        f'<figure class="chart">{svg[start:]}'
        f"<figcaption>{html.escape(caption)}</figcaption></figure>"
    )


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f'<td class="number">{value:.3f}</td>'
    if isinstance(value, int) and not isinstance(value, bool):
        return f'<td class="number">{value:,}</td>'
    return f"<td>{html.escape(str(value))}</td>"

"""A lineage as a picture: an SVG that loads nothing, data from outside on the left.

A box is a task with those of its outputs that belong to the chain.
"""

import html
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.cells import cell_len

from sentiment_common.artifacts import Source
from sentiment_pipelines.lineage.chain import REGISTERED, Lineage, Node
from sentiment_pipelines.lineage.layout import Box, Columns, lay_out
from sentiment_pipelines.lineage.tree import revision, short, summary, when

CHARACTER, LINE, PADDING, BAND = 7.4, 18.0, 12.0, 26.0
"""Width of a character at 12 px with room to spare; heights of a line and of the band, in px."""
MARGIN, HEADING = 28.0, 58.0
LONGEST = 36
STYLE = """
svg { --page: #ffffff; --card: #f6f8fa; --ink: #1f2328; --soft: #59636e; --edge: #8c959f;
  --task: #0969da; --source: #1a7f37; --version: #8250df; --outside: #59636e; --missing: #cf222e; }
@media (prefers-color-scheme: dark) { svg { --page: #0d1117; --card: #161b22; --ink: #e6edf3;
  --soft: #9198a1; --edge: #6e7681; --task: #1f6feb; --source: #238636; --version: #8957e5;
  --outside: #656c76; --missing: #da3633; } }
text { font: 12px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: var(--ink); }
.page { fill: var(--page); } .card { fill: var(--card); stroke: var(--hue); stroke-width: 1.5; }
.band { fill: var(--hue); } .title { fill: #ffffff; font-weight: 600; }
.soft { fill: var(--soft); } .heading { font-size: 16px; font-weight: 600; }
.edge { fill: none; stroke: var(--edge); stroke-width: 1.5; } .tip { fill: var(--edge); }
.task { --hue: var(--task); } .source { --hue: var(--source); } .version { --hue: var(--version); }
.outside { --hue: var(--outside); } .missing { --hue: var(--missing); }
.missing .card { stroke-dasharray: 5 4; } .root .card { stroke-width: 3.5; }
"""


@dataclass
class Content:
    """What is written in a box.

    Attributes:
        kind: ``task``, ``source``, ``version``, ``outside`` or ``missing``: its colour.
        title: In the band at its top.
        facts: The lines below the band.
        outputs: Name and digest of each output that belongs to the chain, by the key of its node.
        before: The node or the source of each thing it was made from.
        root: Whether it is its lineage that is shown.
    """

    kind: str
    title: str
    facts: list[str]
    outputs: dict[str, tuple[str, str]] = field(default_factory=dict)
    before: dict[str | Source, None] = field(default_factory=dict)
    root: bool = False

    @property
    def width(self) -> float:
        """The width that its text needs, in px."""
        texts = [self.title, *self.facts]
        texts += [f"{name}   {digest}" for name, digest in self.outputs.values()]
        return max(map(_wide, texts)) + 2 * PADDING

    def baseline(self, number: int) -> float:
        """Returns how far below its upper side a line stands, in px."""
        return BAND + PADDING / 2 + (number + 0.75) * LINE

    def box(self) -> Box:
        """Returns a box that it fits into, with edges yet to be added."""
        lines = len(self.facts) + len(self.outputs)
        starts = {
            key: self.baseline(number) - LINE / 4
            for number, key in enumerate(self.outputs, start=len(self.facts))
        }
        return Box(self.width, BAND + lines * LINE + PADDING, starts)


def save(lineage: Lineage, file: Path) -> None:
    """Writes the picture of a lineage into a file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(draw(lineage), encoding="utf-8", newline="\n")


def draw(lineage: Lineage) -> str:
    """Returns the picture of a lineage as SVG."""
    contents, home = _contents(lineage)
    boxes = {id(content): content.box() for content in contents}
    for content in contents:
        for before in content.before:
            output = before if isinstance(before, str) else ""
            boxes[id(content)].before.append((boxes[id(home[before])], output))
    columns = lay_out(list(boxes.values()), MARGIN, HEADING)
    shapes = [line for column in columns for box in column for line in _edges(box)]
    for content in contents:
        shapes += _shape(content, boxes[id(content)])
    return _page(lineage, columns, shapes)


def _contents(lineage: Lineage) -> tuple[list[Content], dict[str | Source, Content]]:
    """Returns what is in each box, and the box of each node and source.

    The outputs that one task of one run made share a box. Where content came back, they may stand
    at different ends of the chain: one box for both would be before itself.
    """
    tasks: dict[object, Content] = {}
    home: dict[str | Source, Content] = {}
    for key, node in lineage.nodes.items():
        made = (node.task, node.run, tuple(node.inputs.items())) if node.task else key
        content = home[key] = tasks.setdefault(made, _of_node(node))
        content.facts += [it for it in _wrapped(node.notes) if it not in content.facts]
        content.outputs[key] = (_shortened(node.name), short(node.digest))
        content.root = content.root or key == lineage.root
        content.before.update(dict.fromkeys([*node.inputs.values(), *node.sources]))
        for source in node.sources:
            home.setdefault(source, _of_source(source))
    return list({id(content): content for content in home.values()}.values()), home


def _of_node(node: Node) -> Content:
    if node.missing:
        return Content("missing", "missing", [])
    kind = "version" if node.kind == REGISTERED else "task" if node.task else "outside"
    facts = [
        node.producer,
        node.code and f"code {short(node.code)}",
        node.run and f"run {node.run}",
    ]
    return Content(kind, node.task or node.name, list(filter(None, facts)))


def _of_source(source: Source) -> Content:
    facts = [_shortened(source.uri), f"{source.size:,} bytes", f"sha256 {source.sha256[:12]}"]
    return Content("source", "source", facts)


def _wrapped(notes: Sequence[str]) -> list[str]:
    return [line for note in notes for line in textwrap.wrap(note, LONGEST)]


def _shortened(text: str) -> str:
    """Leaves out the middle of a long text: the end of a path says most."""
    return text if len(text) <= LONGEST else f"{text[:10]}…{text[-(LONGEST - 11) :]}"


def _edges(box: Box) -> Iterator[str]:
    """Draws the edges that end at a box or a lane, and the lane itself."""
    for before, output, end in box.ends():
        left, start = before.x + before.width, before.start(output)
        middle = (left + box.x) / 2
        onward = "" if box.height else f"h{box.width:.1f}"
        yield (
            f'<path class="edge" d="M{left:.1f} {start:.1f}C{middle:.1f} {start:.1f} '
            f'{middle:.1f} {end:.1f} {box.x:.1f} {end:.1f}{onward}"/>'
        )
        if box.height:
            yield f'<path class="tip" d="M{box.x:.1f} {end:.1f}l-8 -4v8z"/>'


def _shape(content: Content, box: Box) -> Iterator[str]:
    """Draws a box: its band with the title, its facts, its outputs with their digests."""
    x, y, width, height = box.x, box.y, box.width, box.height
    yield f'<g class="{content.kind}{" root" if content.root else ""}">'
    yield (
        f'<rect class="card" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
        'rx="7"/>'
    )
    yield (
        f'<path class="band" d="M{x:.1f} {y + BAND:.1f}v{7 - BAND}q0 -7 7 -7h{width - 14:.1f}'
        f'q7 0 7 7v{BAND - 7}z"/>'
    )
    yield _text(content.title, x + PADDING, y + 17.5, "title")
    for number, fact in enumerate(content.facts):
        yield _text(fact, x + PADDING, y + content.baseline(number), "soft")
    for number, (name, digest) in enumerate(content.outputs.values(), start=len(content.facts)):
        below = y + content.baseline(number)
        yield _text(name, x + PADDING, below)
        yield _text(digest, x + width - PADDING, below, "soft", "end")
    yield "</g>"


def _text(text: str, x: float, y: float, kind: str = "", anchor: str = "start") -> str:
    attributes = f' class="{kind}"' if kind else ""
    attributes += ' text-anchor="end"' if anchor == "end" else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{attributes}>{_escaped(text)}</text>'


def _wide(text: str) -> float:
    """Returns the width of a text, in px."""
    return cell_len(_legible(text)) * CHARACTER


def _legible(text: str) -> str:
    """Replaces control characters and halves of a character, which XML does not have."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]", "\ufffd", text)


def _escaped(text: str) -> str:
    return html.escape(_legible(text))


def _page(lineage: Lineage, columns: Columns, shapes: Sequence[str]) -> str:
    title = f"Lineage of {lineage.nodes[lineage.root].title}"
    runs = {node.run: node.revision for node in lineage.nodes.values() if node.run}
    notes = [summary(lineage)]
    notes += [f"run {run}, {when(run)}: code {revision(runs[run])}" for run in sorted(runs)]
    boxes = [box for column in columns for box in column]
    bottom = max(box.y + box.height for box in boxes) + MARGIN
    right = max([box.x + box.width for box in boxes] + [max(map(_wide, notes)) + MARGIN])
    width, height = right + MARGIN, bottom + len(notes) * LINE + MARGIN / 2
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" role="img">',
        f"<title>{_escaped(title)}</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="page" width="{width:.0f}" height="{height:.0f}" rx="10"/>',
        _text(title, MARGIN, 36, "heading"),
        *shapes,
        *(_text(it, MARGIN, bottom + (n + 0.5) * LINE, "soft") for n, it in enumerate(notes)),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"

"""A lineage as a tree in a terminal: an artifact, and below it what it was made from."""

import datetime

from rich.text import Text
from rich.tree import Tree

from sentiment_common.artifacts import Source
from sentiment_pipelines.lineage.chain import Lineage, Node

DIRTY = "-dirty"
ABOVE = ("  ↑ see above", "dim")


def tree(lineage: Lineage) -> Tree:
    """Returns the tree; what several were made from is shown once and named where it returns."""
    root = Tree(_label(lineage.nodes[lineage.root], ""), guide_style="dim")
    _grow(root, lineage, lineage.nodes[lineage.root], None, set())
    return root


def summary(lineage: Lineage) -> str:
    """Returns how long the chain is, and whether it is whole."""
    missing = len(lineage.missing)
    counts = (
        _count(len(lineage.nodes) - missing, "artifact"),
        _count(len(lineage.sources), "source"),
        _count(missing, "missing link") if missing else "no link missing",
    )
    return ", ".join(counts)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number != 1 else ''}"


def _grow(
    tree: Tree, lineage: Lineage, node: Node, user: Node | None, shown: set[str | Source]
) -> None:
    for name, key in node.inputs.items():
        before = lineage.nodes[key]
        if key in shown:
            tree.add(_heading(before, name).append(*ABOVE))
            continue
        shown.add(key)
        _grow(tree.add(_label(before, name)), lineage, before, node, shown)
    for source in node.sources:
        text = Text.assemble(("source ", "green"), (source.uri, "bold"))
        facts = f"\n{source.size:,} bytes · sha256 {source.sha256}", "dim"
        tree.add(text.append(*ABOVE if source in shown else facts))
        shown.add(source)
    # All of one run is of one revision: it is said where the run's first artifact stands.
    if node.run and (user is None or user.run != node.run):
        tree.add(Text.assemble(("code revision ", "green"), revision(node.revision)))


def _heading(node: Node, name: str) -> Text:
    text = Text()
    if name and name != node.name:
        text.append(f"{name}: ", "dim")
    text.append(node.title, "bold red" if node.missing else "bold")
    if node.kind and node.kind != node.name:
        text.append(f" ({node.kind})")
    return text.append(f"  {short(node.digest)}", "cyan")


def _label(node: Node, name: str) -> Text:
    text = _heading(node, name)
    facts = [
        node.producer,
        node.code and f"code {short(node.code)}",
        node.run and f"run {node.run}",
        when(node.run),
    ]
    if not node.missing:
        text.append("\n" + " · ".join(filter(None, facts)), "dim")
    for note in node.notes:
        text.append(f"\n{note}", "red" if node.missing else "yellow")
    return text


def short(digest: str) -> str:
    """Returns the first twelve characters of a digest."""
    return digest.removeprefix("sha256:")[:12]


def when(run: str) -> str:
    """Returns when a run began, which its name tells; empty if the name is another."""
    try:
        begin = datetime.datetime.strptime(run[:15], "%Y%m%d-%H%M%S")
    except ValueError:
        return ""
    return f"{begin:%Y-%m-%d %H:%M} UTC"


def revision(name: str | None) -> str:
    """Says which commit a checkout was at."""
    if name is None:
        return "unknown: the run was deleted, or it ended before it was noted"
    if not name:
        return "unknown: the code was no git checkout"
    commit, dirty = name.removesuffix(DIRTY), name.endswith(DIRTY)
    return f"{commit}{', with changes that were not committed' if dirty else ''}"

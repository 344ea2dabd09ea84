"""``sentiment-pipelines lineage``: what an artifact or a registered model was made from."""

import argparse
import sys
from pathlib import Path
from typing import Any

from rich.console import Console

WIDE = 200


def add(commands: Any) -> None:
    """Adds the command."""
    lineage = commands.add_parser("lineage", help="say what an artifact or a model was made from")
    lineage.add_argument(
        "artifact", nargs="?", default="",
        help="a folder, a digest, RUN/TASK/OUTPUT, NAME@ALIAS or models:/NAME/VERSION "
        "(default: the champion)",
    )  # fmt: skip
    lineage.add_argument("--picture", type=Path, metavar="FILE", help="draw it as an SVG as well")
    lineage.set_defaults(command=_lineage)


def _lineage(arguments: argparse.Namespace) -> int:
    from sentiment_pipelines import tracker
    from sentiment_pipelines.lineage import chain, picture, target, tree

    available = chain.store()
    found = chain.trace(available, target.find(arguments.artifact, available, tracker.connect))
    # A file or a pipe gets each artifact in one line, however long.
    width = None if sys.stdout.isatty() else WIDE
    console = Console(file=sys.stdout, highlight=False, width=width)
    console.print(tree.tree(found))
    console.print(tree.summary(found))
    if arguments.picture:
        picture.save(found, arguments.picture)
        console.print(f"picture  {arguments.picture}", soft_wrap=True)
    return 0

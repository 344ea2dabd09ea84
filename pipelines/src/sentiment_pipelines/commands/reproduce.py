"""``sentiment-pipelines reproduce``: run a run again and compare what comes of it."""

import argparse
import sys
from typing import Any

from rich.console import Console

from sentiment_pipelines import backends

WIDE = 160


def add(commands: Any) -> None:
    """Adds the command."""
    reproduce = commands.add_parser(
        "reproduce", help="run a run again, apart from everything, and compare all digests"
    )
    reproduce.add_argument(
        "run", nargs="?", default="latest",
        help="its name, the beginning of it, or latest~1 (default: latest)",
    )  # fmt: skip
    backends.add_options(reproduce)
    reproduce.set_defaults(command=_reproduce)


def _reproduce(arguments: argparse.Namespace) -> int:
    from sentiment_pipelines import reproduction

    # A file or a pipe gets each artifact in one line, however long.
    width = None if sys.stdout.isatty() else WIDE
    console = Console(file=sys.stdout, highlight=False, width=width)
    return reproduction.reproduce(arguments.run, console, backends.chosen(arguments))

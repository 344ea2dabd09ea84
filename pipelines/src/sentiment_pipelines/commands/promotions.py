"""``sentiment-pipelines promotions`` and ``rollback``: champions over time, and the way back."""

import argparse
import getpass
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from sentiment_common.promotions import Promotion
    from sentiment_pipelines.promotions import Champion

WIDTH = 180
"""Columns of the output where it is no terminal."""
SHORT = 12
COLOURS = {"push": "green", "force": "red", "rollback": "yellow", "found": "dim"}


def add(commands: Any) -> None:
    """Adds the commands."""
    listed = commands.add_parser("promotions", help="list the champions over time")
    listed.add_argument("--json", action="store_true", help="for tools")
    listed.set_defaults(command=_promotions)
    back = commands.add_parser("rollback", help="go back to an earlier champion")
    back.add_argument(
        "--to", default="", metavar="VERSION", help="of the registry (default: the one before)"
    )
    back.add_argument("--reason", required=True, metavar="WHY", help="stays in the registry")
    back.add_argument("--by", default="", metavar="WHO", help="(default: the user's name here)")
    back.set_defaults(command=_rollback)


def _promotions(arguments: argparse.Namespace) -> int:
    from sentiment_pipelines import champion, tracker
    from sentiment_pipelines.promotions import champions

    found = champions(champion.log(tracker.connect()))
    if arguments.json:
        print(json.dumps([_plain(it) for it in found], indent=1))
    elif found:
        width = None if sys.stdout.isatty() else WIDTH
        console = Console(file=sys.stdout, highlight=False, width=width)
        console.print(_table(found))
    else:
        print("no champion yet: `make pipeline-run` makes the first one")
    return 0


def _plain(it: "Champion") -> dict[str, Any]:
    return {
        **asdict(it.promotion),
        "reigning": it.reigning,
        "withdrawn": it.withdrawn.reason if it.withdrawn else None,
    }


def _table(found: "Sequence[Champion]") -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("", "version", "model", "promoted", "by", "macro-F1", "digest", "run"):
        right = title in ("version", "macro-F1")
        table.add_column(title, no_wrap=True, justify="right" if right else "left")
    table.add_column("who and why")
    for it in found:
        promotion = it.promotion
        figure = promotion.macro_f1
        table.add_row(
            "★" if it.reigning else "✗" if it.withdrawn else "",
            promotion.version,
            escape(promotion.model),
            promotion.time.replace("T", " ").removesuffix("Z"),
            f"[{COLOURS.get(promotion.action, 'red')}]{escape(promotion.action)}[/]",
            "" if figure is None else f"{figure:.3f}",
            promotion.digest.removeprefix("sha256:")[:SHORT],
            promotion.run,
            escape(_said(it)),
        )
    return table


def _said(it: "Champion") -> str:
    promotion = it.promotion
    said = ": ".join(part for part in (promotion.by, promotion.reason) if part)
    if not it.withdrawn:
        return said
    why = f"withdrawn on {it.withdrawn.date}: {it.withdrawn.reason}"
    return f"{said}; {why}" if said else why


def _rollback(arguments: argparse.Namespace) -> int:
    from sentiment_pipelines import runs, tracker
    from sentiment_pipelines.promotions import roll_back

    # A run under way has judged by the champion that goes.
    with runs.exclusive():
        by = arguments.by or getpass.getuser()
        gone, back = roll_back(tracker.connect(), arguments.to, arguments.reason, by)
    print(f"the champion is {_named(back)} again")
    print(f"{_named(gone)} is withdrawn: {back.reason}")
    print("it returns only by force: make pipeline-run FORCE='WHO: WHY'")
    return 0


def _named(it: "Promotion") -> str:
    return f"version {it.version} ({it.model}, {it.digest.removeprefix('sha256:')[:SHORT]})"

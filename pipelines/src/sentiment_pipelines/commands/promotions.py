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
    from sentiment_pipelines.retraining.story import Event

COLUMNS = ("promoted", "by", "macro-F1", "digest", "run")
NONE = "–"
"""Stands for the version of an alias that was taken away."""
WIDTH = 180
"""Columns of the output where it is no terminal."""
SHORT = 12
COLOURS = {
    "push": "green", "experiment": "green", "force": "red", "rollback": "yellow",
    "withdraw": "yellow", "found": "dim", "pushed": "green", "promoted": "green",
    "refused": "yellow", "stopped": "yellow", "failed": "red", "killed": "red", "look": "red",
}  # fmt: skip


def add(commands: Any) -> None:
    """Adds the commands."""
    listed = commands.add_parser("promotions", help="list the champions and challengers over time")
    listed.add_argument("--json", action="store_true", help="for tools")
    listed.add_argument(
        "--story", action="store_true",
        help="and all that happened in the order of time: promotions, retrainings, trials",
    )  # fmt: skip
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

    log = champion.every_log(tracker.connect())
    found = champions(log)
    events, doubts = _story(log) if arguments.story else ([], ())
    if arguments.json:
        told = events if arguments.story else found
        print(json.dumps([_plain(it) for it in told], indent=1))
        return 0
    width = None if sys.stdout.isatty() else WIDTH
    console = Console(file=sys.stdout, highlight=False, width=width)
    if found:
        console.print(_table(found))
    else:
        print("no champion yet: `make pipeline-run` makes the first one")
    if events:
        console.print()
        console.print(_events(events))
    for it in doubts:
        console.print(f"[red]![/] {escape(it)}", soft_wrap=True)
    return 0


def _story(log: "Sequence[Promotion]") -> "tuple[Sequence[Event], Sequence[str]]":
    from sentiment_pipelines.retraining import check, journal, story

    read = journal.read(check.decisions())
    return story.tell(log, read.lines), read.doubts


def _events(events: "Sequence[Event]") -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("when", "what", "about", "why"):
        table.add_column(title, no_wrap=title != "why")
    for it in events:
        often = f" ×{it.times}" if it.times > 1 else ""
        first = it.what.split()[-1]
        colour = COLOURS.get(first, COLOURS.get(it.what, ""))
        what = f"[{colour}]{escape(it.what)}[/]" if colour else escape(it.what)
        table.add_row(
            it.time.replace("T", " ")[:19], f"{what}{often}", escape(it.about), escape(it.why)
        )
    return table


def _plain(it: "Champion | Event") -> dict[str, Any]:
    from sentiment_pipelines.retraining.story import Event

    if isinstance(it, Event):
        return asdict(it)
    return {
        **asdict(it.promotion),
        "reigning": it.reigning,
        "withdrawn": it.withdrawn.reason if it.withdrawn else None,
    }


def _table(found: "Sequence[Champion]") -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    several = len({it.promotion.alias for it in found}) > 1
    aliases = ("alias",) if several else ()
    for title in ("", "version", "model", *aliases, *COLUMNS):
        right = title in ("version", "macro-F1")
        table.add_column(title, no_wrap=True, justify="right" if right else "left")
    table.add_column("who and why")
    for it in found:
        promotion = it.promotion
        figure = promotion.macro_f1
        table.add_row(
            _mark(it),
            promotion.version or NONE,
            escape(promotion.model),
            *([escape(promotion.alias)] if several else []),
            promotion.time.replace("T", " ").removesuffix("Z"),
            f"[{COLOURS.get(promotion.action, 'red')}]{escape(promotion.action)}[/]",
            "" if figure is None else f"{figure:.3f}",
            short(promotion.digest),
            promotion.run,
            escape(_said(it)),
        )
    return table


def _mark(it: "Champion") -> str:
    if it.reigning:
        return "★" if it.promotion.alias == "champion" else "☆"
    return "✗" if it.withdrawn else ""


def _said(it: "Champion") -> str:
    promotion = it.promotion
    said = ": ".join(part for part in (promotion.by, promotion.reason) if part)
    if not it.withdrawn:
        return said
    why = it.withdrawn.told
    return f"{said}; {why}" if said else why


def _rollback(arguments: argparse.Namespace) -> int:
    from sentiment_pipelines import champion, runs, tracker
    from sentiment_pipelines.promotions import roll_back

    # A run under way has judged by the champion that goes.
    with runs.exclusive():
        by, client = arguments.by or getpass.getuser(), tracker.connect()
        gone, back = roll_back(client, arguments.to, arguments.reason, by)
        challenger = champion.version_behind(client, champion.CHALLENGER)
    print(f"the champion is {named(back)} again")
    print(f"{named(gone)} is withdrawn: {back.reason}")
    print("it returns only by force: make pipeline-run FORCE='WHO: WHY'")
    if challenger is not None and str(challenger.version) == gone.version:
        print(
            "it is the challenger still: `sentiment-pipelines stop --experiment FILE --withdraw "
            "--reason WHY` ends that"
        )
    return 0


def named(it: "Promotion") -> str:
    """Returns how a version is called on a screen, e.g. ``version 3 (deep, d3a650e43d74)``."""
    return f"version {it.version} ({it.model}, {short(it.digest)})"


def short(digest: str) -> str:
    """Returns so much of a digest as tells it from the others."""
    return digest.removeprefix("sha256:")[:SHORT]

"""``sentiment-pipelines runs`` and ``gc``: look back at runs, compare them, delete old ones."""

import argparse
import datetime
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sentiment_common.errors import InputError
from sentiment_pipelines import history
from sentiment_pipelines.champion import ALIAS, CHALLENGER

if TYPE_CHECKING:
    from sentiment_pipelines.champion import Champion
    from sentiment_pipelines.retention import Plan

KEEP = 5
SHORT = 12
"""So many characters of a digest tell it from the others on a screen."""
WIDTH = 180
"""Columns of the output where it is no terminal."""
COLOURS = {
    "pushed": "green", "explored": "green", "scored": "green", "already-champion": "cyan",
    "running": "yellow", "submitted": "yellow",
}  # fmt: skip


def add(commands: Any) -> None:
    """Adds the commands."""
    runs = commands.add_parser("runs", help="list the runs, or compare some of them")
    runs.add_argument(
        "--compare", nargs="+", metavar="RUN", help="an id or its beginning, latest, latest~1"
    )
    runs.add_argument("--json", action="store_true", help="for tools")
    runs.set_defaults(command=_runs)
    gc = commands.add_parser("gc", help="delete old runs; the champion's stays, and the last few")
    gc.add_argument(
        "--keep",
        type=int,
        default=KEEP,
        metavar="N",
        help=f"so many finished runs (default {KEEP})",
    )
    gc.add_argument("--dry-run", action="store_true", help="say what would go, delete nothing")
    gc.set_defaults(command=_gc)


def _runs(arguments: argparse.Namespace) -> int:
    if arguments.compare:
        return _compare(arguments.compare, as_json=arguments.json)
    known = history.known()
    if not known:
        print("[]" if arguments.json else "no runs yet: `make pipeline-run` makes the first one")
        return 0
    champion, unknown = _champion_if_known()
    summaries = [history.summary(run) for run in known]
    defaults = _defaults()
    if arguments.json:
        print(json.dumps([_plain(it, champion, defaults) for it in summaries], indent=1))
        return 0
    console = _console()
    console.print(_table(summaries, champion, defaults))
    if champion:
        console.print("★ the champion came from this run")
    if unknown:
        console.print(f"which run the champion came from is unknown: {escape(unknown)}")
    return 0


def _console() -> Console:
    return Console(file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else WIDTH)


def _champion(alias: str = ALIAS) -> "Champion | None":
    """Asks the registry for the champion, or for the challenger."""
    from sentiment_pipelines import champion, tracker

    with tempfile.TemporaryDirectory() as folder:
        return champion.resolve(tracker.connect(), Path(folder) / alias, alias)


def _champion_if_known() -> "tuple[Champion | None, str]":
    """Asks the registry for the champion; the runs can be listed without it, if that is said."""
    try:
        return _champion(), ""
    except InputError as error:
        return None, str(error)


def _defaults() -> dict[str, dict[str, Any]]:
    """Returns what a run of each pipeline is given if nobody sets anything."""
    from sentiment_pipelines import graph
    from sentiment_pipelines.order import Order

    pipelines = (graph.TRAINING, graph.EXPLORATION, graph.BATCH, graph.MONITORING)
    return {
        it.stem: {**history.declared_defaults(it), **Order(it).parameters()} for it in pipelines
    }


def _of_champion(run: history.Summary, champion: "Champion | None") -> bool:
    return champion is not None and run.pushed == champion.digest


def _plain(
    run: history.Summary, champion: "Champion | None", defaults: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    return {
        **asdict(run),
        "begin": run.begin.isoformat(),
        "changed_parameters": history.differing(run.parameters, defaults[run.pipeline]),
        "made_champion": _of_champion(run, champion),
    }


def _table(
    summaries: Sequence[history.Summary],
    champion: "Champion | None",
    defaults: Mapping[str, Mapping[str, Any]],
) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("", "run", "began", "outcome"):
        table.add_column(title, no_wrap=True)
    for title in ("seconds", "ran", "reused", "rows"):
        table.add_column(title, justify="right")
    for title in ("model", "macro-F1", "parameters"):
        table.add_column(title)
    for run in summaries:
        changed = history.differing(run.parameters, defaults[run.pipeline])
        figure = run.chosen.metrics.get(history.HEADLINE) if run.chosen else None
        colour = COLOURS.get(run.outcome, "red")
        table.add_row(
            "★" if _of_champion(run, champion) else "",
            run.id,
            ago(run.begin, datetime.datetime.now(datetime.UTC)),
            f"[{colour}]{run.outcome}[/]",
            history.NONE if run.seconds is None else f"{run.seconds:.1f}",
            str(len(run.ran)),
            str(len(run.reused)),
            history.NONE if run.rows is None else f"{run.rows:,}",
            escape(run.chosen.name) if run.chosen else history.NONE,
            str(figure or history.NONE),
            escape(" ".join(f"{name}={history.shown(value)}" for name, value in changed.items())),
        )
    return table


def ago(then: datetime.datetime, now: datetime.datetime) -> str:
    """Says in words how long ago something was, e.g. ``5 min ago``."""
    seconds = (now - then).total_seconds()
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length:.0f} {unit} ago"
    return f"{max(seconds, 0):.0f} s ago"


def _compare(names: Sequence[str], *, as_json: bool) -> int:
    if len(names) < 2:
        raise InputError("two runs or more are compared", where="--compare", mend="name another")
    summaries = [history.summary(history.find(name)) for name in names]
    rows = history.compare(summaries)
    if as_json:
        ids = [it.id for it in summaries]
        listed = [{**asdict(row), "same": row.same} for row in rows]
        print(json.dumps({"runs": ids, "rows": listed}, indent=1))
        return 0
    _console().print(_comparison(summaries, rows))
    return 0


def _comparison(summaries: Sequence[history.Summary], rows: Sequence[history.Row]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("", "", *(it.id for it in summaries)):
        table.add_column(title)
    section = ""
    for row in rows:
        if row.section != section:
            section = row.section
            table.add_section()
            table.add_row(f"[dim]{section}[/]")
        table.add_row(
            f"  {escape(row.name)}",
            "[dim]=[/]" if row.same else "[yellow]≠[/]",
            *(escape(_short(value)) for value in row.values),
            style="dim" if row.same and section == "artifacts" else "",
        )
    return table


def _short(value: str) -> str:
    """Shortens digests and commits; the JSON has them whole."""
    if value.startswith("sha256:"):
        return value.removeprefix("sha256:")[:SHORT]
    commit, dash, dirty = value.partition("-")
    is_commit = len(commit) == 40 and set(commit) <= set("0123456789abcdef")
    return f"{commit[:SHORT]}{dash}{dirty}" if is_commit else value


def _gc(arguments: argparse.Namespace) -> int:
    from sentiment_pipelines import retention, runs

    if arguments.keep < 0:
        raise InputError(f"{arguments.keep} runs cannot be kept", where="--keep")
    if not history.known() and not runs.folder().exists():
        print("no runs yet, nothing to delete")
        return 0
    with runs.undisturbed():
        what = retention.plan(arguments.keep, _champion(), _champion(CHALLENGER))
        freed = retention.freed(what.paths)
        if not arguments.dry_run:
            retention.carry_out(what)
    _report(what, freed, dry_run=arguments.dry_run)
    return 0


def _report(what: "Plan", freed: int, *, dry_run: bool) -> None:
    would = "would be " if dry_run else ""
    for run, why in what.kept.items():
        print(f"{'kept':<7}  {run}  {why}")
    for run, outcome in what.deleted.items():
        print(f"{'to go' if dry_run else 'deleted':<7}  {run}  {outcome}")
    if what.checkpoints:
        print(f"progress of {len(what.checkpoints)} tasks that nobody continues {would}deleted")
    print(f"{freed / 1e6:,.1f} MB {would}freed")

"""``sentiment-pipelines promote`` and ``stop``: the end of an experiment on live traffic."""

import argparse
import getpass
import sys
from collections.abc import Container, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sentiment_common.errors import InputError
from sentiment_pipelines import environments
from sentiment_pipelines.commands.promotions import named
from sentiment_pipelines.parameters import FORCE

if TYPE_CHECKING:
    from sentiment_common.promotions import Promotion
    from sentiment_pipelines.experiments import Check, Demand

EXIT_DONE, EXIT_REFUSED = 0, 3
WIDTH = 160
"""Columns of the output where it is no terminal."""


def add(commands: Any) -> None:
    """Adds the commands."""
    promote = commands.add_parser(
        "promote", help="make an experiment's challenger the champion, if it has earned it"
    )
    _add_common(promote)
    found = promote.add_mutually_exclusive_group()
    found.add_argument("--comparison", type=Path, metavar="DIR", help="what `compare` found")
    found.add_argument(
        "--log", type=Path, metavar="DIR", default=environments.VAR / "requests",
        help="request log to judge it by now (default: var/requests)",
    )  # fmt: skip
    promote.add_argument(
        "--accept-not-worse", action="store_true", help="not being worse is enough"
    )
    promote.add_argument(
        "--force", default="", metavar="'WHO: WHY'", help="whatever the experiment found"
    )
    promote.set_defaults(command=_promote)
    stop = commands.add_parser("stop", help="stop an experiment's challenger")
    _add_common(stop)
    stop.add_argument("--reason", required=True, metavar="WHY", help="is kept")
    stop.add_argument(
        "--withdraw", action="store_true",
        help="take its alias away too: the model returns by force alone",
    )  # fmt: skip
    stop.set_defaults(command=_stop)


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--experiment", type=Path, required=True, metavar="FILE", help="its TOML")
    parser.add_argument(
        "--variant", default="", metavar="NAME", help="(default: the only challenger)"
    )
    parser.add_argument(
        "--alias", default="challenger", help="of the challenger's version (default: challenger)"
    )
    parser.add_argument(
        "--state", type=Path, metavar="DIR", help="of what was stopped (default: beside the file)"
    )
    parser.add_argument("--by", default="", metavar="WHO", help="(default: the user's name here)")


def _promote(arguments: argparse.Namespace) -> int:
    from sentiment_common.experiment import read_experiment
    from sentiment_pipelines import experiments, runs, tracker

    demand, file = _demand(arguments), arguments.experiment
    experiment = read_experiment(file)
    challenger = experiments.challenger_of(experiment, arguments.variant, str(file))
    comparison = arguments.comparison or experiments.compare(
        arguments.log, file, experiment, arguments.state
    )
    evidence = experiments.read_evidence(comparison, experiment, challenger)
    # A service that cannot write beside the file keeps its state with the log.
    places = (arguments.state, arguments.log)
    stopped = experiments.stop_of(file, experiment, challenger, places)
    # A run under way has judged by the champion that goes.
    with runs.exclusive():
        outcome = experiments.promote(tracker.connect(), evidence, stopped, demand)
    _console().print(_table(outcome.checks), end="" if outcome.already else "\n")
    for doubt in evidence.doubts:
        print(f"note: {doubt}")
    if outcome.promotion is None:
        print("refused: the champion stays")
        return EXIT_REFUSED
    already = " already" if outcome.already else " now"
    print(f"the champion is {named(outcome.promotion)}{already}; `make rollback` goes back")
    print(f"end the experiment: set its stop in {file}, or begin one under another name")
    return EXIT_DONE


def _demand(arguments: argparse.Namespace) -> "Demand":
    from sentiment_pipelines.experiments import Demand

    by, force = arguments.by, ""
    if arguments.force:
        if not FORCE.fullmatch(arguments.force):
            raise InputError(
                f"{arguments.force!r} does not say who and why", where="--force",
                mend='write --force "WHO: WHY"',
            )  # fmt: skip
        who, _, force = (part.strip() for part in arguments.force.partition(":"))
        by = by or who
    return Demand(
        by or getpass.getuser(),
        arguments.alias,
        arguments.accept_not_worse,
        " ".join(force.split()),
    )


def _console() -> Console:
    return Console(file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else WIDTH)


def _table(checks: "Sequence[Check]") -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    for column in range(3):
        table.add_column(no_wrap=column < 2)
    for it in checks:
        mark = "[green]✓[/]" if it.passed else "[red]✗[/]"
        table.add_row(mark, it.name, escape(it.reason))
    return table


def _stop(arguments: argparse.Namespace) -> int:
    from sentiment_common.experiment import read_experiment
    from sentiment_pipelines import champion, experiments, runs, tracker

    file, by = arguments.experiment, arguments.by or getpass.getuser()
    experiment = read_experiment(file)
    challenger = experiments.challenger_of(experiment, arguments.variant, str(file))
    stopped = experiments.stop(file, experiment, challenger, by, arguments.reason, arguments.state)
    print(f"{challenger.name} is stopped since {stopped.time} by {stopped.by}: {stopped.reason}")
    print("its callers get the control; a new name begins the experiment anew")
    if arguments.withdraw:
        with runs.exclusive():
            client = tracker.connect()
            gone = experiments.withdraw(client, arguments.alias, by, arguments.reason)
            lost = champion.withdrawn(client)
        print(_told(gone, arguments.alias, lost))
    return EXIT_DONE


def _told(gone: "Promotion | None", alias: str, lost: "Container[str]") -> str:
    if gone is None:
        return f"no version has the alias {alias}"
    after = " and returns only by force" if gone.digest in lost else ", and goes on as champion"
    return f"{named(gone)} is {alias} no more{after}"

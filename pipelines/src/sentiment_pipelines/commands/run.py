"""``sentiment-pipelines run`` and ``plan``: a pipeline, on this machine or in a cluster."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from sentiment_pipelines import backends
from sentiment_pipelines.environments import ROOT
from sentiment_pipelines.graph import BATCH, EXPLORATION, MONITORING, TRAINING, compiled

if TYPE_CHECKING:
    from sentiment_pipelines.order import Order

PIPELINES = tuple(pipeline.stem for pipeline in (TRAINING, EXPLORATION, BATCH, MONITORING))


def add(commands: Any) -> None:
    """Adds the commands."""
    run = commands.add_parser("run", help="run a pipeline, on this machine or in a cluster")
    _add_parameters(run)
    run.add_argument("--fresh", action="store_true", help="reuse nothing of earlier runs")
    run.add_argument("--picture", type=Path, metavar="FILE", help="save what is shown as an SVG")
    run.add_argument(
        "--detach", action="store_true", help="return when it has started; for a cluster"
    )
    run.set_defaults(command=_run)
    plan = commands.add_parser("plan", help="say what a run would reuse, what it would run and why")
    _add_parameters(plan)
    plan.set_defaults(command=_plan)


def _add_parameters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--pipeline", choices=PIPELINES, default=PIPELINES[0], help="(default: training)"
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="override a parameter"
    )
    parser.add_argument("--params", type=Path, default=ROOT / "params.yaml", help="parameters file")
    backends.add_options(parser)


def _run(arguments: argparse.Namespace) -> int:
    from sentiment_pipelines import execution

    console = Console(file=sys.stdout, highlight=False, record=arguments.picture is not None)
    backend = backends.anywhere(arguments)
    code, _ = execution.run(
        _order(arguments), console, backend, arguments.picture, fresh=arguments.fresh
    )
    return code


def _plan(arguments: argparse.Namespace) -> int:
    from sentiment_pipelines import execution

    console = Console(file=sys.stdout, highlight=False)
    return execution.plan(_order(arguments), console, backends.anywhere(arguments))


def _order(arguments: argparse.Namespace) -> "Order":
    from sentiment_pipelines.order import Order

    return Order(compiled(arguments.pipeline), arguments.set, arguments.params)

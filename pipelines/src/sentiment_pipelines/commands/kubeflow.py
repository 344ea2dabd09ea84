"""``sentiment-pipelines watch`` and ``schedule``: runs in a cluster, while and before they run."""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console

from sentiment_common.errors import InputError
from sentiment_pipelines import graph


def add(commands: Any) -> None:
    """Adds the commands."""
    watch = commands.add_parser("watch", help="go on watching a run in a cluster, or end it")
    watch.add_argument(
        "run", nargs="?", default="latest", metavar="RUN", help="an id, latest (default: latest)"
    )
    watch.add_argument("--terminate", action="store_true", help="end it")
    watch.set_defaults(command=_watch)
    schedule = commands.add_parser(
        "schedule", help="have a cluster decide by the clock whether to retrain, or no more"
    )
    when = schedule.add_mutually_exclusive_group(required=True)
    when.add_argument("--cron", metavar="TIME", help='when, UTC: "0 3 * * *" is at three at night')
    when.add_argument("--off", action="store_true", help="no more")
    schedule.add_argument("--conf", default="", metavar="NAME", help="the cluster, by its file")
    schedule.set_defaults(command=_schedule)


def _watch(arguments: argparse.Namespace) -> int:
    from sentiment_pipelines import history
    from sentiment_pipelines.backends.kubeflow import Cluster, running

    run = history.find(arguments.run)
    running.facts_of(run)
    environment = running.environment_of(Cluster(run.facts["environment"]))
    if arguments.terminate:
        ended = running.end(run, environment)
        print(f"run {run.id} is terminated" if ended else f"run {run.id} has ended by itself")
        return 0
    return running.again(run, environment, Console(file=sys.stdout, highlight=False))


def _schedule(arguments: argparse.Namespace) -> int:
    from sentiment_pipelines.backends.kubeflow import Cluster, client, recurring, running

    if arguments.cron:
        recurring.cron(arguments.cron)  # a mistake there is said before anything is asked
    environment = running.environment_of(Cluster(arguments.conf))
    compiled = graph.SCHEDULED
    if not compiled.is_file():
        raise InputError("is not compiled", where=str(compiled), mend="run `make compile`")
    name = graph.name(compiled)
    if arguments.off:
        change = recurring.remove(client.connect(environment.connection), name)
        print(f"{name} runs by the clock no more" if change.deleted else f"{name} did not recur")
        return 0
    console = Console(file=sys.stdout, highlight=False)
    reached = running.reach(environment, console)
    with tempfile.TemporaryDirectory() as folder:
        change = running.recur(compiled, reached, Path(folder), arguments.cron, console)
    console.print(f"{name} runs at {arguments.cron} (UTC) in {environment.name}")
    console.print(f"recurring run {change.made}" if change.made else "it was so already")
    return 0

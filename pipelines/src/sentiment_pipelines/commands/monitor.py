"""``sentiment-pipelines monitor``: the champion on live traffic, now or at any time of the log."""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sentiment_common.errors import InputError
from sentiment_pipelines import backends
from sentiment_pipelines.environments import VAR

if TYPE_CHECKING:
    from sentiment_pipelines.runs import Run

EXAMPLES = """examples:
  sentiment-pipelines monitor
  sentiment-pipelines monitor --log /var/log/sentiment --window 7d
  sentiment-pipelines monitor --until 2026-11-20T00:00:00Z --alarms alarms.toml
"""


def add(commands: Any) -> None:
    """Adds the command."""
    monitor = commands.add_parser(
        "monitor", help="say what has changed on live traffic, how good the model is, what to do",
        epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    monitor.add_argument(
        "--log",
        type=Path,
        default=VAR / "requests",
        metavar="DIR",
        help="request log (var/requests)",
    )
    monitor.add_argument("--window", default="24h", help="its length: 24h, 90m, 7d (24h)")
    monitor.add_argument("--until", default="", metavar="TIME", help="its end, ISO time (now)")
    monitor.add_argument("--alarms", default="auto", help="auto, a TOML file, or TOML")
    monitor.add_argument("--show-texts", action="store_true", help="show the strangest texts")
    monitor.add_argument(
        "--model", default="champion", metavar="DIR", help="a bundle (default: the champion)"
    )
    backends.add_options(monitor)
    monitor.set_defaults(command=_monitor)


def folder() -> Path:
    """Returns where decisions are kept: they outlive the runs that made them."""
    return VAR / "monitoring"


def _monitor(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from sentiment_pipelines import execution
    from sentiment_pipelines.graph import MONITORING
    from sentiment_pipelines.order import Order

    if not arguments.log.is_dir():
        raise InputError(
            "no such folder", where=str(arguments.log), mend="name a request log: LOG="
        )
    earlier = folder() / "decisions"
    earlier.mkdir(parents=True, exist_ok=True)
    assignments = [
        f"log={arguments.log}", f"history={earlier}", f"window={arguments.window}",
        f"until={arguments.until}", f"alarms={arguments.alarms}", f"model={arguments.model}",
        f"show_texts={arguments.show_texts}",
    ]  # fmt: skip
    console = Console(file=sys.stdout, highlight=False)
    code, run = execution.run(Order(MONITORING, assignments), console, backends.chosen(arguments))
    if code == 0:
        _keep(run, earlier)
    return code


def _keep(run: "Run", earlier: Path) -> None:
    """Copies the decision to where the next one looks, and the figures to where Prometheus does."""
    task = run.task("monitor")
    if task is None:
        raise RuntimeError(f"run {run.id} has no task that monitors")
    # A half-copied decision would stop every later run: it appears whole, and not before.
    with tempfile.TemporaryDirectory(dir=folder()) as staging:
        staged = shutil.copytree(task.folder / "drift", Path(staging) / run.id)
        staged.replace(earlier / run.id)
    figures = folder() / "monitor.prom"
    partial = figures.with_suffix(".partial")
    partial.write_text(str(task.results["metrics"]), encoding="utf-8")
    partial.replace(figures)

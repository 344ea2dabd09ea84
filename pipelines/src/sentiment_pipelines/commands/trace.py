"""``sentiment-pipelines trace``: from an answer to the rows behind its model, and back."""

import argparse
import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from sentiment_common.errors import InputError
from sentiment_pipelines.environments import VAR

if TYPE_CHECKING:
    from sentiment_pipelines.tracing.scanning import Watch
    from sentiment_pipelines.tracing.trace import House, Trace

EXAMPLES = """examples:
  sentiment-pipelines trace --request d4b621af357b7d55:0
  sentiment-pipelines trace --request d4b621 --show-texts --picture trace.svg
  sentiment-pipelines trace --row amazon-4_1
  sentiment-pipelines trace --version 3 --json
  sentiment-pipelines trace --data data/reviews.csv@HEAD~1
"""


def add(commands: Any) -> None:
    """Adds the command."""
    trace = commands.add_parser(
        "trace", help="say what is behind an answer: model, run, code, data, rows; or go back",
        epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    what = trace.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--request", metavar="ID[:POSITION]", help="the answer's X-Request-Id, or its beginning"
    )
    what.add_argument("--row", metavar="ID", help="id of a row; of one left out FILE:ROW as well")
    what.add_argument("--version", metavar="NUMBER", help="a version of the registry")
    what.add_argument("--data", metavar="FILE[@REV]", help="a file, as it is or as git has it")
    trace.add_argument(
        "--log", type=Path, default=VAR / "requests", metavar="DIR", help="log (var/requests)"
    )
    trace.add_argument(
        "--labels", type=Path, metavar="FILE", help="labels by people (data/labels.csv)"
    )
    trace.add_argument("--show-texts", action="store_true", help="show texts as they were kept")
    trace.add_argument("--picture", type=Path, metavar="FILE", help="draw the chain as an SVG")
    trace.add_argument("--json", action="store_true", help="for tools")
    trace.set_defaults(command=_trace)


def _trace(arguments: argparse.Namespace) -> int:
    from sentiment_pipelines import runs, tracker
    from sentiment_pipelines.labelling import store
    from sentiment_pipelines.tracing.page import WIDTH, page
    from sentiment_pipelines.tracing.trace import House

    labels = arguments.labels or store.default()
    with _watching() as watch:
        house = House(arguments.log, tracker.connect(), runs.folder().parent, labels, watch)
        trace = _asked(house, arguments)
    shown = trace if arguments.show_texts else trace.without_texts()
    if arguments.picture:
        _draw(trace, arguments.picture)
    if arguments.json:
        print(json.dumps(shown.plain(), indent=1, default=str))
        return 0
    console = Console(
        file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else WIDTH
    )
    console.print(page(shown, texts=arguments.show_texts))
    if arguments.picture:
        console.print(f"\npicture  {arguments.picture}", soft_wrap=True)
    return 0


def _asked(house: "House", arguments: argparse.Namespace) -> "Trace":
    if arguments.request is not None:
        return house.request(arguments.request)
    if arguments.row is not None:
        return house.row(arguments.row)
    if arguments.version is not None:
        return house.version(arguments.version)
    return house.data(arguments.data)


def _draw(trace: "Trace", file: Path) -> None:
    from sentiment_pipelines.lineage import picture

    lineages = [it.lineage for it in trace.models if it.lineage]
    if len(lineages) != 1:
        raise InputError(
            f"a picture shows the chain of one model, and this is about {len(lineages)}",
            where="--picture", mend="draw that of a version: --version NUMBER",
        )  # fmt: skip
    picture.save(lineages[0], file)


@contextlib.contextmanager
def _watching() -> Iterator["Watch"]:
    """Shows a person at a terminal how much of the log is read."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    console = Console(file=sys.stderr)
    columns = (TextColumn("request log"), BarColumn(), DownloadColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("", total=None)

        def watch(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield watch

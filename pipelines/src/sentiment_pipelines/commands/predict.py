"""``sentiment-pipelines predict``: many texts scored by the champion or another model."""

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from sentiment_common.errors import InputError
from sentiment_pipelines import backends

if TYPE_CHECKING:
    from sentiment_pipelines.backends.local import Backend
    from sentiment_pipelines.runs import TaskRecord

FORMATS = {".parquet": "parquet", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
EXAMPLES = """examples:
  sentiment-pipelines predict tickets.csv scored.parquet --text body --id ticket
  sentiment-pipelines predict 's3://feedback/2026/*.jsonl.gz' s3://feedback/scored.csv --replace
  sentiment-pipelines predict reviews.parquet scored.jsonl --model var/model --set keep_columns=shop
"""


def add(commands: Any) -> None:
    """Adds the command."""
    predict = commands.add_parser(
        "predict", help="score many texts, from any source to Parquet, CSV or JSON lines",
        epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    predict.add_argument("input", help="path, pattern or address of the texts, or several")
    predict.add_argument("output", help="file or address; its extension is the format")
    predict.add_argument("--text", default="text", metavar="COLUMN", help="with the text (text)")
    predict.add_argument("--id", default="", metavar="COLUMN", help="with an id (the row's place)")
    predict.add_argument(
        "--model", default="champion", metavar="DIR", help="a bundle (default: the champion)"
    )
    predict.add_argument("--replace", action="store_true", help="overwrite the output")
    predict.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE",
        help="a further option of batch_predict, e.g. keep_columns=shop,country",
    )  # fmt: skip
    backends.add_options(predict)
    predict.set_defaults(command=_predict)


def _predict(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from sentiment_pipelines import execution
    from sentiment_pipelines.graph import BATCH
    from sentiment_pipelines.order import Order

    assignments = [
        f"source={arguments.input}", f"text_column={arguments.text}", f"id_column={arguments.id}",
        f"model={arguments.model}", f"output_format={_format(arguments.output)}", *arguments.set,
    ]  # fmt: skip
    _check_output(arguments.output, arguments.input, replace=arguments.replace)
    console = Console(file=sys.stdout, highlight=False)
    backend = backends.chosen(arguments)
    code, run = execution.run(Order(BATCH, assignments), console, backend)
    task = run.task("batch-predict")
    if code or task is None:
        return code
    return _deliver(task, backend, arguments.output, replace=arguments.replace)


def _format(output: str) -> str:
    extension = PurePosixPath(output).suffix.lower()
    if extension not in FORMATS:
        raise InputError(
            f"its extension {extension!r} names no format", where=output,
            mend=f"end it in {', '.join(FORMATS)}",
        )  # fmt: skip
    return FORMATS[extension]


def _check_output(output: str, given: str, *, replace: bool) -> None:
    """Checks what can be known of the output before hours of scoring."""
    if "://" in output:
        return
    path = Path(output)
    if path.is_dir():
        raise InputError("a folder", where=output, mend="name a file in it")
    for one in (path, path.with_name(f"{path.stem}.refused.jsonl")):
        if one.exists() and not replace:
            raise InputError("there is such a file already", where=str(one), mend="add --replace")
    if path.exists() and any(_same(path, it) for it in _sources(given)):
        raise InputError("it is read, and would be replaced", where=output, mend="name another")
    place = next(it for it in path.absolute().parents if it.exists())
    if not (place.is_dir() and os.access(place, os.W_OK)):
        raise InputError("nothing can be written there", where=str(place), mend="name another")


def _sources(given: str) -> Iterator[Path]:
    from sentiment_pipelines import parameters, versions

    return versions.paths(str(parameters.absolute("source", given)))


def _same(one: Path, other: Path) -> bool:
    return other.exists() and one.samefile(other)


def _deliver(task: "TaskRecord", backend: "Backend", output: str, *, replace: bool) -> int:
    """Copies what was scored to where it is wanted, by the stage, which can reach it."""
    from sentiment_pipelines.backends.local import Work

    scored, place = task.folder / "scored", output
    writes = []
    if "://" not in output:
        place = str(Path(output).absolute())
        writes = [Path(place).parent]
    command = ["python", "-m", "sentiment_batch_predict.deliver", "--scored", str(scored)]
    command += ["--to", place, *(["--replace"] if replace else [])]
    work = Work(
        "deliver", task.image, command, {"to": place}, [scored], writes,
        log=task.log.with_name("deliver.log"),
    )  # fmt: skip
    told: list[str] = []
    code = backend.run(work, told.append)
    print("\n".join(told), file=sys.stderr if code else sys.stdout)
    if code:
        print(f"sentiment-pipelines: the rows are whole in {scored}", file=sys.stderr)
    return code

"""``sentiment-pipelines``: compile what is committed, run the training pipeline, find the champion.

Exit codes of ``run``: 0 done, 1 a bug, 2 bad input, 3 refused (by the data or by the gate).
"""

import argparse
import json
import shutil
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from rich.console import Console

from sentiment_common.errors import InputError
from sentiment_pipelines import display, environments, parameters
from sentiment_pipelines.environments import ROOT
from sentiment_pipelines.runs import EXIT_BAD_INPUT, Observer, Run

EXIT_DONE, EXIT_BUG, EXIT_REFUSED = 0, 1, 3
EPILOG = """examples:
  sentiment-pipelines run
  sentiment-pipelines run --set source=reviews.csv --set rating_column=stars
  sentiment-pipelines compile
"""


def main(argv: Sequence[str] | None = None) -> None:
    """Runs the command line and exits with its code."""
    arguments = _parser().parse_args(argv)
    signal.signal(signal.SIGTERM, _stop)
    try:
        sys.exit(arguments.command(arguments))
    except InputError as error:
        print(f"sentiment-pipelines: {error}", file=sys.stderr)
        sys.exit(EXIT_BAD_INPUT)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(130)


def _stop(signum: int, frame: object) -> NoReturn:
    # An exception unwinds the stack: the running task is stopped and the run is closed.
    raise SystemExit(128 + signum)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sentiment-pipelines",
        description=__doc__,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="run the training pipeline on this machine")
    run.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="override a parameter"
    )
    run.add_argument("--params", type=Path, default=ROOT / "params.yaml", help="parameters file")
    run.add_argument("--picture", type=Path, metavar="FILE", help="save what is shown as an SVG")
    run.set_defaults(command=_run)
    compile_ = commands.add_parser("compile", help="write component.yaml, README tables, pipelines")
    compile_.set_defaults(command=_compile)
    champion = commands.add_parser("champion", help="print the folder of the champion's bundle")
    champion.set_defaults(command=_champion)
    return parser


def _compile(arguments: argparse.Namespace) -> int:
    from sentiment_pipelines import compilation

    for path in compilation.write_all():
        print(path.relative_to(ROOT))
    return EXIT_DONE


def _champion(arguments: argparse.Namespace) -> int:
    from sentiment_pipelines import champion, tracker

    bundle = champion.champion_bundle(tracker.connect())
    if bundle is None:
        raise InputError("no model has been pushed yet", mend="run `make pipeline-run`")
    print(bundle)
    return EXIT_DONE


def _run(arguments: argparse.Namespace) -> int:
    from sentiment_pipelines import champion, tracker
    from sentiment_pipelines.backends import process
    from sentiment_pipelines.compilation import TRAINING

    begin = time.monotonic()
    console = Console(file=sys.stdout, highlight=False, record=arguments.picture is not None)
    given = parameters.read(arguments.params, arguments.set, TRAINING)
    given["source"] = _absolute(given.get("source", "default"))
    _prepare_environments(console, [process.room_for(image) for image in process.images(TRAINING)])
    client = tracker.connect()
    run = Run.begin()
    digest = champion.resolve(client, run.folder / "champion")
    console.print(f"run {run.id}, champion {digest[7:19] if digest else 'none yet'}")
    record = tracker.Tracker(client, run, given)
    observers: list[Observer] = [display.Progress(console), record]
    values = {**given, "champion": str(run.folder / "champion")}
    try:
        done = process.execute(TRAINING, values, run, observers, tracker.settings())
    except BaseException:
        record.close("KILLED", "stopped")
        raise
    outcome = _outcome(run) if done else "failed"
    record.close("FINISHED" if done else "FAILED", outcome)
    _report(console, run, outcome, time.monotonic() - begin)
    if arguments.picture:
        display.save_picture(console, arguments.picture)
    if outcome == "failed":
        return EXIT_BAD_INPUT if run.tasks[-1].exit_code == EXIT_BAD_INPUT else EXIT_BUG
    return EXIT_REFUSED if outcome == "refused" else EXIT_DONE


def _absolute(source: str) -> str:
    """Tasks run in folders of their own, so a path is made absolute before the run."""
    return str(Path(source).resolve()) if Path(source).exists() else source


def _prepare_environments(console: Console, needed: Sequence[environments.Room]) -> None:
    for room in needed:
        begin = time.monotonic()
        if environments.sync(room):
            console.print(f"environment of {room.name} made in {time.monotonic() - begin:.0f} s")


def _outcome(run: Run) -> str:
    evaluate = run.task("evaluate")
    if evaluate is None:
        return "refused"
    verdict = str(evaluate.results["verdict"])
    return "pushed" if verdict == "blessed" else verdict


def _report(console: Console, run: Run, outcome: str, seconds: float) -> None:
    failed = next((task for task in run.tasks if task.exit_code), None)
    if failed:
        display.failure(console, failed)
        return
    evaluate = run.task("evaluate")
    if evaluate:
        console.print(display.models(_json(evaluate.folder / "evaluation" / "evaluation.json")))
        blessing = _json(evaluate.folder / "blessing" / "blessing.json")
        console.print(display.verdict(blessing), soft_wrap=True)
    places = [*_reports(run), ("experiments", "make ui")]
    if outcome in ("pushed", "already-champion"):
        places.append(("serve the model", "make serve"))
    display.where_next(console, run, places)
    console.print(f"{outcome} in {seconds:.0f} s")


def _reports(run: Run) -> list[tuple[str, object]]:
    """Copies the HTML reports to the top of the run's folder, with a name that a browser opens."""
    found: list[tuple[str, object]] = []
    for stage, name in (("validate", "data report"), ("evaluate", "evaluation report")):
        task = run.task(stage)
        if task:
            target = run.folder / f"{name.replace(' ', '-')}.html"
            shutil.copyfile(task.folder / "report", target)
            found.append((name, target))
    return found


def _json(path: Path) -> Mapping[str, Any]:
    content: Mapping[str, Any] = json.loads(path.read_text())
    return content

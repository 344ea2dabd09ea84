"""``sentiment-pipelines``: run a pipeline, plan it, score texts, look back at runs.

Exit codes: 0 done, 1 a bug, 2 bad input, 3 refused (by the data or by the gate).
"""

import argparse
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

from sentiment_common.cli import NO_SPACE, out_of_space
from sentiment_common.errors import InputError
from sentiment_pipelines.commands import (
    cluster,
    dashboard,
    experiments,
    history,
    images,
    kubeflow,
    labelling,
    lineage,
    monitor,
    predict,
    promotions,
    releases,
    reproduce,
    retraining,
    run,
    study,
    trace,
    versions,
)
from sentiment_pipelines.commands import compile as compile_
from sentiment_pipelines.runs import EXIT_BAD_INPUT, unwritable

COMMANDS = (
    run, kubeflow, predict, monitor, history, promotions, experiments, lineage, trace, reproduce,
    study, versions, labelling, retraining, images, cluster, releases, dashboard, compile_,
)  # fmt: skip
EPILOG = """examples:
  sentiment-pipelines run
  sentiment-pipelines run --set source=reviews.csv --set rating_column=stars
  sentiment-pipelines run --pipeline exploration --set source=reviews.csv
  sentiment-pipelines plan --set epochs=5
  sentiment-pipelines run --backend kubeflow --conf cloud --detach
  sentiment-pipelines watch
  sentiment-pipelines schedule --cron "0 3 * * *"
  sentiment-pipelines predict tickets.csv scored.parquet --text body
  sentiment-pipelines runs --compare latest latest~1
  sentiment-pipelines promotions
  sentiment-pipelines rollback --reason "calls refunds positive"
  sentiment-pipelines promote --experiment encoder-1.toml
  sentiment-pipelines stop --experiment encoder-1.toml --reason "calls refunds positive"
  sentiment-pipelines retrain-check --dry-run
  sentiment-pipelines lineage champion
  sentiment-pipelines trace --request d4b621af357b7d55:0
  sentiment-pipelines reproduce latest
  sentiment-pipelines study --seeds 13 14 15
  sentiment-pipelines data checkout HEAD~1
  sentiment-pipelines releases check
  sentiment-pipelines images ingest push
  sentiment-pipelines label-sample --rows 200 --window 7d
  sentiment-pipelines label-import labelled.csv --by anna
  sentiment-pipelines dashboard --service http://127.0.0.1:3000
  sentiment-pipelines compile
"""


def main(argv: Sequence[str] | None = None) -> None:
    """Runs the command line and exits with its code."""
    arguments = _parser().parse_args(argv)
    signal.signal(signal.SIGTERM, _stop)
    try:
        sys.exit(arguments.command(arguments))
    except InputError as error:
        _complain(str(error))
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        if out_of_space(error):
            _complain(NO_SPACE)
        if refusal := unwritable(error):
            _complain(str(refusal))
        raise


def _complain(line: str) -> NoReturn:
    print(f"sentiment-pipelines: {line}", file=sys.stderr)
    sys.exit(EXIT_BAD_INPUT)


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
    for module in COMMANDS:
        module.add(commands)
    return parser

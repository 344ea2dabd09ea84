"""The command line of batch_predict."""

from __future__ import annotations

import logging
import resource
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sentiment_common.artifacts import MODEL, SCORED, read_manifest, write_json
from sentiment_common.cli import Input, Option, Output, Stage, Task
from sentiment_common.errors import InputError
from sentiment_common.source_options import SOURCE_OPTIONS, pins

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import SimpleNamespace

    from sentiment_batch_predict.progress import Progress
    from sentiment_batch_predict.results import Counts
    from sentiment_batch_predict.rows import Columns
    from sentiment_batch_predict.stage import Work
    from sentiment_sources import SourceSpec

FORMS = ("parquet", "csv", "jsonl")
STAGE = Stage(
    name="sentiment-batch-predict",
    summary="Scores feedback by the million with a trained model.",
    inputs=(Input("model", MODEL, "the bundle to score with, of any backend"),),
    outputs=(Output("scored", SCORED, "the rows with label and probabilities"),),
    options=(
        Option("source", str, "", "what to score: a path, a glob, an address or a list of sources"),
        Option("text_column", str, "text", "column with the text"),
        Option("id_column", str, "", "column with the id; the row's file and line if empty"),
        Option("keep_columns", str, "", "columns to carry through, separated by commas"),
        *SOURCE_OPTIONS,
        Option("output_format", str, "parquet", "format of the scored rows", FORMS),
        Option(
            "csv_safe", bool, True,
            "in CSV, put an apostrophe before cells that a spreadsheet would take for formulas",
        ),
        Option("redact", bool, False, "take personal data out of the columns carried through"),
        Option("longest_text", int, 100_000, "texts of more characters are refused"),
        Option("batch_size", int, 256, "texts scored together"),
        Option("workers", int, 0, "processes that score; as many as help if 0"),
        Option(
            "beam", str, "",
            "options of an Apache Beam pipeline that scores on more machines; none if empty",
        ),
    ),
    examples=(
        "sentiment-batch-predict --model model --source 'reviews/*.csv' --text-column review "
        "--out-scored scored",
        "sentiment-batch-predict --model model --source s3://feedback/2026.parquet --id-column "
        "ticket --keep-columns text,stars --output-format csv --out-scored scored",
    ),
)  # fmt: skip
logger = logging.getLogger(__name__)


def run(task: Task) -> None:
    """Scores the source and writes the rows, the refused ones and the counts."""
    from sentiment_batch_predict import progress, results
    from sentiment_models.bundle import read_bundle

    options = task.options
    specs, columns = _specs(options), _columns(options)
    work = _work(task, columns)
    folder = task.outputs["scored"]
    with ExitStack() as stack:
        kept = task.checkpoints or Path(
            stack.enter_context(tempfile.TemporaryDirectory(dir=folder.parent, prefix=".parts-"))
        )
        told = stack.enter_context(progress.Progress(progress.expected_rows(specs)))
        paths = _scored(task, specs, work, kept, told)
        counts = results.write(
            paths, folder, options.output_format, work.labels, csv_safe=options.csv_safe
        )
    bundle = read_bundle(task.input("model"))
    model = {"name": bundle.name, "backend": bundle.backend, "digest": work.model_digest}
    write_json(folder / "summary.json", {**counts.summary(work.labels), "model": model})
    _tell(task, counts, told)


def _specs(options: SimpleNamespace) -> list[SourceSpec]:
    from sentiment_sources import parse_sources

    if not options.source:
        raise InputError("nothing to score", where="--source", mend="give a path or an address")
    pinned = pins(options)
    return [
        replace(spec, query=spec.query or options.query, pins={**pinned, **spec.pins})
        for spec in parse_sources(options.source)
    ]


def _columns(options: SimpleNamespace) -> Columns:
    from sentiment_batch_predict.rows import Columns, parse_columns

    for name, least in (("batch_size", 1), ("workers", 0), ("longest_text", 1)):
        if getattr(options, name) < least:
            raise InputError(f"less than {least}", where=f"--{name.replace('_', '-')}")
    kept = parse_columns(options.keep_columns)
    return Columns(
        options.text_column, options.id_column, kept, options.longest_text, options.redact
    )


def _work(task: Task, columns: Columns) -> Work:
    from sentiment_batch_predict.stage import Work
    from sentiment_models import LABELS

    model = task.input("model")
    digest = read_manifest(model, MODEL).digest
    return Work(model, digest, columns, LABELS, task.options.batch_size)


def _scored(
    task: Task, specs: Sequence[SourceSpec], work: Work, folder: Path, told: Progress
) -> list[Path]:
    from sentiment_batch_predict import rows, scoring, stage
    from sentiment_batch_predict.finished import Finished
    from sentiment_sources import read

    if task.options.beam:
        from sentiment_batch_predict import beam

        return beam.score(specs, work, task.options.beam, folder, task.sources)
    reading = read(specs, work.columns.by_role)
    parts = rows.parts(reading, work.columns)
    workers = task.options.workers or scoring.processes(work.model, told.expected)
    paths = stage.score(parts, work, workers, Finished(folder, work.digest), told)
    task.sources += reading.sources
    for guess in reading.guesses:
        logger.info("%s", guess)
    return paths


def _tell(task: Task, counts: Counts, told: Progress) -> None:
    scored, refused = counts.scored.total(), counts.refused.total()
    if told.before:
        logger.info("%s rows had been scored before", f"{told.before:,}")
    logger.info(
        "rows: read %s, scored %s, refused %s; %s",
        f"{scored + refused:,}", f"{scored:,}", f"{refused:,}",
        ", ".join(f"{label} {count:,}" for label, count in sorted(counts.scored.items())),
    )  # fmt: skip
    if not scored:
        logger.warning("not one row could be scored: see refused.jsonl")
    # Kilobytes on Linux, bytes on macOS.
    unit = 1 if sys.platform == "darwin" else 1024
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    figures = {"rows_read": scored + refused, "rows_scored": scored, "rows_refused": refused}
    task.metadata["scored"] = figures
    speed = {"seconds": told.seconds, "rows_per_second": told.done / max(told.seconds, 1e-9)}
    task.tracking.metrics({**figures, **speed, "peak_memory_mb": memory / 1e6})


def main() -> None:
    """Entry point of ``sentiment-batch-predict``."""
    STAGE.main(run)

"""The command line of validate."""

import contextlib
import io
import logging
import os
from collections.abc import Iterator
from typing import Any

from sentiment_common.artifacts import ANOMALIES, EXAMPLES, SCHEMA, STATISTICS, write_json
from sentiment_common.cli import Input, Option, Output, Result, Stage, Task
from sentiment_validate.anomalies import tally

logger = logging.getLogger(__name__)

STAGE = Stage(
    name="sentiment-validate",
    summary="Judges examples against a schema with TensorFlow Data Validation; finds leakage.",
    inputs=(Input("examples", EXAMPLES, "labelled feedback in three splits"),),
    outputs=(
        Output("statistics", STATISTICS, "TFDV statistics of each split"),
        Output("used_schema", SCHEMA, "the schema that was used"),
        Output("anomalies", ANOMALIES, "what was found, by split and column"),
        Output("report", None, "the same as a web page"),
    ),
    results=(Result("verdict", "accepted, or refused if any anomaly is an error"),),
    options=(
        Option(
            "schema", str, "auto",
            "default-corpus, feedback, the path of a TFDV schema as protobuf text, or auto: "
            "default-corpus for the default data, feedback for yours",
        ),
    ),
    examples=(
        "sentiment-validate --examples var/examples --out-statistics var/statistics "
        "--out-used-schema var/schema --out-anomalies var/anomalies --out-report var/validate.html",
    ),
)  # fmt: skip


def run(task: Task) -> None:
    """Reads examples, judges them and writes statistics, schema, anomalies and report."""
    # Imports by cost: --help does without any, a mistaken --schema without TFDV's ten seconds.
    from sentiment_validate import examples, schema

    folder = task.input("examples")
    summary = examples.read_summary(folder)
    chosen = schema.choose(task.options.schema, summary)
    frames = examples.read_splits(folder)
    sizes = ", ".join(f"{len(frame):,} {split}" for split, frame in frames.items())
    logger.info("read %s; schema %s", sizes, chosen.name)
    logger.info("loading TensorFlow Data Validation")
    with _without_import_chatter():
        from sentiment_validate import judgement, report
    judged = judgement.judge(frames, chosen)

    (task.outputs["used_schema"] / "schema.pbtxt").write_text(chosen.text, "utf-8")
    judged.write_statistics(task.outputs["statistics"])
    judged.write_records(task.outputs["anomalies"])
    write_json(task.outputs["anomalies"] / "anomalies.json", judged.summary())
    task.outputs["report"].write_text(report.render(judged, summary), "utf-8")
    _tell(task, judged.summary())
    logger.info("%s: %s", judged.verdict, tally(judged.anomalies))


def _tell(task: Task, summary: dict[str, Any]) -> None:
    counts = {"errors": summary["errors"], "warnings": summary["warnings"]}
    task.results["verdict"] = summary["verdict"]
    task.metadata["anomalies"] = {"verdict": summary["verdict"], **counts}
    task.tracking.metrics({f"validate_{name}": float(n) for name, n in counts.items()})


@contextlib.contextmanager
def _without_import_chatter() -> Iterator[None]:
    """Keeps what TFDV says on import, about optional packages not used here, off the log."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # Nothing is computed with TensorFlow here; with oneDNN it says two lines that no level hides.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    logging.disable(logging.WARNING)
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        logging.disable(logging.NOTSET)


def main() -> None:
    """Runs the stage."""
    STAGE.main(run)

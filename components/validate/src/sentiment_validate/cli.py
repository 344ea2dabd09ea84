"""The command line of validate."""

from __future__ import annotations

import logging
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sentiment_common import memory
from sentiment_common.artifacts import (
    ANOMALIES,
    EXAMPLES,
    SCHEMA,
    STATISTICS,
    Source,
    file_sha256,
    write_json,
)
from sentiment_common.beam import beam_options
from sentiment_common.cli import Input, Option, Output, Result, Stage, Task
from sentiment_validate.loading import without_import_chatter

if TYPE_CHECKING:
    from sentiment_validate.judgement import Judgement

logger = logging.getLogger(__name__)

TOO_MUCH = "judge it on a machine with more, or a part of it"
"""What a Beam runner does not mend: leakage is looked for across all rows, here."""

STAGE = Stage(
    name="sentiment-validate",
    summary="Judges examples against a schema with TensorFlow Data Validation; finds leakage.",
    inputs=(
        Input("examples", EXAMPLES, "labelled feedback in three splits"),
        Input(
            "previous_statistics", STATISTICS,
            "statistics of earlier data, to measure drift from; may be empty", optional=True,
        ),
    ),
    outputs=(
        Output("statistics", STATISTICS, "TFDV statistics of each split"),
        Output("used_schema", SCHEMA, "the schema and the rules that were used"),
        Output("anomalies", ANOMALIES, "what was found, by split and column, and by rule"),
        Output("report", None, "the same as a web page"),
    ),
    results=(
        Result("verdict", "accepted, or refused if any anomaly is an error of a rule not accepted"),
    ),
    options=(
        Option(
            "schema", str, "auto",
            "default-corpus, feedback, a TFDV schema as protobuf text or the path of one, or auto: "
            "default-corpus for the default data, feedback for yours",
        ),
        Option(
            "rules", str, "auto",
            "default-corpus, feedback, thresholds and severities as TOML or the path of a TOML "
            "file, or auto: those shipped with the schema, else feedback",
        ),
        Option(
            "accept", str, "",
            "rules whose errors shall not refuse, and why: RULE=REASON, several parted by ';', or "
            "a JSON object",
        ),
        Option(
            "beam", str, "",
            "options of a Beam runner that computes the statistics, e.g. --runner=FlinkRunner "
            "--flink_master=flink:8081; empty for this machine",
        ),
    ),
    examples=(
        "sentiment-validate --examples var/examples --out-statistics var/statistics "
        "--out-used-schema var/schema --out-anomalies var/anomalies --out-report var/validate.html",
        "sentiment-validate ... --previous-statistics var/old/statistics "
        "--accept 'class_imbalance=few complaints in spring'",
        "sentiment-validate ... --beam='--runner=FlinkRunner --flink_master=flink:8081'",
    ),
)  # fmt: skip


def run(task: Task) -> None:
    """Reads examples, judges them and writes statistics, schema, anomalies and report."""
    # Imports by cost: --help does without any, a mistaken --schema without TFDV's ten seconds.
    from sentiment_validate import examples, rules, schema

    runner = beam_options(task.options.beam)
    accepted = rules.parse_accept(task.options.accept)
    folder = task.input("examples")
    summary = examples.read_summary(folder)
    chosen = schema.choose(task.options.schema, summary)
    policy = rules.choose(task.options.rules, chosen.name)
    own = (task.options.schema, task.options.rules)
    task.sources += [_source(name) for name in own if schema.is_file(name)]
    extent = examples.extent(folder)
    memory.check(extent.memory, f"judging {extent.rows:,} rows", TOO_MUCH)
    frames = examples.read_splits(folder)
    sizes = ", ".join(f"{len(frame):,} {split}" for split, frame in frames.items())
    logger.info("read %s; schema %s, rules %s", sizes, chosen.name, policy.name)
    logger.info("loading TensorFlow Data Validation")
    with without_import_chatter():
        from sentiment_validate import judgement, outcomes, report, statistics
        from sentiment_validate.beam_statistics import compute_on
    previous = task.inputs["previous_statistics"]
    earlier = statistics.read(previous) if previous else None
    beam = partial(compute_on, runner, task.outputs["statistics"])
    measure = beam if runner else statistics.compute_here
    judged = judgement.judge(frames, chosen, policy, accepted, earlier, measure)

    (task.outputs["used_schema"] / "schema.pbtxt").write_text(chosen.text, "utf-8")
    (task.outputs["used_schema"] / "rules.toml").write_text(policy.text, "utf-8")
    judged.write_statistics(task.outputs["statistics"])
    judged.write_records(task.outputs["anomalies"])
    write_json(task.outputs["anomalies"] / "anomalies.json", outcomes.record(judged))
    task.outputs["report"].write_text(report.render(judged, summary), "utf-8")
    _tell(task, judged)


def _source(path: str) -> Source:
    return Source(path, file_sha256(Path(path)), Path(path).stat().st_size)


def _tell(task: Task, judged: Judgement) -> None:
    for rule, reason in judged.accepted.items():
        fired = any(item.rule == rule for item in judged.anomalies)
        logger.warning("%s is accepted (%s)%s", rule, reason, "" if fired else ": it did not fire")
    logger.info("%s: %s", judged.verdict, judged.tally)
    summary = judged.summary()
    counts = {"errors": summary["errors"], "warnings": summary["warnings"]}
    told = {"verdict": judged.verdict, **counts, "accepted": summary["accepted"]}
    task.results["verdict"] = judged.verdict
    task.metadata["anomalies"] = told
    distances = {f"{item.rule}_{item.split}_{item.column}": item.value for item in judged.distances}
    accepted = {f"accepted_{rule}": reason for rule, reason in judged.accepted.items()}
    if accepted:
        task.tracking.parameters(accepted)
    metrics = {**counts, "accepted": len(accepted), **distances}
    task.tracking.metrics({f"validate_{name}": float(n) for name, n in metrics.items()})


def main() -> None:
    """Runs the stage."""
    STAGE.main(run)

"""The command line of monitor."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING

from sentiment_common.artifacts import (
    DRIFT,
    EVALUATION,
    EXAMPLES,
    MANIFEST,
    MODEL,
    STATISTICS,
    Kind,
    Source,
    file_sha256,
    read_intact,
    read_manifest,
    write_json,
)
from sentiment_common.cli import Input, Option, Output, Result, Stage, Task
from sentiment_common.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sentiment_monitor.findings import Finding
    from sentiment_monitor.history import Past
    from sentiment_monitor.policy import Policy
    from sentiment_monitor.span import Span
    from sentiment_monitor.watching import Outcome
    from sentiment_monitor.window import Window

logger = logging.getLogger(__name__)

NOTHING = {MANIFEST, "summary.json"}
"""All that an artifact has that holds nothing."""

STAGE = Stage(
    name="sentiment-monitor",
    summary="Watches a model on live traffic: drift, quality, and what should follow.",
    inputs=(
        Input("model", MODEL, "the bundle whose answers are looked at"),
        Input("examples", EXAMPLES, "what it was trained on, for the domain classifier", True),
        Input("statistics", STATISTICS, "validate's statistics of them, for TFDV", True),
        Input("evaluation", EVALUATION, "in which it was judged: what accuracy should be", True),
    ),
    outputs=(
        Output("drift", DRIFT, "decision.json: findings, quality, decision and its reasons"),
        Output("report", None, "the same as a page"),
    ),
    results=(
        Result("decision", "ok, watch, act or unknown"),
        Result("metrics", "figures for Prometheus, as node_exporter's textfile collector reads"),
    ),
    options=(
        Option("log", str, "", "folder of the request log with its feedback"),
        Option("since", str, "", "ISO time the window begins at; empty: its length before the end"),
        Option("until", str, "", "ISO time the window ends at; empty: now, to the minute"),
        Option("window", str, "24h", "length of the window: 24h, 90m, 7d"),
        Option("policy", str, "auto", "auto, a TOML file, or TOML such as 'min_rows = 50'"),
        Option("history", str, "", "folder of earlier decisions, at any depth; empty: none"),
        Option("show_texts", bool, False, "show the strangest texts in the report"),
    ),
    examples=(
        "sentiment-monitor --log var/requests --model var/champion --out-drift drift "
        "--out-report drift.html --out-decision decision",
        "sentiment-monitor --log var/requests --model var/champion --examples var/examples "
        "--statistics var/statistics --history var/drift --window 24h "
        "--out-drift var/drift/2026-11-23 --out-report drift.html --out-metrics monitor.prom",
    ),
)


def run(task: Task) -> None:
    """Reads a window of the log, holds it against training, and decides what should follow."""
    from sentiment_monitor import policy, record, report, span, watching
    from sentiment_monitor.exposition import exposition

    options, model = task.options, task.input("model")
    if not options.log:
        raise InputError("is missing", where="--log", mend="see --help")
    chosen = policy.choose(options.policy)
    if (file := Path(options.policy)).is_file():
        task.sources.append(Source(str(file), file_sha256(file), file.stat().st_size))
    asked = span.choose(options.since, options.until, options.window, time.time())
    digest = read_manifest(model, MODEL).digest
    known = watching.known_of(
        model, digest, _given(task, "examples", EXAMPLES),
        _given(task, "evaluation", EVALUATION), chosen,
    )  # fmt: skip
    window, past = _window(task, digest, asked, chosen)
    more = _tfdv(task, window, past, chosen)
    outcome = watching.watch(window, known, chosen, past, more)
    write_json(task.outputs["drift"] / "decision.json", record.as_json(outcome))
    task.outputs["report"].write_text(report.render(outcome, texts=options.show_texts), "utf-8")
    task.results["metrics"] = exposition(outcome, time.time())
    _tell(task, outcome)


def _given(task: Task, name: str, kind: Kind) -> Path | None:
    """Returns an optional input; None if it was left out, or holds nothing.

    No input of a pipeline can be left out: it gives an empty artifact for what nobody knows.
    """
    folder = task.inputs[name]
    if folder is None or {path.name for path in folder.iterdir()} - NOTHING:
        return folder
    read_intact(folder, kind)  # empty from the first, not an artifact that lost its files
    return None


def _window(task: Task, digest: str, asked: Span, chosen: Policy) -> tuple[Window, list[Past]]:
    from sentiment_models.bundle import read_bundle
    from sentiment_monitor import collecting, history

    name = read_bundle(task.input("model")).name
    lookback = min(asked.since, asked.until - 3_600 * chosen.count("quality_hours"))
    window = collecting.collect(
        Path(task.options.log),
        collecting.Asked(
            asked.since, asked.until, name, digest, lookback, chosen.count("texts"), time.time()
        ),
    )
    folder = task.options.history
    return window, history.read(Path(folder), window) if folder else []


def _tfdv(task: Task, window: Window, past: Sequence[Past], chosen: Policy) -> Sequence[Finding]:
    from sentiment_monitor.findings import too_few
    from sentiment_monitor.history import without_overlap

    folder = _given(task, "statistics", STATISTICS)
    if folder is None:
        return ()
    if len(window.texts) < chosen.count("min_rows"):
        # Its import alone takes ten seconds.
        return [too_few("tfdv", "tfdv-skew", chosen, len(window.texts))]
    logger.info("loading TensorFlow Data Validation")
    from sentiment_monitor import tfdv_checks

    train = tfdv_checks.read(folder / tfdv_checks.TRAIN)
    current = tfdv_checks.measure(window)
    (task.outputs["drift"] / tfdv_checks.WINDOW).write_bytes(
        current.SerializeToString(deterministic=True)
    )
    earlier = [it.folder / tfdv_checks.WINDOW for it in without_overlap(window, past)[:1]]
    before = next((tfdv_checks.read(path) for path in earlier if path.is_file()), None)
    return tfdv_checks.find(window, current, train, before, chosen)


def _tell(task: Task, outcome: Outcome) -> None:
    window, decision = outcome.window, outcome.decision
    logger.info("%s", window.account)
    logger.info("%s: %s", decision.decision, decision.reasons[0])
    task.results["decision"] = decision.decision
    task.metadata["drift"] = {
        "decision": decision.decision, "follow": list(decision.follow),
        "reasons": list(decision.reasons), "rows": len(window.answers),
    }  # fmt: skip
    effects = {
        f"monitor_{it.name}_{it.detector}": it.effect
        for it in decision.findings if it.effect is not None
    }  # fmt: skip
    task.tracking.metrics({"monitor_rows": float(len(window.answers)), **effects})


def main() -> None:
    """Runs the command line."""
    STAGE.main(run)

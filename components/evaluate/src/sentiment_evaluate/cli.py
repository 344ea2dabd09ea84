"""The command line of evaluate."""

import shutil
from collections.abc import Sequence

from sentiment_common.artifacts import (
    BLESSING,
    CHAMPION,
    EVALUATION,
    EXAMPLES,
    MANIFEST,
    MODEL,
    TRACKING,
    read_manifest,
    write_json,
)
from sentiment_common.cli import Input, Option, Output, Result, Stage, Task
from sentiment_common.code import stage_digest
from sentiment_common.errors import InputError
from sentiment_evaluate import contenders, outcome, precedent
from sentiment_evaluate.contenders import Contender
from sentiment_evaluate.outcome import Outcome
from sentiment_evaluate.precedent import Question

CANDIDATES = ("candidate", "candidate_2", "candidate_3", "candidate_4")
STAGE = Stage(
    name="sentiment-evaluate",
    summary="Scores the candidates and the champion on the same rows and decides on a blessing.",
    inputs=(
        Input("examples", EXAMPLES, "labelled feedback; validation and test splits are read"),
        Input("candidate", MODEL, "a model to judge"),
        Input("candidate_2", MODEL, "another one", optional=True),
        Input("candidate_3", MODEL, "another one", optional=True),
        Input("candidate_4", MODEL, "another one", optional=True),
        Input("champion", CHAMPION, "the model in production, or none"),
    ),
    outputs=(
        Output("evaluation", EVALUATION, "evaluation.json: every figure of every model"),
        Output("blessing", BLESSING, "blessing.json: the verdict with every rule"),
        Output("model", MODEL, "a copy of the chosen candidate"),
        Output("report", None, "the comparison as a page with plots"),
    ),
    results=(Result("verdict", "blessed, refused or already-champion"),),
    options=(
        Option("min_macro_f1", float, 0.5, "least macro-F1 on the test split"),
        Option("confidence", float, 0.95, "level of the intervals"),
        Option("bootstrap_samples", int, 1000, "resamples behind an interval"),
        Option("seed", int, 13, "seed of the resamples"),
    ),
    examples=(
        "sentiment-evaluate --examples examples --candidate baseline --candidate-2 deep "
        "--champion champion --out-evaluation evaluation --out-blessing blessing "
        "--out-model chosen --out-report report.html --out-verdict verdict",
    ),
)


def run(task: Task) -> None:
    """Compares, chooses, judges, and writes the verdict with its report."""
    _check_options(task)
    given = [(role, path) for role in CANDIDATES if (path := task.inputs[role]) is not None]
    candidates = contenders.candidates(given)
    champion = contenders.champion(task.input("champion"))
    found = precedent.find(champion, _question(task)) if champion else None
    if champion and found:
        _write(task, precedent.upheld(found, candidates, champion))
    else:
        _write(task, _compared(task, candidates, champion))


def _question(task: Task) -> Question:
    given = ((item, task.inputs[item.name]) for item in STAGE.inputs if item.kind != CHAMPION)
    inputs = {item.name: read_manifest(path, item.kind).digest for item, path in given if path}
    return Question(inputs, vars(task.options), STAGE.version, stage_digest(STAGE.name))


def _compared(task: Task, candidates: Sequence[Contender], champion: Contender | None) -> Outcome:
    """Scores everyone on the same rows; the libraries this takes are imported only now."""
    from sentiment_evaluate import evaluation, report
    from sentiment_evaluate.examples import read_split
    from sentiment_evaluate.resampling import Bootstrap

    options, examples = task.options, task.input("examples")
    settings = evaluation.Settings(
        options.min_macro_f1, options.confidence, Bootstrap(options.bootstrap_samples, options.seed)
    )
    found = evaluation.evaluate(
        candidates, champion, read_split(examples, "validation"), read_split(examples, "test"),
        settings,
    )  # fmt: skip
    value = evaluation.as_json(found)
    blessing = outcome.blessing(value, found.chosen.contender.manifest, found.verdict.reason)
    return Outcome(value, blessing, report.render(found), evaluation.costs(found))


def _write(task: Task, result: Outcome) -> None:
    chosen = outcome.chosen(result.evaluation)
    write_json(task.outputs["evaluation"] / "evaluation.json", result.evaluation)
    write_json(task.outputs["blessing"] / "blessing.json", result.blessing)
    # The registry keeps the evaluation with the model that it blesses; so the page goes along.
    for path in (task.outputs["report"], task.outputs["evaluation"] / precedent.REPORT):
        path.write_text(result.report, encoding="utf-8")
    _copy_model(task, chosen["role"])
    task.results["verdict"] = result.evaluation["verdict"]
    scalars = outcome.scalars(result.evaluation)
    task.metadata["metrics"] = dict(scalars)
    task.metadata["classification"] = outcome.kubeflow_classification(result.evaluation)
    task.metadata["model"] = {"name": chosen["model"]}
    task.tracking.metrics({**scalars, **result.costs})


def _copy_model(task: Task, role: str) -> None:
    """Copies the chosen bundle; with the digests of its folders it keeps its own."""
    source = task.input(role)
    shutil.copytree(
        source, task.outputs["model"], dirs_exist_ok=True,
        ignore=shutil.ignore_patterns(MANIFEST, TRACKING),
    )  # fmt: skip
    task.named_digests["model"] = dict(read_manifest(source, MODEL).named)


def _check_options(task: Task) -> None:
    options = task.options
    limits = (
        ("--min-macro-f1", 0 <= options.min_macro_f1 <= 1, "between 0 and 1"),
        ("--confidence", 0 < options.confidence < 1, "above 0 and below 1"),
        ("--bootstrap-samples", options.bootstrap_samples >= 100, "at least 100"),
        ("--seed", options.seed >= 0, "0 or above"),
    )
    for flag, holds, limit in limits:
        if not holds:
            raise InputError("the value is out of range", where=flag, mend=f"give one {limit}")


def main() -> None:
    """Runs the stage and exits."""
    STAGE.main(run)

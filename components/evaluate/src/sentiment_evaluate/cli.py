"""The command line of evaluate."""

import shutil

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
from sentiment_common.errors import InputError

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
    from sentiment_evaluate import evaluation, metrics, report, scoring
    from sentiment_evaluate.examples import read_split
    from sentiment_evaluate.resampling import Bootstrap

    options, examples = task.options, task.input("examples")
    given = [(role, path) for role in CANDIDATES if (path := task.inputs[role]) is not None]
    settings = evaluation.Settings(
        options.min_macro_f1, options.confidence, Bootstrap(options.bootstrap_samples, options.seed)
    )
    found = evaluation.evaluate(
        scoring.candidates(given),
        scoring.champion(task.input("champion")),
        read_split(examples, "validation"),
        read_split(examples, "test"),
        settings,
    )
    chosen = found.chosen
    write_json(task.outputs["evaluation"] / "evaluation.json", evaluation.as_json(found))
    write_json(task.outputs["blessing"] / "blessing.json", evaluation.blessing(found))
    _copy_model(task, chosen.contender.role)
    task.outputs["report"].write_text(report.render(found), encoding="utf-8")
    task.results["verdict"] = found.verdict.verdict
    scalars = evaluation.scalars(found)
    task.metadata["metrics"] = dict(scalars)
    task.metadata["classification"] = metrics.kubeflow_classification(
        chosen.test.matrix, chosen.test.curves.get("negative")
    )
    task.metadata["model"] = {"name": chosen.contender.model}
    task.tracking.metrics({**scalars, **evaluation.costs(found)})


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

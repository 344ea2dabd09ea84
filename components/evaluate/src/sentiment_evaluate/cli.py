"""The command line of evaluate."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sentiment_common.artifacts import (
    BLESSING,
    CHAMPION,
    COSTS,
    EVALUATION,
    EXAMPLES,
    MANIFEST,
    MODEL,
    TRACKING,
    Source,
    file_sha256,
    read_manifest,
    write_json,
)
from sentiment_common.cli import Input, Option, Output, Result, Stage, Task
from sentiment_common.code import stage_digest
from sentiment_common.errors import InputError
from sentiment_evaluate import contenders, outcome, policy, precedent
from sentiment_evaluate.contenders import Contender
from sentiment_evaluate.outcome import Outcome
from sentiment_evaluate.policy import Policy
from sentiment_evaluate.precedent import Question
from sentiment_evaluate.settings import Settings

if TYPE_CHECKING:
    from sentiment_evaluate.evaluation import Beside

AUTO = "auto"
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
        Input("champion", CHAMPION, "the model in production, if any", optional=True),
        Input("out_of_domain", EXAMPLES, "examples no model was trained for", optional=True),
    ),
    outputs=(
        Output("evaluation", EVALUATION, "evaluation.json: every figure of every model"),
        Output("blessing", BLESSING, "blessing.json: the verdict with every rule"),
        Output("model", MODEL, "a copy of the chosen candidate"),
        Output("report", None, "the comparison as a page with plots"),
    ),
    results=(Result("verdict", "blessed, refused or already-champion"),),
    options=(
        Option("policy", str, "auto", "what the gate asks: auto, a TOML file, or TOML"),
        Option("force", str, "", "WHO: WHY, to have it blessed whatever the policy says"),
        Option("behaviour", str, "auto", "behavioural suite: auto, or a TOML file that adds to it"),
        Option("out_of_domain_rows", int, 2000, "most rows of a source that is out of domain"),
        Option("seed", int, 13, "seed of the resamples"),
    ),
    examples=(
        "sentiment-evaluate --examples examples --candidate baseline --candidate-2 deep "
        "--champion champion --out-of-domain other_examples "
        "--out-evaluation evaluation --out-blessing blessing "
        "--out-model chosen --out-report report.html --out-verdict verdict",
    ),
)


def run(task: Task) -> None:
    """Compares, chooses, judges, and writes the verdict with its report."""
    settings = _settings(task)
    suite = task.options.behaviour
    if _is_file(suite):
        size = Path(suite).stat().st_size
        task.sources.append(Source(suite, file_sha256(Path(suite)), size))
    given = [(role, path) for role in CANDIDATES if (path := task.inputs[role]) is not None]
    candidates = contenders.candidates(given)
    resolved = task.inputs["champion"]
    champion = contenders.champion(resolved) if resolved else None
    found = precedent.find(champion, _question(task, settings.policy)) if champion else None
    if champion and found:
        _write(task, precedent.upheld(found, candidates, champion))
    else:
        _write(task, _compared(task, candidates, champion, settings))


def _question(task: Task, asked: Policy) -> Question:
    given = ((item, task.inputs[item.name]) for item in STAGE.inputs if item.kind != CHAMPION)
    inputs = {item.name: read_manifest(path, item.kind).digest for item, path in given if path}
    return Question(
        inputs,
        vars(task.options),
        asked.as_json(),
        _suite(task),
        STAGE.version,
        stage_digest(STAGE.name),
    )


def _compared(
    task: Task, candidates: Sequence[Contender], champion: Contender | None, settings: Settings
) -> Outcome:
    """Scores everyone on the same rows; the libraries this takes are imported only now."""
    from sentiment_evaluate import evaluation, report
    from sentiment_evaluate.examples import read_split

    examples = task.input("examples")
    found = evaluation.evaluate(
        candidates, champion, read_split(examples, "validation"), read_split(examples, "test"),
        settings, _beside(task),
    )  # fmt: skip
    value = evaluation.as_json(found)
    blessing = outcome.blessing(value, found.chosen.contender.manifest, found.verdict.reason)
    return Outcome(
        value, blessing, report.render(found), evaluation.costs(found), evaluation.measured(found)
    )


def _beside(task: Task) -> "Beside":
    from sentiment_evaluate.evaluation import Beside
    from sentiment_evaluate.examples import read_out_of_domain, read_words
    from sentiment_evaluate.slices import Known
    from sentiment_evaluate.suite import read_suite

    options, foreign = task.options, task.inputs["out_of_domain"]
    return Beside(
        Known(read_words(task.input("examples"))),
        read_out_of_domain(foreign, options.out_of_domain_rows, options.seed) if foreign else None,
        read_suite(options.behaviour),
        _suite(task),
    )


def _suite(task: Task) -> str:
    """Tells which behavioural suite is asked for, a file by its content."""
    given = str(task.options.behaviour)
    return f"sha256:{file_sha256(Path(given))}" if _is_file(given) else given


def _is_file(given: str) -> bool:
    return given != AUTO and Path(given).is_file()


def _write(task: Task, result: Outcome) -> None:
    chosen = outcome.chosen(result.evaluation)
    write_json(task.outputs["evaluation"] / "evaluation.json", result.evaluation)
    write_json(task.outputs["blessing"] / "blessing.json", result.blessing)
    if result.costs:
        write_json(task.outputs["evaluation"] / COSTS, result.costs)
    if result.measured:
        write_json(task.outputs["blessing"] / COSTS, result.measured)
    # The registry keeps the evaluation with the model that it blesses; so the page goes along.
    for path in (task.outputs["report"], task.outputs["evaluation"] / precedent.REPORT):
        path.write_text(result.report, encoding="utf-8")
    _copy_model(task, chosen["role"])
    task.results["verdict"] = result.evaluation["verdict"]
    scalars = outcome.scalars(result.evaluation)
    task.metadata["metrics"] = dict(scalars)
    task.metadata["classification"] = outcome.kubeflow_classification(result.evaluation)
    task.metadata["model"] = {"name": chosen["model"]}
    task.tracking.metrics({**scalars, **outcome.cost_scalars(result.costs)})


def _copy_model(task: Task, role: str) -> None:
    """Copies the chosen bundle; with the digests of its folders it keeps its own."""
    source = task.input(role)
    shutil.copytree(
        source, task.outputs["model"], dirs_exist_ok=True,
        # Those of an ensemble's members stay: they tell where each of them comes from.
        ignore=lambda folder, names: {MANIFEST, TRACKING} if Path(folder) == source else set(),
    )  # fmt: skip
    task.named_digests["model"] = dict(read_manifest(source, MODEL).named)


def _settings(task: Task) -> Settings:
    options = task.options
    for flag, value, least in (
        ("--seed", options.seed, 0), ("--out-of-domain-rows", options.out_of_domain_rows, 1),
    ):  # fmt: skip
        if value < least:
            raise InputError(
                "the value is out of range", where=flag, mend=f"give one {least} or above"
            )
    resolved = task.inputs["champion"]
    withdrawn = contenders.withdrawn(resolved) if resolved else {}
    return Settings(
        policy.read(options.policy), options.seed, withdrawn, policy.read_force(options.force)
    )


def main() -> None:
    """Runs the stage and exits."""
    STAGE.main(run)

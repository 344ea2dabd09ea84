"""The command line of push."""

import os
import re
from pathlib import Path

from sentiment_common.artifacts import (
    BLESSING,
    EVALUATION,
    EXAMPLES,
    MODEL,
    PUSHED_MODEL,
    write_json,
)
from sentiment_common.cli import Input, Option, Output, Result, Stage, Task
from sentiment_common.errors import InputError

RUN, RUN_VARIABLE = "sentiment.run", "SENTIMENT_RUN"
"""The tag and the environment variable that name the run of the pipeline."""
STAGE = Stage(
    name="sentiment-push",
    summary="Registers a blessed model after a smoke test and moves the alias to it.",
    inputs=(
        Input("model", MODEL, "the model that was judged"),
        Input("blessing", BLESSING, "its verdict, kept with the model"),
        Input("evaluation", EVALUATION, "the figures behind the verdict, kept with the model"),
        Input("examples", EXAMPLES, "their validation and test texts are what it is tried on"),
    ),
    outputs=(Output("pushed_model", PUSHED_MODEL, "where the registry keeps it; the model card"),),
    results=(Result("model_version", "version in the registry"),),
    options=(
        Option("registered_model", str, "sentiment", "name in the registry"),
        Option("alias", str, "champion", "alias to move to the new version; or challenger"),
        Option("model_license", str, "", "license of the model, for its card"),
    ),
    examples=(
        "MLFLOW_TRACKING_URI=sqlite:///var/mlflow/mlflow.db sentiment-push --model chosen "
        "--blessing blessing --evaluation evaluation --examples examples --out-pushed-model pushed",
    ),
)


def run(task: Task) -> None:
    """Checks the blessing, tests the model, registers it and writes what the registry answered."""
    uri = _tracking_uri()
    name, alias = _registered_model(task.options.registered_model), _alias(task.options.alias)
    from sentiment_push.blessing import Verdict, read_blessed

    inputs = ("model", "blessing", "evaluation", "examples")
    verdict = Verdict(*(task.input(name) for name in inputs))
    blessed = read_blessed(verdict)
    from sentiment_push import card, registry, smoke

    texts = {split: smoke.texts_of(verdict.examples, split) for split in smoke.SPLITS}
    run = os.environ.get(RUN_VARIABLE, "")
    entry = registry.Entry(
        name, alias, blessed.manifest.digest, {**blessed.tags, **({RUN: run} if run else {})},
        card.description(blessed), blessed.metrics,
        {"evaluation": verdict.evaluation, "blessing": verdict.blessing}, run,
    )  # fmt: skip
    published = card.Published(name, alias, task.options.model_license)
    model_card = card.render(blessed, verdict.examples, published)

    def write_model(folder: Path) -> None:
        from sentiment_push import packaging, parity

        predictor = smoke.tested(blessed.folder, texts["validation"])
        parity.check(predictor, blessed.folder, smoke.named(texts))
        parity.check_answers(predictor, blessed.folder, texts["test"], blessed.answers)
        packaging.write_mlflow_model(blessed.folder, folder)
        packaging.check(folder, predictor, smoke.tolerance(blessed.folder))
        (folder / "model_card.md").write_text(model_card, encoding="utf-8")

    output = task.outputs["pushed_model"]
    # Beside the output and not in /tmp: what a killed push leaves behind lies with its other ruins.
    version = registry.register(registry.connect(uri), uri, entry, write_model, output.parent)
    facts = {
        "name": name,
        "version": str(version.version),
        "alias": alias,
        "digest": entry.digest,
        "model_uri": f"models:/{name}/{version.version}",
        "source": version.source,
    }
    write_json(output / "pushed_model.json", facts)
    (output / "model_card.md").write_text(model_card, encoding="utf-8")
    task.results["model_version"] = facts["version"]
    task.metadata["pushed_model"] = facts
    task.tracking.metrics(blessed.metrics)


def _tracking_uri() -> str:
    uri = os.environ.get("MLFLOW_TRACKING_URI", "")
    if not uri:
        raise InputError(
            "not set, and the model must go somewhere", where="MLFLOW_TRACKING_URI",
            mend="set it to the tracking server, or to a file: sqlite:///var/mlflow/mlflow.db",
        )  # fmt: skip
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    # MLflow's own patience with a server that does not answer is minutes.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")
    return uri


def _registered_model(name: str) -> str:
    if not re.fullmatch(r"[\w.-]+( [\w.-]+)*", name):
        raise InputError(
            f"{name!r} is no name for a registered model", where="--registered-model",
            mend="use letters, digits, '.', '-' and '_'",
        )  # fmt: skip
    return name


def _alias(alias: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", alias) or re.fullmatch(
        r"v[0-9]+|latest", alias, re.IGNORECASE
    ):
        raise InputError(
            f"{alias!r} is no alias", where="--alias",
            mend="use letters, digits, '-' and '_'; 'latest' and 'v1' are MLflow's own",
        )  # fmt: skip
    return alias


def main() -> None:
    """Runs the stage and exits."""
    STAGE.main(run)

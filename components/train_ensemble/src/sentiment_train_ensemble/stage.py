"""The stage: reads the members, chooses, writes the ensemble, checks and measures it."""

import logging
import shutil
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from sentiment_common.artifacts import COSTS, MODEL, TRACKING, read_intact, write_json
from sentiment_common.cli import Task
from sentiment_models import load, reference
from sentiment_models.bundle import TEXT_SPECIFICATION, Bundle, write_bundle
from sentiment_models.ensemble import MEMBERS, Blend, EnsemblePredictor, save_blend
from sentiment_train_ensemble import blending, costs, members, selection
from sentiment_train_ensemble.members import Member, Rows
from sentiment_train_ensemble.selection import Chosen
from sentiment_train_ensemble.settings import Settings

TOLERANCE = 1e-6
logger = logging.getLogger(__name__)


def run(task: Task, settings: Settings) -> None:
    """Runs the stage.

    Raises:
        InputError: The inputs do not fit together, are damaged, or have too few groups.
    """
    given, rows = members.read(task.inputs)
    probabilities = {member.name: member.probabilities for member in given}
    table = selection.Table(probabilities, rows, selection.folds(rows, settings), settings)
    for member in given:
        alone = selection.figures(member.probabilities, rows.targets)
        task.tracking.trial({"members": member.name}, alone)
    # On one thread, sums do not depend on the cores.
    with threadpool_limits(1):
        chosen = selection.select(table)
    kept = [member for member in given if member.name in chosen.choice.members]
    metrics = {**chosen.metrics, **_shown(chosen)}
    save(task.outputs["ensemble"], kept, chosen.blend, metrics)
    save_reference(task.outputs["ensemble"], kept, chosen, rows)
    task.named_digests["ensemble"] = named_digests(kept)
    _measured(task.outputs["ensemble"], given, kept, chosen)
    task.tracking.metrics(metrics)
    facts = {"members": ", ".join(chosen.choice.members), "method": chosen.choice.method}
    task.metadata["ensemble"] = {"backend": "ensemble", **facts, **metrics}


def save(folder: Path, kept: Sequence[Member], blend: Blend, metrics: dict[str, float]) -> None:
    """Writes the bundle; each member is copied whole, with its ``artifact.json``.

    Args:
        folder: An empty folder.
        kept: The members, in the order of the blend.
        blend: How their probabilities become one.
        metrics: Figures for ``bundle.json``.

    Raises:
        InputError: A copy is not what was read.
    """
    for member in kept:
        target = folder / MEMBERS / member.name
        shutil.copytree(member.folder, target, ignore=shutil.ignore_patterns(TRACKING, "*.html"))
        read_intact(target, MODEL)
    facts = Bundle(
        name="ensemble",
        backend="ensemble",
        text_specification=kept[0].bundle.text_specification,
        runtime={"numpy": version("numpy")},
        metrics=metrics,
    )
    write_bundle(folder, facts, kept[0].folder / TEXT_SPECIFICATION)
    save_blend(folder, blend)


def save_reference(folder: Path, kept: Sequence[Member], chosen: Chosen, rows: Rows) -> None:
    """Writes what the train split looked like to blends that had not seen it.

    The texts are those of the members, whose references say what they were like. Members of older
    trainers have none, and then the ensemble has none.

    Raises:
        InputError: A member's reference is damaged.
    """
    known = (reference.read(member.folder) for member in kept)
    of_texts = next((found for found in known if found is not None), None)
    if of_texts is None:
        logger.info("no member has a reference, so the bundle has none: drift is not measured")
        return
    reference.rescored(of_texts, chosen.held_out, rows.targets).write(folder)


def named_digests(kept: Sequence[Member]) -> dict[str, str]:
    """Returns the members' digests that stand for folders whose bytes vary, by path."""
    return {
        f"{MEMBERS}/{member.name}/{path}": digest
        for member in kept
        for path, digest in member.manifest.named.items()
    }


def check(predictor: EnsemblePredictor, blend: Blend) -> None:
    """Checks that the saved ensemble blends as the one in memory.

    Raises:
        RuntimeError: It does not.
    """
    texts = list(costs.TEXTS)
    expected = blend.combined([member.predict_proba(texts) for member in predictor.members])
    difference = float(np.abs(predictor.predict_proba(texts) - expected).max())
    if not difference <= TOLERANCE:
        raise RuntimeError(
            f"the bundle's probabilities differ from those of the blend by up to {difference:.1e}"
        )


def _measured(
    folder: Path, given: Sequence[Member], kept: Sequence[Member], chosen: Chosen
) -> None:
    """Opens the ensemble, checks it, and writes what each member costs and gives."""
    predictor = load(folder)
    if not isinstance(predictor, EnsemblePredictor):
        raise TypeError(f"an ensemble was saved, {type(predictor).__name__} came back")
    check(predictor, chosen.blend)
    opened = {member.name: loaded for member, loaded in zip(kept, predictor.members, strict=True)}
    measured = {}
    for member in given:
        loaded = opened.get(member.name) or load(member.folder)
        measured[member.name] = costs.milliseconds(loaded)
        logger.info(
            "%s is %s: it adds %.4f to macro-F1 and %.2f ms to a text",
            member.name, "kept" if member.name in opened else "left out",
            chosen.choice.gains[member.name], measured[member.name],
        )  # fmt: skip
    measured["ensemble"] = costs.milliseconds(predictor)
    write_json(folder / COSTS, {"milliseconds_per_text": measured})


def _shown(chosen: Chosen) -> dict[str, float]:
    shares = blending.shares(chosen.blend)
    gains = {f"gain_of_{name}": gain for name, gain in chosen.choice.gains.items()}
    return {**gains, **{f"share_of_{name}": share for name, share in shares.items()}}

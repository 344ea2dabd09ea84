"""Reads the models to blend and their cross-fitted predictions, and checks that they fit."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from sentiment_common.artifacts import MODEL, PREDICTIONS, Manifest, read_intact
from sentiment_common.errors import InputError
from sentiment_models import LABELS, Bundle
from sentiment_models.bundle import read_bundle
from sentiment_train_ensemble.settings import SLOTS

COLUMNS = ("id", "label", "group", *LABELS)


@dataclass(frozen=True)
class Member:
    """A model that may become part of the blend.

    Attributes:
        name: Its name in the ensemble, unlike those of the others.
        folder: Its bundle.
        manifest: What its ``artifact.json`` says.
        bundle: What its ``bundle.json`` says.
        probabilities: Cross-fitted probabilities of the train rows, shape (rows, labels).
    """

    name: str
    folder: Path
    manifest: Manifest
    bundle: Bundle
    probabilities: NDArray[np.float64]


@dataclass(frozen=True)
class Rows:
    """The train rows that all members have predicted.

    Attributes:
        ids: Id of each row.
        targets: Position of each row's label in LABELS, shape (rows,).
        groups: Rows of one group never part, shape (rows,).
    """

    ids: Sequence[str]
    targets: NDArray[np.int64]
    groups: NDArray[np.str_]


def read(inputs: Mapping[str, Path | None]) -> tuple[list[Member], Rows]:
    """Reads every member that is given.

    Args:
        inputs: Path of each input by name, None where it is not given.

    Raises:
        InputError: A model has no predictions or the other way round, or the predictions are of
            other rows or of another training, or a file is damaged.
    """
    members: list[Member] = []
    rows: Rows | None = None
    for slot in SLOTS:
        model, predictions = inputs[f"model{slot}"], inputs[f"predictions{slot}"]
        if model is None and predictions is None:
            continue
        if model is None or predictions is None:
            given, missing = ("model", "predictions")[:: 1 if model else -1]
            raise InputError(
                f"--{given}{slot.replace('_', '-')} is given without its {missing}",
                mend=f"add --{missing}{slot.replace('_', '-')}, or leave both out",
            )
        manifest = read_intact(model, MODEL)
        _check_training(manifest, read_intact(predictions, PREDICTIONS), predictions)
        found, probabilities = _predictions(predictions / "predictions.parquet")
        rows = rows or found
        _check_rows(rows, found, predictions)
        bundle = read_bundle(model)
        name = _unlike(bundle.name, [member.name for member in members])
        members.append(Member(name, model, manifest, bundle, probabilities))
    if rows is None:
        raise ValueError("the command line asks for two members at least")
    _check_specifications(members)
    return members, rows


def _unlike(name: str, others: Sequence[str]) -> str:
    plain = re.sub(r"[^A-Za-z0-9_]", "-", name) or "member"
    same = sum(re.fullmatch(rf"{plain}(\.\d+)?", other) is not None for other in others)
    return f"{plain}.{same + 1}" if same else plain


def _check_training(model: Manifest, predictions: Manifest, where: Path) -> None:
    for fact in ("producer", "inputs", "parameters"):
        if getattr(model, fact) != getattr(predictions, fact):
            raise InputError(
                f"these predictions are of another training than the model: another {fact}",
                where=str(where),
                mend="give the model and the predictions of one run",
            )


def _predictions(path: Path) -> tuple[Rows, NDArray[np.float64]]:
    try:
        stored = pq.ParquetFile(path)
    except (FileNotFoundError, pa.ArrowInvalid) as error:
        raise InputError(f"not a Parquet file ({error})", where=str(path)) from error
    missing = [column for column in COLUMNS if column not in stored.schema_arrow.names]
    if missing:
        raise InputError(f"no column {', '.join(missing)}", where=str(path))
    columns = stored.read(columns=list(COLUMNS)).to_pydict()
    if not columns["id"]:
        raise InputError(
            "no rows", where=str(path), mend="let the trainer cross-fit, or leave the model out"
        )
    unknown = sorted({str(label) for label in columns["label"]} - set(LABELS))
    if unknown:
        raise InputError(f"unknown label {unknown[0]!r}", where=str(path))
    probabilities = np.array([columns[label] for label in LABELS], np.float64).T
    if not (np.all(probabilities >= 0) and np.allclose(probabilities.sum(axis=1), 1, atol=1e-6)):
        raise InputError("a row's probabilities do not sum to 1", where=str(path))
    targets = np.array([LABELS.index(label) for label in columns["label"]])
    rows = Rows(columns["id"], targets, np.array(columns["group"], dtype=np.str_))
    return rows, np.ascontiguousarray(probabilities)


def _check_rows(rows: Rows, other: Rows, where: Path) -> None:
    if len(rows.ids) != len(other.ids):
        problem = f"{len(other.ids)} rows, {len(rows.ids)} in --predictions"
    elif rows.ids != other.ids:
        at = next(
            at for at, ids in enumerate(zip(rows.ids, other.ids, strict=True)) if len(set(ids)) > 1
        )
        problem = f"row {at + 1} has the id {other.ids[at]!r}, {rows.ids[at]!r} in --predictions"
    elif not np.array_equal(rows.targets, other.targets):
        at = int(np.flatnonzero(rows.targets != other.targets)[0])
        problem = f"row {at + 1} has another label than in --predictions"
    else:
        return
    raise InputError(problem, where=str(where), mend="train all members on the same features")


def _check_specifications(members: Sequence[Member]) -> None:
    first = members[0].bundle
    for member in members[1:]:
        if member.bundle.text_specification != first.text_specification:
            raise InputError(
                f"{member.name} was trained with the text specification "
                f"{member.bundle.text_specification}, {first.name} with "
                f"{first.text_specification}",
                where=str(member.folder),
                mend="train all members on the same features",
            )

"""Proposes a schema that examples would pass: what TFDV would relax, and what may be tightened.

A proposal is to be read before it is used: what is wrong with the data must not become the schema.
Hence labels, missing columns, types and infinite numbers are named, and never proposed.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import schema_pb2

from sentiment_validate.examples import DERIVED, FLAGS
from sentiment_validate.schema import NamedSchema
from sentiment_validate.statistics import compute

FIXED = "label"
"""Its values are what the models are made of, wherever the data is from."""

MAX_VALUES = 20
"""So many values of a column are listed, when tightened; of more it is not a closed list."""

HEADROOM = 10
"""Texts may be so many times as long as the longest seen, when tightened."""


@dataclass(frozen=True)
class Proposal:
    """A proposed schema.

    Attributes:
        schema: The schema; columns are in the order they were, new ones come last.
        notes: What was found and is not proposed, in sentences.
    """

    schema: schema_pb2.Schema
    notes: list[str]


def propose(
    schema: NamedSchema, frames: Mapping[str, pd.DataFrame], *, tighten: bool = False
) -> Proposal:
    """Proposes a schema that examples would pass.

    Args:
        schema: The schema to change.
        frames: The rows of each split, with the derived columns.
        tighten: Whether to narrow ranges and list values as well: only for data known to be sound.
    """
    wanted, notes = schema_pb2.Schema(), []
    wanted.CopyFrom(schema.proto)
    for split, frame in frames.items():
        relaxed = tfdv.update_schema(wanted, compute(frame, wanted))
        notes += _restore(split, wanted, relaxed)
        wanted = relaxed
    for feature in wanted.feature:
        if feature.name in FLAGS:
            _tolerate(feature, schema, frames)
        if tighten:
            _tighten(feature, frames)
    _expect_rows(wanted, frames, tighten=tighten)
    return Proposal(wanted, list(dict.fromkeys(notes)))


def _restore(split: str, before: schema_pb2.Schema, after: schema_pb2.Schema) -> list[str]:
    """Takes back what is a fault of the data, and returns what was taken back."""
    known = {feature.name: feature for feature in before.feature}
    notes = []
    for feature in after.feature:
        old = known.get(feature.name)
        if feature.HasField("presence"):
            share = math.floor(100 * feature.presence.min_fraction) / 100
            feature.presence.min_fraction = share
        fault = _fault(feature, old) if old and old != feature else ""
        if fault:
            notes.append(f"{split}, {feature.name}: {fault}")
        if old and (fault or feature.name in FLAGS):
            feature.CopyFrom(old)
    return notes


def _fault(feature: schema_pb2.Feature, old: schema_pb2.Feature) -> str:
    if feature.lifecycle_stage != old.lifecycle_stage:
        return "missing, or of another type"
    if feature.name == FIXED:
        more = sorted(set(feature.string_domain.value) - set(old.string_domain.value))
        return f"unknown {', '.join(more)}" if more else "rows without a label"
    domain = feature.float_domain
    if math.isinf(domain.min) or math.isinf(domain.max):
        return "infinite numbers"
    return ""


def _tolerate(
    feature: schema_pb2.Feature, schema: NamedSchema, frames: Mapping[str, pd.DataFrame]
) -> None:
    """Raises the share of flagged texts that is tolerated to the largest of a split."""
    columns = [frame[feature.name] for frame in frames.values() if feature.name in frame]
    share = max(((column == "yes").mean() for column in columns if len(column)), default=0.0)
    if share > schema.tolerance(feature.name):
        kept = math.floor(100 * (1 - share)) / 100
        feature.distribution_constraints.min_domain_mass = kept


def _tighten(feature: schema_pb2.Feature, frames: Mapping[str, pd.DataFrame]) -> None:
    columns = [frame[feature.name] for frame in frames.values() if feature.name in frame]
    values = pd.concat(columns).dropna() if columns else pd.Series(dtype=object)
    if values.empty or feature.name in (FIXED, *FLAGS):
        return
    complete = len(columns) == len(frames) and all(item.notna().all() for item in columns)
    if complete and feature.name not in DERIVED:
        feature.presence.min_fraction, feature.presence.min_count = 1, 1
    if feature.HasField("int_domain"):
        feature.int_domain.max = _round_up(HEADROOM * int(values.max()))
    elif feature.HasField("float_domain"):
        numbers = pd.to_numeric(values, errors="coerce").dropna()
        if len(numbers) and numbers.abs().max() < math.inf:
            feature.float_domain.min = float(numbers.min())
            feature.float_domain.max = float(numbers.max())
    elif feature.name == "source" and values.nunique() <= MAX_VALUES:
        seen = {str(value) for value in values}
        kept = [value for value in feature.string_domain.value if value in seen]
        feature.string_domain.value[:] = [*kept, *sorted(seen - set(kept))]


def _round_up(number: int) -> int:
    step = 10 ** max(0, len(str(number)) - 2)
    return -(-number // step) * step


def _expect_rows(
    wanted: schema_pb2.Schema, frames: Mapping[str, pd.DataFrame], *, tighten: bool
) -> None:
    fewest = min(map(len, frames.values()))
    constraints = wanted.dataset_constraints
    if constraints.min_examples_count > fewest:
        constraints.min_examples_count = fewest
    elif tighten:
        constraints.min_examples_count = max(constraints.min_examples_count, fewest // 2)

"""The whole judgement: every split, every check, one verdict."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from sentiment_validate import rules
from sentiment_validate.anomalies import Anomaly, Distance, count, tally, verdict
from sentiment_validate.crosschecks import Twins, crosschecks, near_duplicates
from sentiment_validate.examples import derive
from sentiment_validate.schema import NamedSchema
from sentiment_validate.statistics import Statistics, compute_here, without_wide_columns
from sentiment_validate.tfdv_checks import Findings, check

logger = logging.getLogger(__name__)

Measure: TypeAlias = Callable[
    [Mapping[str, pd.DataFrame], schema_pb2.Schema], dict[str, Statistics]
]
"""Computes the statistics of each split that a schema asks for."""


@dataclass(frozen=True)
class Judgement:
    """Everything known about the examples after judging them.

    Attributes:
        schema: The schema they were judged by.
        policy: How far the rules might be strained.
        accepted: Why a rule does not refuse, by rule.
        frames: Rows of each split with the derived columns.
        statistics: TFDV's statistics of each split.
        findings: What TFDV found in each split.
        crossed: What the checks across rows and splits found.
        twins: The near-duplicates across splits, too many or not.
        compared: Whether there were statistics of earlier data to compare with.
    """

    schema: NamedSchema
    policy: rules.Policy
    accepted: Mapping[str, str]
    frames: dict[str, pd.DataFrame]
    statistics: dict[str, Statistics]
    findings: dict[str, Findings]
    crossed: list[Anomaly]
    twins: Twins
    compared: bool

    @property
    def anomalies(self) -> list[Anomaly]:
        """All anomalies: errors first, each kind in the order of the splits."""
        order = list(self.frames)
        found = [item for findings in self.findings.values() for item in findings.anomalies]
        return sorted(
            [*found, *self.crossed], key=lambda item: (item.severity, order.index(item.split))
        )

    @property
    def distances(self) -> list[Distance]:
        """Every distance that was measured, above its threshold or not."""
        return [item for findings in self.findings.values() for item in findings.distances]

    @property
    def verdict(self) -> str:
        """``accepted`` or ``refused``."""
        return verdict(self.anomalies, self.accepted)

    @property
    def tally(self) -> str:
        """The numbers of errors and warnings in words."""
        return tally(self.anomalies, self.accepted)

    def summary(self) -> dict[str, Any]:
        """Returns the content of ``anomalies.json``, but for the table of rules."""
        return {
            "verdict": self.verdict,
            "schema": self.schema.name,
            "policy": self.policy.name,
            "rows": {split: len(frame) for split, frame in self.frames.items()},
            "errors": count(self.anomalies, "error"),
            "warnings": count(self.anomalies, "warning"),
            "accepted": dict(self.accepted),
            "anomalies": [asdict(item) for item in self.anomalies],
            "distances": [asdict(item) for item in self.distances],
        }

    def write_statistics(self, folder: Path) -> None:
        """Writes ``{split}.pb``, each a DatasetFeatureStatisticsList."""
        for split, message in self.statistics.items():
            (folder / f"{split}.pb").write_bytes(message.SerializeToString(deterministic=True))

    def write_records(self, folder: Path) -> None:
        """Writes ``{split}.pbtxt``, TFDV's own anomalies."""
        for split, findings in self.findings.items():
            text = text_format.MessageToString(findings.record)
            (folder / f"{split}.pbtxt").write_text(text, "utf-8")


def judge(
    rows: Mapping[str, pd.DataFrame],
    schema: NamedSchema,
    policy: rules.Policy,
    accepted: Mapping[str, str] | None = None,
    earlier: Statistics | None = None,
    measure: Measure = compute_here,
) -> Judgement:
    """Judges examples: a fault of the data is an anomaly, never an exception.

    Args:
        rows: Rows of each split; train is what the others are compared with.
        schema: The schema to judge by.
        policy: The rules to judge by.
        accepted: Why an error of a rule does not refuse, by rule.
        earlier: Statistics of the train split of earlier data.
        measure: Computes the statistics, here or elsewhere.
    """
    frames = {split: derive(frame) for split, frame in rows.items()}
    schema = replace(schema, proto=without_wide_columns(schema.proto, frames))
    measured = measure(frames, schema.proto)
    logger.info("computed statistics of %d columns", len(frames["train"].columns))
    findings = {}
    for split, frame in frames.items():
        before = {"earlier": earlier} if split == "train" else {"train": measured["train"]}
        findings[split] = check(split, frame, measured[split], schema, policy, **before)
        _log(f"{split} against the schema", findings[split].anomalies)
    twins = near_duplicates(frames, policy)
    crossed = crosschecks(frames, schema.domain("label"), policy, twins)
    _log("ids, classes and leakage across splits", crossed)
    return Judgement(
        schema, policy, accepted or {}, frames, measured, findings, crossed, twins,
        compared=earlier is not None,
    )  # fmt: skip


def _log(what: str, anomalies: list[Anomaly]) -> None:
    logger.info("%s: %s", what, tally(anomalies))
    for item in anomalies:
        said = f"{item.split}, {item.column or 'all'}: {item.what}"
        remedy = rules.BY_NAME[item.rule].remedy
        logger.warning("%s %s, %s; %s", item.severity, item.rule, said, remedy)

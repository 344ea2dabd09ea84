"""The whole judgement: every split, every check, one verdict."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from google.protobuf import text_format

from sentiment_validate.anomalies import Anomaly, Drift, as_record, tally, verdict
from sentiment_validate.crosschecks import crosschecks
from sentiment_validate.examples import derive
from sentiment_validate.schema import NamedSchema
from sentiment_validate.tfdv_checks import Findings, Statistics, check, statistics

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Judgement:
    """Everything known about the examples after judging them.

    Attributes:
        schema: The schema they were judged by.
        frames: Rows of each split with the derived columns.
        statistics: TFDV's statistics of each split.
        findings: What TFDV found in each split.
        crossed: What the checks across rows and splits found.
    """

    schema: NamedSchema
    frames: dict[str, pd.DataFrame]
    statistics: dict[str, Statistics]
    findings: dict[str, Findings]
    crossed: list[Anomaly]

    @property
    def anomalies(self) -> list[Anomaly]:
        """All anomalies: errors first, each kind in the order of the splits."""
        order = list(self.frames)
        found = [item for findings in self.findings.values() for item in findings.anomalies]
        return sorted(
            [*found, *self.crossed], key=lambda item: (item.severity, order.index(item.split))
        )

    @property
    def drifts(self) -> list[Drift]:
        """Every distance from train that was measured."""
        return [item for findings in self.findings.values() for item in findings.drifts]

    @property
    def verdict(self) -> str:
        """``accepted`` or ``refused``."""
        return verdict(self.anomalies)

    def summary(self) -> dict[str, Any]:
        """Returns the content of ``anomalies.json``."""
        rows = {split: len(frame) for split, frame in self.frames.items()}
        return as_record(self.schema.name, rows, self.anomalies, self.drifts)

    def write_statistics(self, folder: Path) -> None:
        """Writes ``{split}.pb``, each a DatasetFeatureStatisticsList."""
        for split, message in self.statistics.items():
            (folder / f"{split}.pb").write_bytes(message.SerializeToString(deterministic=True))

    def write_records(self, folder: Path) -> None:
        """Writes ``{split}.pbtxt``, TFDV's own anomalies."""
        for split, findings in self.findings.items():
            text = text_format.MessageToString(findings.record)
            (folder / f"{split}.pbtxt").write_text(text, "utf-8")


def judge(rows: Mapping[str, pd.DataFrame], schema: NamedSchema) -> Judgement:
    """Judges examples: a fault of the data is an anomaly, never an exception.

    Args:
        rows: Rows of each split; train is what the others are compared with.
        schema: The schema to judge by.
    """
    frames = {split: derive(frame) for split, frame in rows.items()}
    measured = {split: statistics(frame, schema.proto) for split, frame in frames.items()}
    logger.info("computed statistics of %d columns", len(frames["train"].columns))
    findings = {
        split: check(split, frame, measured[split], schema, _control(split, measured))
        for split, frame in frames.items()
    }
    for split, found in findings.items():
        _log(f"{split} against the schema", found.anomalies)
    crossed = crosschecks(frames, schema.domain("label"))
    _log("ids, classes and leakage across splits", crossed)
    return Judgement(schema, frames, measured, findings, crossed)


def _control(split: str, measured: dict[str, Statistics]) -> Statistics | None:
    return None if split == "train" else measured["train"]


def _log(what: str, anomalies: list[Anomaly]) -> None:
    logger.info("%s: %s", what, tally(anomalies))
    for item in anomalies:
        logger.warning("%s, %s, %s: %s", item.severity, item.split, item.column or "all", item.what)

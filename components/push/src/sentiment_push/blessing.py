"""Reads the blessing and the evaluation behind it, and checks that they are this very model's."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentiment_common.artifacts import (
    BLESSING,
    EVALUATION,
    EXAMPLES,
    MODEL,
    Manifest,
    read_intact,
    read_manifest,
)
from sentiment_common.errors import InputError


@dataclass(frozen=True)
class Verdict:
    """The artifacts that one run of evaluate made, and the examples it read.

    Attributes:
        model: The chosen bundle.
        blessing: The verdict on it.
        evaluation: The figures of every model.
        examples: The examples they were taken on.
    """

    model: Path
    blessing: Path
    evaluation: Path
    examples: Path


@dataclass(frozen=True)
class Blessed:
    """A model with the blessing it has.

    Attributes:
        folder: The bundle.
        manifest: Its ``artifact.json``.
        blessing: The content of ``blessing.json``.
        evaluation: The content of ``evaluation.json``.
        evaluation_manifest: The evaluation's ``artifact.json``.
    """

    folder: Path
    manifest: Manifest
    blessing: dict[str, Any]
    evaluation: dict[str, Any]
    evaluation_manifest: Manifest

    @property
    def name(self) -> str:
        """Name of the model."""
        return str(self.blessing["candidate"])

    @property
    def metrics(self) -> dict[str, float]:
        """Figures on the test split that are defined, by name."""
        figures = self.blessing["metrics"].items()
        return {name: it["value"] for name, it in figures if it["value"] is not None}

    @property
    def answers(self) -> Sequence[Sequence[float]]:
        """Probabilities of the first test rows, as evaluate got them; an early one kept none."""
        return tuple(self.blessing.get("answers", ()))

    @property
    def forced(self) -> Mapping[str, Any] | None:
        """Who had it blessed against which rules, and why; None if nobody did."""
        return self.blessing.get("forced")

    @property
    def tags(self) -> dict[str, str]:
        """What a registered version says of where it comes from."""
        forced = {}
        if self.forced:
            forced = {"forced_by": self.forced["by"], "forced_reason": self.forced["reason"]}
        return {
            **forced,
            "candidate": self.name,
            "examples": self.evaluation_manifest.inputs["examples"],
            "evaluation": self.evaluation_manifest.digest,
            "code": self.blessing["training"]["code"],
        }


def read_blessed(verdict: Verdict) -> Blessed:
    """Reads the artifacts and holds them against each other.

    Raises:
        InputError: The blessing is a refusal or another model's, the model or the evaluation was
            changed, or they are not of one run of evaluate on these examples.
    """
    path = verdict.blessing / "blessing.json"
    facts = _read(path)
    if facts["verdict"] != "blessed":
        raise InputError(
            f"the verdict is {facts['verdict']} ({facts['reason']})", where=str(path),
            mend="only a blessed model is pushed",
        )  # fmt: skip
    manifest = read_intact(verdict.model, MODEL)
    if facts["candidate_digest"] != manifest.digest:
        raise InputError(
            f"it blesses {facts['candidate_digest']}, the model is {manifest.digest}",
            where=str(path), mend="give the blessing and the model of one evaluation",
        )  # fmt: skip
    evaluation = read_intact(verdict.evaluation, EVALUATION)
    _check_one_run(verdict, evaluation)
    content = _read(verdict.evaluation / "evaluation.json")
    return Blessed(verdict.model, manifest, facts, content, evaluation)


def _check_one_run(verdict: Verdict, evaluation: Manifest) -> None:
    blessing = read_manifest(verdict.blessing, BLESSING)
    if (blessing.inputs, blessing.parameters) != (evaluation.inputs, evaluation.parameters):
        raise InputError(
            "it was made from other inputs or with other parameters than the blessing",
            where=str(verdict.evaluation), mend="give the blessing and the evaluation of one run",
        )  # fmt: skip
    examples = read_manifest(verdict.examples, EXAMPLES).digest
    if evaluation.inputs.get("examples") != examples:
        raise InputError(
            f"they are {examples}, the evaluation was made on {evaluation.inputs.get('examples')}",
            where=str(verdict.examples), mend="give the examples that evaluate was given",
        )  # fmt: skip


def _read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))

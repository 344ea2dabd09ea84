"""Reads the blessing and checks that it was given to this very model."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentiment_common.artifacts import MODEL, Manifest, read_intact
from sentiment_common.errors import InputError


@dataclass(frozen=True)
class Blessed:
    """A model with the blessing it has.

    Attributes:
        folder: The bundle.
        manifest: Its ``artifact.json``.
        blessing: The content of ``blessing.json``.
    """

    folder: Path
    manifest: Manifest
    blessing: dict[str, Any]

    @property
    def name(self) -> str:
        """Name of the model."""
        return str(self.blessing["candidate"])

    @property
    def metrics(self) -> dict[str, float]:
        """Figures on the test split that are defined, by name."""
        figures = self.blessing["metrics"].items()
        return {name: it["value"] for name, it in figures if it["value"] is not None}


def read_blessed(model: Path, blessing: Path) -> Blessed:
    """Reads both artifacts.

    Raises:
        InputError: The blessing is a refusal or another model's, or the model was changed.
    """
    path = blessing / "blessing.json"
    facts = json.loads(path.read_text(encoding="utf-8"))
    if facts["verdict"] != "blessed":
        raise InputError(
            f"the verdict is {facts['verdict']} ({facts['reason']})", where=str(path),
            mend="only a blessed model is pushed",
        )  # fmt: skip
    manifest = read_intact(model, MODEL)
    if facts["candidate_digest"] != manifest.digest:
        raise InputError(
            f"it blesses {facts['candidate_digest']}, the model is {manifest.digest}",
            where=str(path), mend="give the blessing and the model of one evaluation",
        )  # fmt: skip
    return Blessed(model, manifest, facts)

"""What speaks for a retraining, as it is found: the monitor, alerts, new labels, the champion."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sentiment_common.errors import InputError
from sentiment_pipelines.retraining.journal import seconds

DECISION, SCHEMA_VERSION = "decision.json", 1
ACT, RETRAIN = "act", "retrain"
QUALITY = ("quality", "estimate")
"""Findings about answers that are wrong; all others are about texts and labels that differ."""


@dataclass(frozen=True)
class Champion:
    """What is in production.

    Attributes:
        digest: Digest of its bundle.
        version: Its version in the registry.
        since: When it became champion, in seconds since 1970.
    """

    digest: str
    version: str
    since: float


@dataclass(frozen=True)
class Watched:
    """What the monitor said last of a model.

    Attributes:
        digest: Digest of the bundle it is about.
        until: End of its window, in seconds since 1970.
        decision: ``ok``, ``watch``, ``act`` or ``unknown``.
        follow: What it says should follow.
        kinds: What it wants to have retrained for: ``drift``, ``quality`` or both.
        reason: Its first reason.
    """

    digest: str
    until: float
    decision: str
    follow: Sequence[str]
    kinds: Sequence[str]
    reason: str


@dataclass(frozen=True)
class Alert:
    """An alert that asks for a retraining.

    Attributes:
        id: The same for the same alert, whoever passes it on and however often.
        reason: What it says.
        since: When it began to fire, in seconds since 1970.
    """

    id: str
    reason: str
    since: float


@dataclass(frozen=True)
class Rows:
    """Labels that were gathered since the watermark.

    Attributes:
        total: How many.
        by_label: How many of each label.
        by_labeller: How many of each who gave them.
        digest: Of the file that they are in.
        passed_over: How many were left out, by reason.
        early: How many are older than the answers they are about.
        sure: How many are feedback on an answer that was sure.
        agreed: How many of these say the same.
    """

    total: int
    by_label: Mapping[str, int] = field(default_factory=dict)
    by_labeller: Mapping[str, int] = field(default_factory=dict)
    digest: str = ""
    passed_over: Mapping[str, int] = field(default_factory=dict)
    early: int = 0
    sure: int = 0
    agreed: int = 0


@dataclass(frozen=True)
class Signals:
    """All that a decision is made from, beside the past.

    Attributes:
        champion: The champion; None if there is none yet.
        watched: What the monitor said last; None if it never spoke.
        alerts: Those that fire.
        rows: The new labels.
        resolved: Ids of alerts that have ended.
        busy: Who keeps a retraining from beginning now, e.g. a run that a person has started.
    """

    champion: Champion | None = None
    watched: Watched | None = None
    alerts: Sequence[Alert] = ()
    rows: Rows = field(default_factory=lambda: Rows(0))
    resolved: Sequence[str] = ()
    busy: str = ""


def read_watched(folder: Path, digest: str) -> Watched | None:
    """Returns what the monitor said last: of a model, or of any if it never spoke of that one.

    Args:
        folder: Where its decisions are kept.
        digest: Digest of the model's bundle.

    Raises:
        InputError: A decision is damaged, or of a later version.
    """
    found = [_read(path) for path in sorted(folder.glob(f"*/{DECISION}"))]
    about = [it for it in found if it.digest == digest]
    return max(about or found, key=lambda it: it.until, default=None)


def _read(path: Path) -> Watched:
    try:
        stored = json.loads(path.read_text("utf-8"))
        version = stored["schema_version"]
        if version <= SCHEMA_VERSION:
            return _watched(stored)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"no decision of the monitor ({error})", where=str(path), mend="restore or delete it"
        ) from error
    raise InputError(
        f"wanted a decision of schema {SCHEMA_VERSION}, got {version}",
        where=str(path), mend="read it with the version that wrote it",
    )  # fmt: skip


def _watched(stored: Mapping[str, Any]) -> Watched:
    asked = stored["policy"]["settings"]["follow"]
    acting = [
        it["name"]
        for it in stored["findings"]
        if it["verdict"] == ACT and _asked(asked, it["name"]) == RETRAIN
    ]
    kinds = {"quality" if name in QUALITY else "drift" for name in acting}
    window, reasons = stored["window"], stored["reasons"]
    wanted = stored["decision"] == ACT and RETRAIN in stored["follow"]
    return Watched(
        window["digest"], seconds(window["until"]), stored["decision"], tuple(stored["follow"]),
        tuple(sorted(kinds or {"drift"})) if wanted else (), reasons[0] if reasons else "",
    )  # fmt: skip


def _asked(follow: Mapping[str, str], name: str) -> str:
    """Returns what follows a finding: ``score_positive`` has the word of ``score``."""
    return str(follow.get(name, follow.get(name.partition("_")[0], "")))


def champion_of(client: Any) -> Champion | None:
    """Returns what the registry says of the champion; None if there is none."""
    from sentiment_pipelines import champion

    log = champion.log(client)
    if not log or not log[-1].version:
        return None
    return Champion(log[-1].digest, log[-1].version, seconds(log[-1].time))

"""Earlier windows of the same model: does a finding last, or does it come back every week?"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sentiment_common.errors import InputError
from sentiment_monitor.collecting import seconds
from sentiment_monitor.divergence import psi, psi_by_chance
from sentiment_monitor.findings import Finding, Signal
from sentiment_monitor.terms import VOCABULARY
from sentiment_monitor.window import Window

DECISION, SCHEMA_VERSION = "decision.json", 1
FOUND = ("watch", "act")
WEEK = 7 * 86_400.0
TOLERANCE = 0.25
"""Windows are of one length, or of one hour of the week, if they differ by less of their length."""
OVERLAP = 0.01
"""Share of its length by which a window may begin before the last one ends: jobs start late."""
NEVER_SEASONAL = ("quality",)
"""Answers that are wrong are no season, whenever they are given. The estimate may be one: it knows
of no wrong answer, and follows the confidence, which follows who writes on which day."""


@dataclass(frozen=True)
class Past:
    """An earlier window, as its decision tells it.

    Attributes:
        since: Begin, in seconds since 1970.
        until: End.
        decision: What was decided.
        rows: Answers in it.
        findings: By ``Finding.key``: verdict, effect and more, as in ``decision.json``.
        signals: By name: bins and actual counts.
        quality: As in ``decision.json``.
        folder: Where it lies.
    """

    since: float
    until: float
    decision: str
    rows: int
    findings: Mapping[str, Mapping[str, Any]]
    signals: Mapping[str, Signal]
    quality: Mapping[str, Any]
    folder: Path

    def says(self, key: str) -> str:
        """Returns the verdict of a finding in that window; ``unknown`` if there was none."""
        return str(self.findings.get(key, {}).get("verdict", "unknown"))


def read(folder: Path, window: Window) -> list[Past]:
    """Reads the earlier windows of the same model and length below a folder, the oldest first.

    Args:
        folder: Earlier outputs of this stage, at any depth.
        window: The window that they shall come before.

    Raises:
        InputError: There is no such folder, or a decision in it is damaged or of a later version.
    """
    if not folder.is_dir():
        raise InputError(
            "no history here", where=str(folder), mend="name the folder of earlier decisions"
        )
    past = [_read(path) for path in sorted(folder.rglob(DECISION))]
    length = window.until - window.since
    kept = {
        it.until: it
        for digest, it in past
        if digest == window.digest and it.until < window.until
        and abs(it.until - it.since - length) <= TOLERANCE * length
    }  # fmt: skip
    return [kept[until] for until in sorted(kept)]


def _read(path: Path) -> tuple[str, Past]:
    try:
        stored = json.loads(path.read_text("utf-8"))
        if stored["schema_version"] > SCHEMA_VERSION:
            raise InputError(
                f"wanted a decision of schema {SCHEMA_VERSION}, got {stored['schema_version']}",
                where=str(path), mend="read it with the version that wrote it",
            )  # fmt: skip
        span = stored["window"]
        signals = {
            it["name"]: Signal(
                it["name"], tuple(it["bins"]), tuple(it["expected"]), tuple(it["actual"])
            )
            for it in stored["signals"]
        }
        findings = {f"{it['name']}/{it['detector']}": it for it in stored["findings"]}
        return span["digest"], Past(
            seconds(span["since"]), seconds(span["until"]), stored["decision"], span["rows"],
            findings, signals, stored["quality"], path.parent,
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"no decision of the monitor ({error})", where=str(path), mend="restore or delete it"
        ) from error


def placed(
    findings: Iterable[Finding], signals: Sequence[Signal], window: Window, past: Sequence[Past]
) -> list[Finding]:
    """Says of each finding how long it has lasted, and whether it is the season."""
    actual = {it.name: it for it in signals}
    before = without_overlap(window, past)
    found = []
    for it in findings:
        if it.verdict not in FOUND:
            found.append(it)
            continue
        seasonal = it.name not in NEVER_SEASONAL and any(
            _came_back(it, actual.get(it.name), earlier, window, past) for earlier in past
        )
        found.append(replace(it, seasonal=seasonal, windows=1 + _lasted(it.key, before)))
    return found


def without_overlap(window: Window, past: Sequence[Past]) -> list[Past]:
    """Returns earlier windows that share no answers, the latest first, as far as none is missing.

    A window of a day that is looked at every hour does not last longer for that.
    """
    chain: list[Past] = []
    begin, slack = window.since, OVERLAP * (window.until - window.since)
    for it in reversed(past):
        if it.until > begin + slack:
            continue
        if begin - it.until > window.until - window.since:
            break
        chain.append(it)
        begin = it.since
    return chain


def _lasted(key: str, before: Sequence[Past]) -> int:
    count = 0
    for it in before:
        if it.says(key) == "ok":
            break
        count += it.says(key) in FOUND
    return count


def _came_back(
    finding: Finding, signal: Signal | None, earlier: Past, window: Window, past: Sequence[Past]
) -> bool:
    """Tells whether an earlier window of the same hour of the week looked the same.

    Between the two it must have looked well: what stays is no season.
    """
    off = (window.until - earlier.until + WEEK / 2) % WEEK - WEEK / 2
    length = window.until - window.since
    if abs(off) > TOLERANCE * length or window.until - earlier.until < WEEK / 2:
        return False
    if earlier.says(finding.key) not in FOUND:
        return False
    between = (it for it in past if earlier.until < it.until < window.until)
    if not any(it.says(finding.key) == "ok" for it in between):
        return False
    other = earlier.signals.get(finding.name)
    if signal is not None and other is not None and signal.bins == other.bins:
        one, now = np.asarray(other.actual), np.asarray(signal.actual)
        return psi(one, now) - psi_by_chance(one, now) < finding.watch
    before = earlier.findings[finding.key]
    # As far apart as worth a look and worth acting on: nearer to each other than that is alike.
    larger = (finding.effect or 0.0) - float(before["effect"])
    return larger <= finding.act - finding.watch and _same_words(finding, before)


def _same_words(finding: Finding, before: Mapping[str, Any]) -> bool:
    """Tells whether most of the new words were new then: each week another one is no season."""
    if finding.name != VOCABULARY:
        return True
    now, then = (
        {it[0] for it in details.get("terms", ())}
        for details in (finding.details, before.get("details", {}))
    )
    return 2 * len(now & then) >= len(now)

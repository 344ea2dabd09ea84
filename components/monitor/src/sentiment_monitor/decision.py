"""What follows from the findings of a window: nothing, a look, or doing something.

A window has some fifteen tests, a month thirty windows. Three things keep false alarms rare: the
tests of a window share one level (Holm, "A simple sequentially rejective multiple test procedure",
Scandinavian Journal of Statistics 1979; it holds however they depend on each other), a finding
needs an effect that matters beside it, and it must last, unless it is very large.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sentiment_monitor.findings import Decision, Finding, Verdict
from sentiment_monitor.policy import FOLLOW, Policy
from sentiment_monitor.window import Window
from sentiment_monitor.wording import plural

NO_EFFECT = {"domain": 0.5}
"""Where an effect is not 0 without a difference."""
NOTHING, LOOK = "nothing", "look"
MISSING = 0.05
"""A log that lacks a larger share of its entries is said: what is left may be no fair sample."""


def judged(findings: Sequence[Finding], level: float) -> list[Finding]:
    """Grades findings by their effects, and corrects their p-values for each other.

    Args:
        findings: All of one window.
        level: Chance of any false one among them: what is not as sure is no finding.
    """
    tested = sorted(
        (it.p_value, number) for number, it in enumerate(findings) if it.p_value is not None
    )
    adjusted: dict[int, float] = {}
    highest = 0.0
    for rank, (p_value, number) in enumerate(tested):
        highest = max(highest, min(1.0, p_value * (len(tested) - rank)))
        adjusted[number] = highest
    return [_judged(it, adjusted.get(number), level) for number, it in enumerate(findings)]


def _judged(finding: Finding, adjusted: float | None, level: float) -> Finding:
    effect = finding.effect
    if finding.verdict == "unknown" or effect is None:
        return finding
    verdict: Verdict = (
        "act" if effect >= finding.act else "watch" if effect >= finding.watch else "ok"
    )
    if verdict != "ok" and adjusted is not None and adjusted > level:
        words = f"{finding.words} So much can be chance (p = {adjusted:.2g})."
        return replace(finding, adjusted=adjusted, verdict="ok", words=words)
    return replace(finding, adjusted=adjusted, verdict=verdict)


def decide(window: Window, findings: Sequence[Finding], policy: Policy) -> Decision:
    """Decides what should follow.

    Args:
        window: The window.
        findings: All of it, corrected and placed in its history.
        policy: Says what must hold.
    """
    if reason := _nothing_to_tell(window, findings, policy):
        return Decision("unknown", (reason, *_missing(window)), (LOOK,), findings)
    open_ones = [it for it in findings if it.verdict in ("watch", "act") and not it.seasonal]
    acting = [it for it in open_ones if _lasts(it, policy)]
    reasons = [_reason(it, policy) for it in sorted(open_ones, key=_weight)]
    reasons += [
        f"{it.words} It comes back every week and is not counted."
        for it in findings if it.seasonal
    ]  # fmt: skip
    reasons += _missing(window)
    if acting:
        asked = {policy.follow(it.name) for it in acting}
        follow = tuple(it for it in FOLLOW if it in asked)
        return Decision("act", tuple(reasons), follow, findings)
    if open_ones:
        return Decision("watch", tuple(reasons), (LOOK,), findings)
    told = sum(it.verdict != "unknown" for it in findings)
    calm = f"Nothing that matters has changed: {told} checks of {len(window.answers):,} answers."
    return Decision("ok", (calm, *reasons), (NOTHING,), findings)


def _nothing_to_tell(window: Window, findings: Iterable[Finding], policy: Policy) -> str:
    rows = len(window.answers)
    if not rows and window.doubts.models:
        others = ", ".join(sorted(window.doubts.models))
        return f"The model answered nothing in the window; others did: {others}."
    if not rows and window.doubts.future:
        entries = plural(window.doubts.future, "log line")
        return f"Nobody asked anything in the window, but {entries} lie in the future: set a clock."
    if not rows:
        return "Nobody asked anything in the window."
    if rows < policy.count("min_rows"):
        return f"{rows:,} answers are too few to tell; wanted are {policy.count('min_rows'):,}."
    if all(it.verdict == "unknown" for it in findings):
        return "There is nothing to hold the window against: the bundle has no reference."
    return ""


def _missing(window: Window) -> list[str]:
    account = window.account
    missing = account.lost + account.damaged + sum(account.dropped.values())
    if missing <= MISSING * (account.entries + missing):
        return []
    said = f"{missing:,} of {account.entries + missing:,} log lines are damaged, dropped or lost"
    return [f"{said}: what is left may not speak for all."]


def _lasts(finding: Finding, policy: Policy) -> bool:
    if finding.verdict != "act" or finding.effect is None:
        return False
    return finding.windows >= policy.count("consecutive") or _times(finding) >= policy.number(
        "at_once"
    )


def _times(finding: Finding) -> float:
    """Returns how many times its threshold for acting an effect is."""
    nothing = NO_EFFECT.get(finding.name, 0.0)
    return ((finding.effect or 0.0) - nothing) / max(finding.act - nothing, 1e-12)


def _weight(finding: Finding) -> tuple[bool, float, str]:
    return finding.verdict != "act", -_times(finding), finding.name


def _reason(finding: Finding, policy: Policy) -> str:
    if finding.verdict == "act" and not _lasts(finding, policy):
        more = policy.count("consecutive") - finding.windows
        return f"{finding.words} Worth acting on if it lasts {plural(more, 'window')} more."
    if finding.windows > 1:
        return f"{finding.words} So it has been for {finding.windows} windows in a row."
    return finding.words

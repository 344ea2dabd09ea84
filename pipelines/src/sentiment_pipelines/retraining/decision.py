"""The decision: pure, from signals, the past, a policy and the time. Every rule gives its reason.

Something has to ask for a retraining (a trigger that none has answered yet), and nothing may stand
against it. What a person has to settle is ``look``, what time will settle is ``wait``.
"""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sentiment_pipelines.labelling.accuracy import wilson
from sentiment_pipelines.retraining.history import DAY, WEEK, Attempt, History
from sentiment_pipelines.retraining.journal import KILLED, LOOK, NOTHING, RETRAIN, WAIT, iso
from sentiment_pipelines.retraining.policy import Policy
from sentiment_pipelines.retraining.rows import CALLER
from sentiment_pipelines.retraining.signals import ACT, Champion, Rows, Signals, Watched

HOUR, MINUTE = 3_600.0, 60.0
LABELS = ("negative", "neutral", "positive")


@dataclass(frozen=True)
class Trigger:
    """Something that asks for a retraining.

    Attributes:
        id: The same for the same request, however often it is seen.
        reason: What it says.
    """

    id: str
    reason: str


@dataclass(frozen=True)
class Rule:
    """Something that a retraining needs.

    Attributes:
        name: What it is about.
        passed: Whether it is so.
        reason: In a sentence.
        otherwise: What follows if not: ``wait`` or ``look``.
    """

    name: str
    passed: bool
    reason: str
    otherwise: str = WAIT


@dataclass(frozen=True)
class Decision:
    """What to do, and why.

    Attributes:
        decision: ``retrain``, ``wait``, ``look`` or ``nothing``.
        triggers: What asks for it.
        rules: What it needs; none if nothing asks.
        notes: What else somebody should know.
    """

    decision: str
    triggers: Sequence[Trigger] = ()
    rules: Sequence[Rule] = ()
    notes: Sequence[str] = ()

    @property
    def reasons(self) -> list[str]:
        """All of it in sentences: what decided, first."""
        failed = [it for it in self.rules if not it.passed]
        against = [it.reason for it in sorted(failed, key=lambda it: it.otherwise != self.decision)]
        return [
            *against, *(it.reason for it in self.triggers), *self.notes,
            *(it.reason for it in self.rules if it.passed),
        ]  # fmt: skip


def decide(signals: Signals, past: History, policy: Policy, now: float) -> Decision:
    """Decides whether to train anew.

    Args:
        signals: What was found.
        past: What the journal says.
        policy: Says what counts, and what must hold.
        now: The time, in seconds since 1970.
    """
    if signals.champion is None:
        first = "There is no champion yet: `make pipeline-run` makes the first one."
        return Decision(NOTHING, notes=(first,))
    champion = signals.champion
    notes = list(_notes(signals, champion, policy, now))
    triggers = list(_triggers(signals, champion, past, policy, now))
    clock = _clock(signals, champion, past, policy, now)
    if not triggers:
        rules: tuple[Rule, ...] = () if clock.passed else (clock,)
        look = bool(rules) or any(about_to_look for _, about_to_look in notes)
        said = tuple(reason for reason, _ in notes) or (_calm(signals),)
        return Decision(LOOK if look else NOTHING, rules=rules, notes=said)
    rules = (clock, *_rules(signals, champion, past, policy, now))
    against = {it.otherwise for it in rules if not it.passed}
    found = LOOK if LOOK in against else WAIT if against else RETRAIN
    return Decision(found, triggers, rules, tuple(reason for reason, _ in notes))


def _calm(signals: Signals) -> str:
    return f"Nothing asks for a retraining; {signals.rows.total:,} new labels are there."


def _notes(
    signals: Signals, champion: Champion, policy: Policy, now: float
) -> Iterator[tuple[str, bool]]:
    """Yields what somebody should know, and whether it is for a person to look at."""
    if signals.rows.early:
        yield (
            f"{signals.rows.early:,} labels are older than their answers: a clock was moved.",
            True,
        )
    watched = signals.watched
    if watched is None:
        yield "The monitor has never spoken: run `make monitor` daily.", False
        return
    if watched.digest != champion.digest:
        yield "What the monitor said last is about another model than the champion.", False
    elif not _fresh(watched, policy, now):
        yield f"The monitor has said nothing since {iso(watched.until)}: does it run?", True
    elif watched.decision == ACT and not watched.kinds:
        asked = " and ".join(watched.follow)
        yield f"The monitor asks to {asked}, not to retrain: {watched.reason}", True


def _fresh(watched: Watched, policy: Policy, now: float) -> bool:
    ahead = policy.limit("ahead_minutes") * MINUTE
    return -ahead <= now - watched.until <= policy.limit("fresh_hours") * HOUR


def _triggers(
    signals: Signals, champion: Champion, past: History, policy: Policy, now: float
) -> Iterator[Trigger]:
    """Yields what asks for a retraining and was not answered yet."""
    found = [
        *_watched(signals.watched, champion, policy, now),
        *_alerts(signals, champion, past, policy),
        *_labels(signals, past, policy),
        *_schedule(champion, past, policy, now),
    ]
    named = {it.id: it for it in found if it.id not in past.acted_on}
    yield from named.values()
    last = past.attempts[-1] if past.attempts else None
    if last is not None and last.broken:
        for id_ in last.trigger:
            if id_ not in named:
                yield Trigger(id_, f"The retraining of {iso(last.began)} {_came_to(last)}: {id_}.")


def _watched(
    watched: Watched | None, champion: Champion, policy: Policy, now: float
) -> Iterator[Trigger]:
    if watched is None or watched.digest != champion.digest or not _fresh(watched, policy, now):
        return
    for kind in watched.kinds:
        if policy.trigger(kind):
            id_ = f"{kind}:{watched.digest.removeprefix('sha256:')[:12]}:{iso(watched.until)}"
            yield Trigger(id_, f"The monitor asks for it ({kind}): {watched.reason}")


def _alerts(
    signals: Signals, champion: Champion, past: History, policy: Policy
) -> Iterator[Trigger]:
    """Yields alerts that fire, and those that came while nothing could be begun for them."""
    if not policy.trigger("alerts"):
        return
    for it in (*past.waiting, *signals.alerts):
        # What was said before this champion reigned was said of another.
        if it.id not in signals.resolved and it.since >= champion.since:
            yield Trigger(it.id, it.reason)


def _labels(signals: Signals, past: History, policy: Policy) -> Iterator[Trigger]:
    enough, new = policy.trigger("rows"), _new(signals, past)
    if enough and new >= enough:
        id_ = f"rows:{signals.rows.digest[:12]}"
        yield Trigger(id_, f"{new:,} labels are new, {enough:,.0f} are reason enough.")


def _schedule(champion: Champion, past: History, policy: Policy, now: float) -> Iterator[Trigger]:
    days, base = policy.trigger("days"), _last(champion, past)
    if not days or now - base < days * DAY:
        return
    # A clock that jumps ahead makes everything old; whoever checks daily has seen time pass.
    if past.checked is None or not 0 <= now - past.checked <= policy.limit("seen_days") * DAY:
        return
    since = f"{(now - base) / DAY:.0f} days ago"
    yield Trigger(f"schedule:{_day(base + days * DAY)}", f"The last training was {since}.")


def _day(moment: float) -> str:
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).date().isoformat()


def _last(champion: Champion, past: History) -> float:
    """Returns when a verdict on a model was last there: by a retraining, or by a person's run."""
    judged = past.judged
    return max(champion.since, (judged.ended or judged.began) if judged else 0.0)


def _new(signals: Signals, past: History) -> int:
    """Returns how many labels no attempt has tried."""
    return max(0, signals.rows.total - int(past.tried.get("total", 0)))


def _clock(signals: Signals, champion: Champion, past: History, policy: Policy, now: float) -> Rule:
    """Nothing is begun by a clock: where any time lies ahead of now, a person looks."""
    ahead = policy.limit("ahead_minutes") * MINUTE
    times = {
        "the decision log": past.latest, "the champion's promotion": champion.since,
        "the monitor's last window": signals.watched.until if signals.watched else None,
        **{it.reason: it.since for it in signals.alerts},
    }  # fmt: skip
    for what, moment in times.items():
        if moment is not None and moment > now + ahead:
            said = f"It is {iso(now)}, and {what} is of {iso(moment)}: a clock was moved."
            return Rule("clock", False, said, LOOK)
    return Rule("clock", True, "No time lies in the future.", LOOK)


def _rules(
    signals: Signals, champion: Champion, past: History, policy: Policy, now: float
) -> Iterator[Rule]:
    yield _failures(past, policy)
    yield _flight(signals, past)
    yield _cooldown(champion, past, policy, now)
    yield _retry(past, policy, now)
    yield _budget(past, policy, now)
    yield _enough(signals, past, policy)
    yield _each(signals.rows.by_label, policy)
    yield from labelled(signals.rows, policy)


def labelled(rows: Rows, policy: Policy) -> Iterator[Rule]:
    """Yields what labels must be, so that nobody has to look at them first."""
    yield _one(rows.by_labeller, rows.total, policy)
    yield _agreeing(rows, policy)


def _failures(past: History, policy: Policy) -> Rule:
    most = int(policy.limit("failures"))
    if past.failures >= most:
        said = (
            f"{past.failures} retrainings in a row have failed: find out why, then say so with "
            "--again 'WHO: WHY'."
        )
        return Rule("failures", False, said, LOOK)
    return Rule("failures", True, f"{past.failures} of at most {most} failures in a row.", LOOK)


def _flight(signals: Signals, past: History) -> Rule:
    if past.open is not None:
        said = f"A retraining is in flight since {iso(past.open.began)}."
        return Rule("single flight", False, said)
    if past.trial is not None:
        said = f"A challenger is on trial since {iso(past.trial.began)}."
        return Rule("single flight", False, said)
    said = f"Somebody else is training: {signals.busy}." if signals.busy else "Nobody is training."
    return Rule("single flight", not signals.busy, said)


def _cooldown(champion: Champion, past: History, policy: Policy, now: float) -> Rule:
    wanted = policy.limit("cooldown_hours") * HOUR
    base = _last(champion, past)
    begins = iso(base + wanted)
    said = f"The last verdict was at {iso(base)}"
    if now - base < wanted:
        return Rule("cooldown", False, f"{said}; the next may begin at {begins}.")
    return Rule("cooldown", True, f"{said}.")


def _came_to(attempt: Attempt) -> str:
    return f"was {KILLED}" if attempt.outcome == KILLED else attempt.outcome


def _retry(past: History, policy: Policy, now: float) -> Rule:
    last = past.attempts[-1] if past.attempts else None
    if last is None or not last.broken:
        return Rule("retry", True, "The last attempt has not failed.")
    ready = (last.ended or last.began) + policy.limit("retry_after_hours") * HOUR
    said = f"The attempt of {iso(last.began)} {_came_to(last)}; it is tried again at {iso(ready)}."
    return Rule("retry", now >= ready, said)


def _budget(past: History, policy: Policy, now: float) -> Rule:
    most = int(policy.limit("per_week"))
    begun = [it.began for it in past.attempts if now - it.began < WEEK]
    said = f"{len(begun)} of at most {most} have begun within seven days"
    if len(begun) >= most:
        again = f"; the next may at {iso(sorted(begun)[-most] + WEEK)}" if most else ""
        return Rule("budget", False, f"{said}{again}.")
    return Rule("budget", True, f"{said}.")


def _enough(signals: Signals, past: History, policy: Policy) -> Rule:
    least, new = policy.rows("minimum"), _new(signals, past)
    said = f"{new:,} new labels, {least:,.0f} are wanted"
    if new < least:
        return Rule("new labels", False, f"{said}: `make label-sample` chooses texts.")
    return Rule("new labels", True, f"{said}.")


def _each(by_label: Mapping[str, int], policy: Policy) -> Rule:
    least = policy.rows("per_label")
    few = [name for name in LABELS if by_label.get(name, 0) < least]
    said = ", ".join(f"{by_label.get(name, 0):,} {name}" for name in LABELS)
    if few:
        return Rule("each label", False, f"New labels: {said}; wanted are {least:,.0f} of each.")
    return Rule("each label", True, f"New labels: {said}.")


def _one(by_labeller: Mapping[str, int], total: int, policy: Policy) -> Rule:
    """One who gives most of the labels could teach the model whatever he likes.

    People whose labels are kept under version control are trusted, even if there is only one.
    """
    most = policy.rows("most_of_one")
    callers = {name: it for name, it in by_labeller.items() if not name or name.startswith(CALLER)}
    if not callers or not total:
        return Rule("labellers", True, "No caller has given labels.", LOOK)
    who = max(sorted(callers), key=lambda name: callers[name])
    share = callers[who] / total
    said = f"{share:.0%} of the labels are of {who or 'nobody known'}"
    if share <= most:
        return Rule("labellers", True, f"{said}.", LOOK)
    said += f", more than {most:.0%}: look at them first"
    if not who:
        said += "; where callers cannot be told apart, let the policy say rows.most_of_one = 1"
    return Rule("labellers", False, f"{said}.", LOOK)


def _agreeing(rows: Rows, policy: Policy) -> Rule:
    """Labels that deny what a model was sure of are wrong more often than the model is."""
    least = policy.rows("least_agreement")
    if not rows.sure:
        return Rule("agreement", True, "No feedback is about an answer that was sure.", LOOK)
    said = f"{rows.agreed:,} of {rows.sure:,} labels agree with answers that were sure"
    if wilson(rows.agreed, rows.sure)[1] >= least:
        return Rule("agreement", True, f"{said}.", LOOK)
    said += (
        f", fewer than {least:.0%} beyond doubt: look at them first; where feedback corrects and "
        "never confirms, let the policy say rows.least_agreement = 0"
    )
    return Rule("agreement", False, f"{said}.", LOOK)

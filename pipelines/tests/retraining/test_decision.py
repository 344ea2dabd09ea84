"""The decision: what is promised holds whatever the signals, the past and the clock are."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from sentiment_pipelines.labelling import accuracy
from sentiment_pipelines.retraining import decision, history, journal, policy
from sentiment_pipelines.retraining.decision import decide
from sentiment_pipelines.retraining.history import DAY, WEEK, Attempt, History
from sentiment_pipelines.retraining.journal import Line, iso
from sentiment_pipelines.retraining.signals import Alert, Champion, Rows, Signals, Watched

NOW = 1_700_000_000.0
HOUR = 3_600.0
DEFAULT = policy.choose("auto")
ROWS = Rows(300, {"negative": 100, "neutral": 100, "positive": 100}, {"anna": 150, "ben": 150}, "d")
CHAMPION = Champion("sha256:one", "1", NOW - 10 * DAY)
DRIFT = Watched("sha256:one", NOW - HOUR, "act", ("retrain",), ("drift",), "Words are new.")
READY = Signals(CHAMPION, DRIFT, rows=ROWS)

times = st.floats(NOW - 40 * DAY, NOW + 3 * DAY)
watched = st.builds(
    Watched, st.sampled_from(["sha256:one", "sha256:two"]), times,
    st.sampled_from(["ok", "watch", "act"]), st.just(("retrain",)),
    st.sampled_from([(), ("drift",), ("drift", "quality")]), st.just("Words are new."),
)  # fmt: skip
alerts = st.builds(Alert, st.sampled_from(["alert:a", "alert:b"]), st.just("Alert."), times)
counts = st.dictionaries(st.sampled_from(decision.LABELS), st.integers(0, 2_000))
rows = st.builds(
    lambda by, who: Rows(sum(by.values()), by, who, "d"), counts,
    st.dictionaries(st.sampled_from(["anna", "caller b", ""]), st.integers(1, 999)),
)  # fmt: skip
found = st.builds(
    Signals, st.none() | st.builds(Champion, st.just("sha256:one"), st.just("1"), times),
    st.none() | watched, st.lists(alerts, max_size=2), rows, st.just(()),
    st.sampled_from(["", "", "process 7"]),
)  # fmt: skip


@st.composite
def pasts(draw):
    """Journals as any sequence of checks could have left them, with clocks that jump."""
    lines = []
    for number in range(draw(st.integers(0, 6))):
        at, id_ = draw(times), f"id-{number}"
        lines.append(Line("decision", id_, iso(at), "retrain"))
        trigger = draw(st.lists(st.sampled_from(["alert:a", "drift:one", "rows:d"]), max_size=2))
        lines.append(Line("start", id_, iso(at), "retrain", trigger, watermark=number))
        outcome = draw(st.sampled_from(["", *"pushed refused failed killed challenger".split()]))
        if outcome or number < 5:
            mark = number if outcome == "pushed" else None
            lines.append(
                Line("end", id_, iso(at + HOUR), "retrain", outcome=outcome or "killed",
                     watermark=mark)
            )  # fmt: skip
        if draw(st.integers(0, 9)) == 0:
            lines.append(Line("note", f"n-{number}", iso(draw(times)), by="Ada"))
    return history.of(lines)


@given(found, pasts(), times)
def test_a_retraining_is_never_begun_against_a_limit(signals, past, now):
    made = decide(signals, past, DEFAULT, now)
    if made.decision != journal.RETRAIN:
        return
    assert signals.champion is not None and made.triggers
    assert past.open is None and past.trial is None and not signals.busy
    assert past.failures < DEFAULT.limit("failures")
    verdicts = [it.ended for it in past.attempts if it.outcome and not it.broken]
    cooldown = DEFAULT.limit("cooldown_hours") * HOUR
    assert all(now - it >= cooldown for it in (*verdicts[-1:], signals.champion.since))
    assert sum(now - it.began < WEEK for it in past.attempts) < DEFAULT.limit("per_week")
    assert not {it.id for it in made.triggers} & past.acted_on
    new = signals.rows.total - past.tried.get("total", 0)
    assert new >= DEFAULT.rows("minimum")
    assert min(signals.rows.by_label.get(it, 0) for it in decision.LABELS) >= 10
    callers = {name: it for name, it in signals.rows.by_labeller.items() if name != "anna"}
    assert max(callers.values(), default=0) <= signals.rows.total / 2
    ahead = now + DEFAULT.limit("ahead_minutes") * 60
    assert past.latest is None or past.latest <= ahead
    assert signals.champion.since <= ahead


@given(found, pasts(), times)
def test_every_decision_gives_its_reasons_and_is_the_same_again(signals, past, now):
    made = decide(signals, past, DEFAULT, now)
    assert made.reasons and all(made.reasons)
    assert decide(signals, past, DEFAULT, now) == made


@given(found, pasts(), times, st.sampled_from(["pushed", "refused", "already-champion"]))
def test_the_same_signals_are_answered_once(signals, past, now, outcome):
    made = decide(signals, past, DEFAULT, now)
    if made.decision != journal.RETRAIN:
        return
    trigger = tuple(it.id for it in made.triggers)
    total = {"total": signals.rows.total}
    done = Attempt("new", now, trigger, total, "mark", now + HOUR, outcome)
    later = replace(past, attempts=(*past.attempts, done), checked=now)
    again = decide(signals, later, policy.choose("limits.cooldown_hours = 0"), now + 2 * HOUR)
    assert again.decision != journal.RETRAIN
    assert not {it.id for it in again.triggers} & set(trigger)


def test_drift_of_the_champion_with_enough_labels_begins_a_retraining():
    made = decide(READY, History(), DEFAULT, NOW)
    assert made.decision == journal.RETRAIN
    assert [it.id.split(":")[0] for it in made.triggers] == ["drift"]
    assert all(it.passed for it in made.rules)


def test_what_was_said_of_another_model_or_long_ago_is_no_signal():
    other = replace(READY, watched=replace(DRIFT, digest="sha256:two"))
    made = decide(other, History(), DEFAULT, NOW)
    assert (made.decision, len(made.triggers)) == (journal.NOTHING, 0)
    assert "another model" in made.reasons[0]
    stale = replace(READY, watched=replace(DRIFT, until=NOW - 3 * DAY))
    made = decide(stale, History(), DEFAULT, NOW)
    assert (made.decision, len(made.triggers)) == (journal.LOOK, 0)
    assert "has said nothing since" in made.reasons[0]


def test_what_the_monitor_wants_looked_at_is_for_a_person():
    label = replace(READY, watched=replace(DRIFT, kinds=(), follow=("label",)))
    made = decide(label, History(), DEFAULT, NOW)
    assert (made.decision, made.reasons[0].startswith("The monitor asks to label")) == (
        "look",
        True,
    )


def test_too_few_labels_are_waited_for():
    few = replace(READY, rows=replace(ROWS, total=100, by_labeller={"anna": 50, "ben": 50}))
    made = decide(few, History(), DEFAULT, NOW)
    assert made.decision == journal.WAIT
    assert "100 new labels, 200 are wanted" in made.reasons[0]
    lacking = replace(READY, rows=replace(ROWS, by_label={"negative": 150, "positive": 150}))
    assert "0 neutral" in decide(lacking, History(), DEFAULT, NOW).reasons[0]


def test_labels_of_one_caller_are_looked_at_first():
    one = replace(READY, rows=replace(ROWS, by_labeller={"caller 7": 200, "anna": 100}))
    made = decide(one, History(), DEFAULT, NOW)
    assert made.decision == journal.LOOK
    assert "67% of the labels are of caller 7" in made.reasons[0]


def test_callers_whom_nobody_can_tell_apart_are_looked_at_until_the_policy_trusts_them():
    unknown = replace(READY, rows=replace(ROWS, by_labeller={"": 300}))
    made = decide(unknown, History(), DEFAULT, NOW)
    assert made.decision == journal.LOOK
    assert "nobody known" in made.reasons[0] and "rows.most_of_one = 1" in made.reasons[0]
    trusting = policy.choose("rows.most_of_one = 1")
    assert decide(unknown, History(), trusting, NOW).decision == journal.RETRAIN


def test_a_house_with_one_labeller_needs_nobody_to_look():
    alone = replace(READY, rows=replace(ROWS, by_labeller={"anna": 300}))
    assert decide(alone, History(), DEFAULT, NOW).decision == journal.RETRAIN


@given(st.integers(0, 2_000), st.integers(0, 2_000))
def test_feedback_that_denies_sure_answers_is_looked_at_first(agreed, denied):
    sure = agreed + denied
    told = replace(READY, rows=replace(ROWS, total=9_000, sure=sure, agreed=agreed))
    made = decide(told, History(), DEFAULT, NOW)
    if sure and accuracy.wilson(agreed, sure)[1] < 0.6:
        assert made.decision == journal.LOOK
        assert f"{agreed:,} of {sure:,} labels agree" in made.reasons[0]
    else:
        assert made.decision == journal.RETRAIN
    corrections = policy.choose("rows.least_agreement = 0")
    assert decide(told, History(), corrections, NOW).decision == journal.RETRAIN


def test_many_labels_are_reason_enough_and_those_of_a_refused_try_are_not_new():
    calm = replace(READY, watched=None)
    many = replace(calm, rows=replace(ROWS, total=1_200, by_labeller={"anna": 1, "ben": 1}))
    assert decide(many, History(), DEFAULT, NOW).decision == journal.RETRAIN
    begun = Line("start", "a", iso(NOW - 8 * DAY), "retrain", rows={"total": 1_100}, watermark="w")
    refused = replace(begun, kind="end", outcome="refused", watermark=None)
    past = history.of([begun, refused])
    assert decide(many, past, DEFAULT, NOW).decision == journal.NOTHING
    drifted = replace(many, watched=DRIFT)
    assert "100 new labels" in decide(drifted, past, DEFAULT, NOW).reasons[0]


def test_what_a_champion_was_made_of_or_a_person_passed_over_keeps_no_new_label_away():
    begun = Line("start", "a", iso(NOW - 8 * DAY), "retrain", rows={"total": 1_500}, watermark="w")
    passed_over = Line("note", "b", iso(NOW - DAY), by="Ada", watermark="x")
    for outcome, mark in (("pushed", "w"), ("refused", None), ("failed", None)):
        ended = replace(begun, kind="end", outcome=outcome, watermark=mark)
        made = decide(READY, history.of([begun, ended, passed_over]), DEFAULT, NOW)
        assert "300 new labels, 200 are wanted." in made.reasons, (outcome, made.reasons)


def test_the_schedule_counts_for_whoever_has_seen_time_pass():
    old = replace(READY, watched=None, champion=replace(CHAMPION, since=NOW - 31 * DAY))
    seen = History(checked=NOW - DAY)
    assert decide(old, seen, DEFAULT, NOW).decision == journal.RETRAIN
    assert decide(old, History(), DEFAULT, NOW).decision == journal.NOTHING
    jumped = NOW + 400 * DAY
    assert decide(old, seen, DEFAULT, jumped).decision != journal.RETRAIN


def test_a_clock_that_went_back_begins_nothing():
    past = history.of([Line("decision", "a", iso(NOW + DAY), "nothing")])
    made = decide(READY, past, DEFAULT, NOW)
    assert made.decision == journal.LOOK
    assert "a clock was moved" in made.reasons[0]
    noted = history.of(
        [Line("decision", "a", iso(NOW + DAY), "nothing"), Line("note", "b", iso(NOW - 1))]
    )
    assert decide(READY, noted, DEFAULT, NOW).decision == journal.RETRAIN


def test_a_failed_retraining_is_tried_again_once_and_then_looked_at():
    def failed(hours):
        return Attempt("a", NOW - hours * HOUR, ("drift:x",), {}, 1, NOW - hours * HOUR, "failed")

    calm = replace(READY, watched=None)
    soon = decide(calm, History([failed(1)], failures=1), DEFAULT, NOW)
    assert (soon.decision, "it is tried again at" in soon.reasons[0]) == (journal.WAIT, True)
    assert decide(calm, History([failed(7)], failures=1), DEFAULT, NOW).decision == journal.RETRAIN
    twice = History([failed(40), failed(7)], failures=2)
    made = decide(calm, twice, policy.choose("limits.per_week = 9"), NOW)
    assert (made.decision, "have failed" in made.reasons[0]) == (journal.LOOK, True)


def test_an_alert_that_came_at_the_wrong_moment_is_not_forgotten_unless_it_ends():
    calm = replace(READY, watched=None)
    came = Line("alert", "x", iso(NOW - HOUR), trigger=["alert:a"], reasons=["Alert a."])
    past = history.of([came])
    assert [it.id for it in decide(calm, past, DEFAULT, NOW).triggers] == ["alert:a"]
    gone = history.of([came, Line("alert", "y", iso(NOW), resolved=["alert:a"])])
    assert decide(calm, gone, DEFAULT, NOW).decision == journal.NOTHING
    newer = replace(calm, champion=replace(CHAMPION, since=NOW - 60))
    assert decide(newer, past, DEFAULT, NOW).decision == journal.NOTHING
    begun = history.of([came, Line("start", "z", iso(NOW), "retrain", ["alert:a"])])
    assert begun.waiting == []


def test_a_trial_keeps_the_next_retraining_away():
    begun = Line("start", "a", iso(NOW - DAY), "trial", model="sha256:two", watermark=5)
    past = history.of([begun])
    assert decide(READY, past, DEFAULT, NOW).decision == journal.WAIT
    promoted = replace(begun, kind="end", outcome="promoted")
    assert history.of([begun, promoted]).watermark == 5
    stopped = replace(promoted, outcome="stopped", watermark=None)
    assert history.of([begun, stopped]).watermark is None


def test_without_a_champion_there_is_nothing_to_train_anew():
    assert decide(Signals(), History(), DEFAULT, NOW).decision == journal.NOTHING

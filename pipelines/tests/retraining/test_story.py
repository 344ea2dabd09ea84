"""The story: everything once, in the order of time."""

from sentiment_common.promotions import Promotion
from sentiment_pipelines.retraining import story
from sentiment_pipelines.retraining.journal import Line


def at(minute):
    return f"2026-11-23T10:{minute:02}:00.000Z"


def told(lines, promotions=()):
    return [(it.what, it.times) for it in story.tell(promotions, lines)]


def test_what_was_waited_for_is_told_once_for_as_often_as_it_was():
    waits = [Line("decision", str(it), at(it), "wait", reasons=["few"]) for it in range(5)]
    nothing = Line("decision", "n", at(2), "nothing", reasons=["calm"])
    start = Line("start", "s", at(6), "retrain", ["drift:a"], ["Words are new.", "all is well"])
    assert told([*waits[:2], nothing, *waits[2:], start, *waits[:1]]) == [
        ("wait", 5), ("wait", 1), ("retraining begins", 1),
    ]  # fmt: skip
    (event,) = story.tell((), [start])
    assert event.why == "Words are new."


def test_promotions_and_retrainings_are_one_story():
    pushed = Promotion("2026-11-23T10:03:00Z", "champion", "push", "2", run="run-1")
    back = Promotion("2026-11-23T10:09:00Z", "champion", "rollback", "1", by="Ada", reason="worse")
    lines = [
        Line("alert", "x", at(1), trigger=["alert:a"], reasons=["Alert a."]),
        Line("alert", "x", at(1), resolved=["alert:a"]),
        Line("start", "a", at(2), "retrain", ["alert:a"], ["Alert a."], rows={"total": 1_200}),
        Line("end", "a", at(4), "retrain", reasons=["better"], run="run-1", outcome="pushed"),
        Line("note", "b", at(5), reasons=["flipped"], by="Ada", rows={"total": 3}),
        Line("start", "c", at(6), "trial", reasons=["It meets live traffic."], run="run-2"),
        Line("decision", "c", at(7), "trial", outcome="running"),
        Line("end", "c", at(8), "trial", reasons=["worse"], run="run-2", outcome="stopped"),
    ]
    found = story.tell([pushed, back], lines)
    assert [it.what for it in found] == [
        "alert", "retraining begins", "push", "retraining pushed", "note", "trial begins",
        "trial stopped", "rollback",
    ]  # fmt: skip
    assert found[1].about == "1,200 labels"
    assert (found[2].about, found[2].why) == ("version 2 as champion", "run run-1")
    assert found[4].why == "Ada: flipped"
    assert found[-1].why == "Ada: worse"

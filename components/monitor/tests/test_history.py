"""Earlier windows: what lasts, and what comes back."""

from pathlib import Path

import pytest

from sentiment_common.errors import InputError
from sentiment_monitor.findings import Finding, Signal
from sentiment_monitor.history import Past, placed, read, without_overlap

DAY, WEEK = 86_400.0, 7 * 86_400.0
BINS = ("a", "b")
USUAL, SUNDAY = (500, 500), (900, 100)


class Now:
    """A window of a day."""

    def __init__(self, day, digest="sha256:d"):
        self.since, self.until, self.digest = day * DAY, (day + 1) * DAY, digest


def past(day, verdict, counts=USUAL, length=1.0):
    """An earlier window of one signal."""
    return Past(
        day * DAY, (day + length) * DAY, "ok", 1_000,
        {"label/psi": {"verdict": verdict, "effect": 0.5}, "domain/domain": {
            "verdict": verdict, "effect": 0.7}},
        {"label": Signal("label", BINS, USUAL, counts)}, {}, Path(),
    )  # fmt: skip


def place(
    day, before, counts=SUNDAY, name="label", detector="psi", effect=0.5, details=None
):  # fmt: skip
    """Places a finding of a day in what came before."""
    finding = Finding(
        name, detector, 0.5, effect, 0.1, 0.2, 0.0, 1_000, "act", "It moved.",
        details=details or {},
    )  # fmt: skip
    (found,) = placed([finding], [Signal("label", BINS, USUAL, counts)], Now(day), before)
    return found


def test_days_in_a_row_are_counted_back_to_the_first_good_one():
    found = place(9, [past(5, "act"), past(6, "ok"), past(7, "watch"), past(8, "act")])
    assert found.windows == 3


def test_a_day_on_which_nobody_could_tell_neither_counts_nor_ends_it():
    assert place(9, [past(6, "act"), past(7, "unknown"), past(8, "act")]).windows == 3


def test_a_gap_ends_it():
    assert place(9, [past(3, "act"), past(8, "act")]).windows == 2


def test_windows_that_overlap_do_not_last_longer_for_it():
    hourly = [past(8 + hour / 24, "act") for hour in range(24)]
    assert place(9, hourly).windows == 2
    assert [it.until for it in without_overlap(Now(9), hourly)] == [9 * DAY]


def test_a_sunday_like_the_last_one_is_no_drift():
    week = [past(6, "act", SUNDAY), *(past(day, "ok") for day in range(7, 13))]
    assert place(13, week).seasonal


def test_a_sunday_of_another_kind_is_one():
    week = [past(6, "act", (100, 900)), *(past(day, "ok") for day in range(7, 13))]
    assert not place(13, week).seasonal


def test_what_has_stayed_all_week_is_no_season():
    week = [past(day, "act", SUNDAY) for day in range(6, 13)]
    assert not place(13, week).seasonal


def test_another_weekday_is_no_season():
    week = [past(5, "act", SUNDAY), *(past(day, "ok") for day in range(6, 13))]
    assert not place(13, week).seasonal


def test_a_finding_without_counts_comes_back_if_it_is_no_larger():
    week = [past(6, "act"), *(past(day, "ok") for day in range(7, 13))]
    given = {"name": "domain", "detector": "domain"}
    assert place(13, week, effect=0.72, **given).seasonal
    assert not place(13, week, effect=0.95, **given).seasonal


def test_another_new_word_each_sunday_is_no_season():
    week = [past(6, "act"), *(past(day, "ok") for day in range(7, 13))]
    for it in week:
        then = {"terms": [["zephyrix", 0.0, 0.3]]}
        it.findings["vocabulary/vocabulary"] = {**it.findings["label/psi"], "details": then}
    given = {"name": "vocabulary", "detector": "vocabulary"}
    assert place(13, week, details={"terms": [["zephyrix", 0.0, 0.3]]}, **given).seasonal
    assert not place(13, week, details={"terms": [["quillon", 0.0, 0.3]]}, **given).seasonal


def test_what_a_model_is_unsure_of_may_come_back_every_week():
    week = [past(6, "act"), *(past(day, "ok") for day in range(7, 13))]
    for it in week:
        it.findings["estimate/cbpe"] = it.findings["label/psi"]
    assert place(13, week, name="estimate", detector="cbpe").seasonal


def test_wrong_answers_are_no_season():
    week = [past(6, "act"), *(past(day, "ok") for day in range(7, 13))]
    for it in week:
        it.findings["quality/accuracy"] = it.findings["domain/domain"]
    assert not place(13, week, name="quality", detector="accuracy").seasonal


def test_a_folder_that_is_not_there_or_damaged_is_said(tmp_path):
    with pytest.raises(InputError, match="no history here"):
        read(tmp_path / "none", Now(3))
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "decision.json").write_text('{"schema_version": 1}')
    with pytest.raises(InputError, match="no decision of the monitor"):
        read(tmp_path, Now(3))
    (tmp_path / "a" / "decision.json").write_text('{"schema_version": 99}')
    with pytest.raises(InputError, match="wanted a decision of schema 1, got 99"):
        read(tmp_path, Now(3))


def test_no_history_is_no_error(tmp_path):
    assert read(tmp_path, Now(3)) == []
    assert place(3, []).windows == 1

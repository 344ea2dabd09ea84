"""When which model was behind which alias."""

from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.promotions import FOUND, PUSH, ROLLBACK, WITHDRAW, Promotion
from sentiment_pipelines.tracing.reigns import moment, reigns, role


def day(number):
    return f"2026-01-{number:02}T12:00:00Z"


LOG = [
    Promotion(day(1), "champion", PUSH, "1", "sha256:a"),
    Promotion(day(2), "challenger", PUSH, "2", "sha256:b"),
    Promotion(day(3), "champion", PUSH, "2", "sha256:b"),
    Promotion(day(4), "challenger", WITHDRAW, "", previous="2", by="Ada"),
    Promotion(day(5), "champion", ROLLBACK, "1", "sha256:a", by="Ada", reason="refunds"),
]
EVERY = reigns(LOG)


def test_a_model_is_told_what_it_was_at_a_time():
    at = {number: role(EVERY, "sha256:b", day(number)) for number in range(1, 7)}
    assert at[1] == "challenger only later: since 2026-01-02 12:00:00 UTC"
    assert at[2] == "challenger, since 2026-01-02 12:00:00 UTC (push)"
    assert at[3].startswith("challenger, since 2026-01-02") and "champion, since" in at[3]
    assert at[4] == "champion, since 2026-01-03 12:00:00 UTC (push)"
    assert at[5] == "champion no longer: until 2026-01-05 12:00:00 UTC, 0 s before"
    assert role(EVERY, "sha256:a", day(5)).endswith("(rollback)")
    assert role(EVERY, "sha256:c", day(5)) == "behind no alias: the promotion log does not know it"


def test_a_part_of_a_second_is_after_the_second_it_is_part_of():
    assert role(EVERY, "sha256:a", "2026-01-01T12:00:00.250Z").startswith("champion, since")
    assert role(EVERY, "sha256:a", "2026-01-03T12:00:00.250Z").endswith("0 s before")
    assert moment("2026-01-01T12:00:00") == moment("2026-01-01T13:00:00+01:00")


def test_a_move_that_nobody_wrote_down_is_said_to_be_one():
    found = reigns([Promotion(day(3), "champion", FOUND, "4", "sha256:d")])
    assert role(found, "sha256:d", day(2)).endswith("nobody wrote down when the alias moved")


MOVES = st.lists(
    st.tuples(st.sampled_from(("champion", "challenger")), st.sampled_from(("", "1", "2", "3"))),
    max_size=12,
)


@given(MOVES, st.integers(1, 28))
def test_at_any_time_an_alias_has_the_version_it_was_last_moved_to(moves, at):
    log = [
        Promotion(day(number), alias, PUSH, version, f"sha256:{version}")
        for number, (alias, version) in enumerate(moves, start=1)
    ]
    for alias in ("champion", "challenger"):
        last = [it.version for it in log if it.alias == alias and it.time <= day(at)]
        there = [it.version for it in reigns(log) if it.alias == alias and it.covers(day(at))]
        assert there == [it for it in last[-1:] if it]

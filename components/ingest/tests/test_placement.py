"""Splits as the data grow: who keeps a place, who follows, who has to go."""

import random
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentiment_ingest import placement, split
from sentiment_ingest.near_duplicates import NearDuplicates
from sentiment_ingest.previous import Previous
from sentiment_ingest.rows import Example

SHARES = split.fractions(0.2, 0.3)
LABELS = ("negative", "neutral", "positive")


def example(identity, text, group=None, label="neutral"):
    return Example(identity, text, label, None, "a", group or identity, None)


def grown(examples, previous=(), *, join=True, seed=13, share=0.2):
    """Places and splits, as the stage does."""
    placed = placement.place(examples, previous, join=join, share=share)
    parts = split.split(placed.examples, SHARES, seed, placed.splits)
    return parts, placed


def earlier(parts):
    return [
        Previous(row.id, name, row.text, row.group) for name, rows in parts.items() for row in rows
    ]


def places(parts):
    return {row.id: name for name, rows in parts.items() for row in rows}


def many(count, start=0):
    """Examples whose texts share no words."""
    return [
        example(str(n), " ".join(f"w{n}x{k}" for k in range(6)), label=LABELS[n % 3])
        for n in range(start, start + count)
    ]


def assert_no_leak(parts):
    rows = [(row, name) for name, part in parts.items() for row in part]
    near = NearDuplicates(row.text for row, _ in rows)
    for (one, (first, here)), (other, (second, there)) in combinations(enumerate(rows), 2):
        if first.group == second.group or near.similar(one, other):
            assert here == there, (first, second)


def test_the_same_data_again_give_the_same_splits_and_groups():
    parts, _ = grown(many(60))
    again, placed = grown(many(60), earlier(parts))
    assert again == parts
    assert placed.carried == 60


def test_known_rows_keep_their_split_whatever_the_seed_and_the_shares():
    parts, _ = grown(many(60))
    again, _ = grown(many(60), earlier(parts), seed=99)
    assert places(again) == places(parts)


@pytest.mark.parametrize("home", split.SPLITS)
def test_a_new_near_duplicate_follows_the_row_it_is_near_to(home):
    parts, _ = grown(many(60))
    old = parts[home][0]
    new = example("new", old.text + " indeed")
    again, _ = grown([*many(60), new], earlier(parts))
    assert places(again)["new"] == home
    assert_no_leak(again)


@pytest.mark.parametrize("home", split.SPLITS)
def test_a_new_row_of_a_known_group_follows_its_group(home):
    parts, _ = grown(many(60))
    new = example("new", "something never said before at all", parts[home][0].group)
    again, _ = grown([*many(60), new], earlier(parts))
    assert places(again)["new"] == home


def test_a_row_that_ties_two_splits_together_is_dropped_with_its_reason():
    parts, _ = grown(many(60))
    here, there = parts["train"][0], parts["test"][0]
    bridge = replace(example("bridge", here.text), group=there.group)
    again, placed = grown([*many(60), bridge], earlier(parts))
    assert places(again) == places(parts), "no known row has moved"
    (dropped,) = placed.dropped
    assert dropped.id == "bridge"
    assert "split" in dropped.reason
    assert_no_leak(again)


def test_a_row_near_to_one_that_is_gone_goes_where_that_one_stood():
    parts, _ = grown(many(60))
    gone = parts["test"][0]
    rest = [row for row in many(60) if row.id != gone.id]
    again, _ = grown([*rest, example("new", gone.text + " indeed")], earlier(parts))
    assert places(again)["new"] == "test"


def test_ignoring_near_duplicates_lets_them_stand_apart():
    text = "the same long text is here again and again number"
    rows = [example(str(n), f"{text} {n}", label=LABELS[n % 3]) for n in range(60)]
    together, _ = grown([*rows, *many(600, 100)])
    apart, _ = grown([*rows, *many(600, 100)], join=False)
    names = {str(n) for n in range(60)}
    assert len({home for name, home in places(together).items() if name in names}) == 1
    assert len({home for name, home in places(apart).items() if name in names}) > 1


def test_a_row_that_was_dropped_from_its_split_never_comes_back_in_another():
    parts, _ = grown(many(60))
    here, there = parts["train"][0], parts["test"][0]
    edited = [
        replace(row, text=there.text + " so") if row.id == here.id else row for row in many(60)
    ]
    again, placed = grown(edited, earlier(parts))
    (dropped,) = placed.dropped
    assert (dropped.id, dropped.split) == (here.id, "train")
    kept_in_mind = [Previous(dropped.id, dropped.split, None, dropped.id)]
    third, placed = grown(edited, earlier(again) + kept_in_mind)
    assert (third, placed.dropped) == (again, [dropped])
    last, placed = grown(many(60), earlier(third) + kept_in_mind)
    assert places(last) == places(parts)


def tied_groups(count):
    """Twelve groups of ten rows; from the first on, ``count`` have a text nearly the next one's."""
    rows = [replace(row, group=f"g{n % 12}") for n, row in enumerate(many(120))]
    for n in range(count):
        rows[n + 12] = replace(rows[n + 12], text=rows[(n + 1) % 12].text + " too")
    return rows


def test_few_rows_that_would_make_one_group_of_all_are_dropped():
    parts, placed = grown(tied_groups(12))
    assert {row.reason for row in placed.dropped} == {"near-duplicate in another group"}
    assert [row.id for row in placed.dropped] == [str(n) for n in range(12, 24)]
    assert [row.kept_id for row in placed.dropped] == [str((n + 1) % 12) for n in range(12)]
    assert len({row.group for rows in parts.values() for row in rows}) == 12
    assert_no_leak(parts)
    again, placed_again = grown(tied_groups(12), earlier(parts))
    assert (again, placed_again.dropped) == (parts, placed.dropped)


def test_a_small_joined_group_loses_no_row():
    _, placed = grown(tied_groups(1))
    assert placed.dropped == []
    assert {row.group for row in placed.examples} == {f"g{n}" for n in (0, *range(2, 12))}


BATCHES = st.lists(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from("abcdefghij"), min_size=5, max_size=8, unique=True),
            st.sampled_from(["", "g1", "g2", "g3"]),
            st.sampled_from(LABELS),
        ),
        max_size=12,
    ),
    min_size=4,
    max_size=4,
)


@settings(deadline=None, max_examples=60)
@given(BATCHES)
def test_growing_three_times_moves_no_row_loses_none_and_leaks_nothing(batches):
    data, previous, known = many(40, 1000), [], {}
    for round_, batch in enumerate(batches):
        data = data + [
            example(f"{round_}-{n}", " ".join(text), group or None, label)
            for n, (text, group, label) in enumerate(batch)
        ]
        parts, placed = grown(data, previous)
        now = places(parts)
        assert len(now) + len(placed.dropped) == len(data)
        assert all(now[name] == home for name, home in known.items() if name in now)
        assert not {row.id for row in placed.dropped} & set(known), "who had a place keeps it"
        assert_no_leak(parts)
        previous, known = earlier(parts), now


@settings(deadline=None, max_examples=60)
@given(BATCHES, st.integers(0, 2**31), st.sampled_from([0.2, 1]))
def test_rows_that_change_or_go_move_no_other_and_the_same_data_change_nothing(
    batches, seed, share
):
    draw, data, known, previous = random.Random(seed), many(60, 1000), {}, []  # noqa: S311
    for round_, batch in enumerate(batches):
        data = [row for row in data if len(row.id) > 3 or draw.random() < 0.8]
        data = [
            replace(row, text=draw.choice(data).text + " so") if draw.random() < 0.05 else row
            for row in data
        ] + [
            example(f"{round_}-{n}", " ".join(text), group or None, label)
            for n, (text, group, label) in enumerate(batch)
        ]
        parts, placed = grown(data, previous, share=share)
        now = places(parts)
        bound = {row.id: row.split for row in placed.dropped if row.split}
        assert len(now) + len(placed.dropped) == len(data)
        assert all(known.get(name, home) == home for name, home in (now | bound).items())
        assert_no_leak(parts)
        known = now | bound
        previous = earlier(parts) + [
            Previous(name, home, None, name) for name, home in bound.items()
        ]
        again, placed_again = grown(data, previous, share=share)
        # Above the limit, rows that are gone by now have a part in which ties are cut.
        assert share < 1 or (again, placed_again.dropped) == (parts, placed.dropped)
        assert_no_leak(again)
        assert all(known.get(name, home) == home for name, home in places(again).items())

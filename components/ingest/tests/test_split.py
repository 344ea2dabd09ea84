import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_ingest.labels import LABELS
from sentiment_ingest.rows import Example
from sentiment_ingest.split import SPLITS, fractions, split

SHARES = fractions(0.1, 0.2)
ROWS = st.lists(
    st.tuples(st.sampled_from(LABELS), st.sampled_from("ab"), st.integers(0, 40)), max_size=150
)


def examples(rows):
    """Examples of (label, source, group), and thirty single rows of each label."""
    rows = [*rows, *((label, "c", f"{label} {n}") for label in LABELS for n in range(30))]
    return [
        Example(str(n), f"text {n}", label, None, source, f"{group}", None)
        for n, (label, source, group) in enumerate(rows)
    ]


def places(parts):
    return {example.id: name for name, rows in parts.items() for example in rows}


@given(ROWS, st.integers(0, 2**31))
def test_every_row_is_in_one_split_and_no_group_in_two(rows, seed):
    everything = examples(rows)
    parts = split(everything, SHARES, seed)
    assert sorted(places(parts)) == sorted(example.id for example in everything)
    assert sum(len(rows) for rows in parts.values()) == len(everything)
    groups = [{example.group for example in parts[name]} for name in SPLITS]
    assert sum(len(group) for group in groups) == len(set.union(*groups))


@given(ROWS, st.integers(0, 5), st.randoms())
def test_the_order_of_the_rows_does_not_decide(rows, seed, chance):
    everything = examples(rows)
    shuffled = chance.sample(everything, len(everything))
    assert places(split(everything, SHARES, seed)) == places(split(shuffled, SHARES, seed))


def test_another_seed_gives_another_split_of_the_same_size():
    everything = examples([])
    first, second = (split(everything, SHARES, seed) for seed in (1, 2))
    assert places(first) != places(second)
    assert [len(first[name]) for name in SPLITS] == [len(second[name]) for name in SPLITS]


@given(ROWS, st.integers(0, 2**31), st.randoms())
def test_a_group_that_is_bound_to_a_split_is_there(rows, seed, chance):
    everything = examples(rows)
    groups = sorted({example.group for example in everything if example.source != "c"})
    bound = {group: chance.choice(SPLITS) for group in groups if chance.random() < 0.5}
    for name, part in split(everything, SHARES, seed, bound).items():
        assert all(bound.get(example.group, name) == name for example in part)


def test_new_groups_make_up_for_the_shares_that_the_bound_ones_miss():
    everything = examples([])
    bound = {example.group: "train" for example in everything[::3]}
    parts = split(everything, SHARES, 13, bound)
    assert [len(parts[name]) for name in SPLITS] == [63, 9, 18]


@pytest.mark.parametrize(
    ("validation", "test"), [(0.1, 0.2), (0.15, 0.3), (0.33, 0.33), (0.05, 0.1)]
)
def test_each_label_of_each_source_gets_its_share_within_a_row(validation, test):
    chance = random.Random(5)  # noqa: S311
    rows = [
        (chance.choices(LABELS, (5, 1, 3))[0], chance.choice("ab"), f"g{n}") for n in range(2000)
    ]
    everything = examples(rows)
    shares = fractions(validation, test)
    totals = Counter((example.label, example.source) for example in everything)
    for name, part in split(everything, shares, 13).items():
        counts = Counter((example.label, example.source) for example in part)
        assert abs(len(part) - shares[name] * len(everything)) <= 3
        assert all(abs(counts[cell] - shares[name] * totals[cell]) < 1.5 for cell in totals)


def test_large_groups_are_shared_out_evenly():
    chance = random.Random(5)  # noqa: S311
    rows = [(chance.choice(LABELS), "a", chance.randrange(200)) for _ in range(3000)]
    everything = examples(rows)
    for name, part in split(everything, SHARES, 13).items():
        for label in LABELS:
            share = sum(example.label == label for example in part) / sum(
                example.label == label for example in everything
            )
            assert share == pytest.approx(SHARES[name], abs=0.01)


def test_a_label_that_is_missing_is_named():
    rows = [example for example in examples([]) if example.label == "positive"]
    with pytest.raises(InputError, match=r"no row is negative or neutral \(usable rows: 30 pos"):
        split(rows, SHARES, 13)


def test_a_label_with_too_few_rows_for_three_splits_is_named():
    rows = [
        e for e in examples([]) if e.label != "neutral" or e.group in ("neutral 1", "neutral 2")
    ]
    with pytest.raises(InputError, match="2 rows are neutral, too few for the validation"):
        split(rows, SHARES, 13)


def test_a_label_whose_rows_are_all_one_group_cannot_be_split():
    rows = [
        e for e in examples([("neutral", "a", "one")] * 50) if not e.group.startswith("neutral")
    ]
    with pytest.raises(InputError, match="50 rows are neutral, too few for the"):
        split(rows, SHARES, 13)


@pytest.mark.parametrize(("validation", "test"), [(0, 0.2), (0.1, 1), (-0.1, 0.2), (0.5, 0.5)])
def test_shares_that_leave_a_split_empty_are_refused(validation, test):
    with pytest.raises(InputError, match="fraction"):
        fractions(validation, test)

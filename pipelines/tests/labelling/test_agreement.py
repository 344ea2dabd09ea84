import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentiment_models.bundle import LABELS
from sentiment_pipelines.labelling import agreement, store

KRIPPENDORFF = (
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)
"""Four observers, twelve units, missing data: Krippendorff (2011), section C."""
FLEISS = ((75, 1, 4), (5, 4, 1), (0, 0, 10))
"""Two raters, three categories, per cent: Fleiss, Levin and Paik (2003), table 18.1."""
COUNTS = st.lists(st.tuples(*[st.integers(0, 4)] * 3), max_size=12)


def units():
    columns = zip(*(line.split() for line in KRIPPENDORFF), strict=True)
    return [tuple(column.count(str(category)) for category in range(1, 6)) for column in columns]


def row(text, label, by):
    return store.Row("r", 0, text, label, by, store.now(), "b", "random")


def test_alpha_is_that_of_krippendorffs_example():
    nominal = agreement.krippendorffs_alpha(units(), agreement.nominal)
    ordinal = agreement.krippendorffs_alpha(units(), agreement.ordinal)
    assert nominal == pytest.approx(0.743, abs=5e-4)
    assert ordinal == pytest.approx(0.815, abs=5e-4)


def test_kappa_is_that_of_fleiss_example():
    couples = [
        (one, other)
        for one, line in enumerate(FLEISS)
        for other, times in enumerate(line)
        for _ in range(times)
    ]
    assert agreement.cohens_kappa(couples) == pytest.approx(0.676, abs=5e-4)


@settings(max_examples=80, deadline=None)
@given(COUNTS)
def test_no_agreement_is_above_one_and_only_a_perfect_one_is_one(found):
    several = [unit for unit in found if sum(unit) > 1]
    same = all(max(unit) == sum(unit) for unit in several)
    raw = agreement.raw_agreement(several)
    assert raw is None or (0 <= raw <= 1 and (raw == 1) == same)
    for distance in (agreement.nominal, agreement.ordinal):
        alpha = agreement.krippendorffs_alpha(found, distance)
        assert alpha is None or (alpha <= 1 and (alpha == 1) == same)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=20))
def test_kappa_lies_between_minus_one_and_one_whoever_is_named_first(couples):
    kappa = agreement.cohens_kappa(couples)
    assert kappa == agreement.cohens_kappa([(other, one) for one, other in couples])
    assert kappa is None or -1 <= kappa <= 1


def test_a_slip_to_the_other_end_costs_ordinal_agreement_more_than_one_to_the_middle():
    sure = [(2, 0, 0), (0, 2, 0), (0, 0, 2)] * 5
    near = agreement.krippendorffs_alpha([*sure, (1, 1, 0)], agreement.ordinal)
    far = agreement.krippendorffs_alpha([*sure, (1, 0, 1)], agreement.ordinal)
    assert far < near < 1


def test_where_all_labels_are_the_same_there_is_nothing_to_agree_on():
    found = agreement.measure(row(text, "neutral", by) for text in "abc" for by in ("anna", "ben"))
    assert (found.raw.value, found.nominal.value, found.kappa.value) == (1, None, None)


def test_without_a_text_in_common_nothing_is_claimed():
    found = agreement.measure([row("a", "neutral", "anna"), row("b", "positive", "ben")])
    assert found.texts == 0 and found.raw.value is None and found.ordinal.value is None
    assert [it.agreed for it in found.labellers] == [None, None]


def test_who_sees_everything_brighter_shows_as_biased():
    said = ["negative", "neutral", "positive"] * 10
    brighter = {"negative": "neutral", "neutral": "positive", "positive": "positive"}
    rows = [row(f"t{place}", it, "anna") for place, it in enumerate(said)]
    rows += [row(f"t{place}", brighter[it], "ben") for place, it in enumerate(said)]
    anna, ben = agreement.measure(rows).labellers
    assert ben.bias == pytest.approx(2 / 3) and anna.bias == -ben.bias
    assert ben.agreed == pytest.approx(1 / 3) and ben.compared == 30
    assert ben.shares["negative"] == 0


def test_pairs_are_counted_once_and_lie_on_both_sides_of_the_table():
    rows = [row("a", "negative", "anna"), row("a", "neutral", "ben"), row("a", "neutral", "carol")]
    pairs = agreement.measure(rows).pairs
    assert pairs["neutral"]["negative"] == pairs["negative"]["neutral"] == 2
    assert pairs["neutral"]["neutral"] == 1
    assert list(pairs) == list(LABELS)


def test_the_interval_contains_the_figure_and_is_the_same_each_time():
    rows = [row(f"t{n}", LABELS[n % 3], "anna") for n in range(60)]
    rows += [row(f"t{n}", LABELS[(n + (n % 5 == 0)) % 3], "ben") for n in range(60)]
    one, again = agreement.measure(rows), agreement.measure(rows)
    assert one == again
    for it in (one.raw, one.kappa, one.nominal, one.ordinal):
        assert it.low < it.value < it.high

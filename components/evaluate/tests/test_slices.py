"""Rows are cut by what their texts, ratings and dates say, and each slice is measured apart."""

import numpy as np
import pytest

from sentiment_evaluate import slices
from sentiment_evaluate.examples import Split
from sentiment_evaluate.resampling import Bootstrap
from sentiment_evaluate.slices import Known, Slicing

NOTHING = Known()
BOOTSTRAP = Bootstrap(100, seed=1)


def split_of(
    texts: list[str], sources: list[str] | None = None, ratings: list[float] | None = None,
    created: list[str] | None = None,
) -> Split:  # fmt: skip
    count = len(texts)
    return Split(
        "test", texts, np.arange(count) % 3, np.array(sources or [""] * count), np.arange(count),
        None if ratings is None else np.array(ratings),
        None if created is None else np.array(created),
    )  # fmt: skip


def names(split: Split, kind: str, known: Known = NOTHING) -> dict[str, int]:
    """Rows of each slice of a kind."""
    found = {it.name: len(it.rows) for it in slices.cuts(split, known)}
    return {name.partition("=")[2]: it for name, it in found.items() if name.startswith(kind)}


def test_each_slice_is_measured_on_its_own_rows() -> None:
    split = split_of([""] * 240, ["tweets"] * 30 + ["reviews"] * 210)
    predicted = split.truth.copy()
    predicted[:30] = (predicted[:30] + 1) % 3
    given = slices.cuts(split, Known())
    found = slices.measure(split, given, np.eye(3)[predicted], BOOTSTRAP)
    assert [(it.name, it.rows, it.gating) for it in found] == [
        ("source=reviews", 210, True),
        ("source=tweets", 30, False),
    ]
    assert [it.figures.values["accuracy"] for it in found] == [1, 0]
    assert found[1].labels == {"negative": 10, "neutral": 10, "positive": 10}


def test_a_slice_with_one_row_too_few_does_not_gate() -> None:
    split = split_of([""] * 199, ["a"] * 100 + ["b"] * 99)
    found = slices.by_source(split, np.eye(3)[split.truth], BOOTSTRAP)
    assert [(it.rows, it.gating) for it in found] == [(100, True), (99, False)]


def test_a_column_of_many_values_is_cut_to_the_largest() -> None:
    sources = [f"source {number}" for number in range(60) for _ in range(25 + number % 5)]
    found = names(split_of([""] * len(sources), sources), "source")
    assert len(found) == slices.MOST_SLICES
    assert min(found.values()) >= 28


def test_what_all_rows_have_in_common_is_no_slice() -> None:
    assert slices.cuts(split_of(["It is fine."] * 60, ["shop"] * 60), Known()) == []


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("negation", "I do NOT like it"),
        ("negation", "it doesn\u2019t work"),
        ("negation", "cannot say"),
        ("emoji", "nice \U0001f600"),
        ("emoji", "nice :-)"),
        ("emoji", "I <3 it"),
        ("question", "is it red?"),
        ("capitals", "this is GREAT"),
    ],
)
def test_a_text_is_found_by_what_it_contains(kind: str, text: str) -> None:
    plain = ["It is note 12:30, costs 3/4 and says OK about knots."] * 30
    assert names(split_of([text] * 30 + plain), kind) == {"yes": 30, "no": 30}


def test_length_is_counted_in_words() -> None:
    texts = [" ".join(["word"] * count) for count in (8, 9, 24, 25) for _ in range(20)]
    assert names(split_of(texts), "length") == {"short": 20, "medium": 40, "long": 20}


def test_rare_words_are_those_the_train_split_does_not_have() -> None:
    texts = ["The phone works"] * 20 + ["The phone works and the gizmo too"] * 20 + ["Gizmo!"] * 20
    known = Known(frozenset(["the", "phone", "works", "and", "too"]))
    assert names(split_of(texts), "rare_words", known) == {"none": 20, "some": 20, "many": 20}
    assert names(split_of(texts), "rare_words") == {}


@pytest.mark.parametrize(
    "ratings", [[1.0, 5.0, 2.0, 4.0, 3.0, 3.0], [-4.0, 4.0, -2.0, 2.0, 0.5, 0.0]]
)
def test_ratings_are_strong_at_the_ends_of_their_scale(ratings: list[float]) -> None:
    found = names(split_of([""] * 180, ratings=ratings * 30), "rating")
    assert found == {"strong": 60, "moderate": 60, "weak": 60}


def test_a_row_without_a_rating_is_in_no_slice_of_ratings() -> None:
    ratings = [1.0] * 30 + [3.0] * 30 + [5.0] * 30 + [float("nan")] * 30
    assert names(split_of([""] * 120, ratings=ratings), "rating") == {"strong": 60, "weak": 30}


def test_dates_are_cut_by_year_or_within_one_year_by_month() -> None:
    years = ["2023-05-01"] * 30 + ["2024-06-01T10:00:00"] * 30
    assert names(split_of([""] * 60, created=years), "time") == {"2023": 30, "2024": 30}
    months = ["2024-05-01"] * 30 + ["2024-06-30"] * 30 + [""] * 30
    assert names(split_of([""] * 90, created=months), "time") == {"2024-05": 30, "2024-06": 30}


def test_another_line_in_the_table_is_another_kind_of_slice() -> None:
    polite = Slicing(
        "thanks", "says thanks",
        lambda split, known: np.array(["yes" if "thank" in it else "no" for it in split.texts]),
    )  # fmt: skip
    split = split_of(["thank you"] * 25 + ["well"] * 35)
    found = slices.cuts(split, Known(), [polite])
    assert [(it.name, len(it.rows)) for it in found] == [("thanks=no", 35), ("thanks=yes", 25)]

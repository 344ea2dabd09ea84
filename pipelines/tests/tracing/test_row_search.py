"""The rows nearest to a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_pipelines.tracing import row_search
from sentiment_pipelines.tracing.row_search import NEAR, SAME, SIMILAR, nearest

TEXTS = st.lists(
    st.lists(st.sampled_from("a b c d e f g h".split()), max_size=8).map(" ".join), max_size=25
)


def rows(texts):
    return [{"id": str(place), "text": it, "label": "", "source": ""} for place, it in
            enumerate(texts)]  # fmt: skip


def found(texts, text, count=5):
    return [(it["id"], it["relation"]) for it in nearest(lambda: rows(texts), text, count)]


def test_the_same_text_comes_first_then_a_near_duplicate_then_what_is_like_it():
    texts = [
        "the weather was fine all of the week",
        "my phone broke after a single week and nobody helped",
        "My  phone broke after a week and nobody helped",
        "nobody told me that the phone broke",
        "nothing in common",
    ]
    assert found(texts, "my phone broke after a week and nobody helped") == [
        ("2", SAME), ("1", NEAR), ("3", SIMILAR), ("0", SIMILAR),
    ]  # fmt: skip


def test_a_rare_word_tells_more_than_common_ones():
    texts = ["the film was the worst", "this one is a gramophone", *["the film was long"] * 20]
    assert found(texts, "the gramophone was", 1) == [("1", SIMILAR)]


def test_short_texts_are_near_duplicates_only_if_their_words_are_the_same():
    assert found(["too late", "late too", "late"], "too late") == [
        ("0", SAME), ("1", NEAR), ("2", SIMILAR),
    ]  # fmt: skip


def test_mentions_and_addresses_are_no_words():
    assert row_search.words("@jo Look: https://a.b/c?d www.e.f ÉTÉ isn't") == {
        "look", "été", "isn", "t",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["", "!!!", "@jo"])
def test_a_text_without_words_is_like_its_own_kind_alone(text):
    assert found(["a", "", "!!!", "@jo"], text) == [
        (str(["a", "", "!!!", "@jo"].index(text)), SAME)
    ]


@given(TEXTS, st.lists(st.sampled_from("a b c d e f g h z".split()), max_size=8).map(" ".join))
def test_leaving_rows_out_early_changes_nothing(texts, text):
    every = nearest(lambda: rows(texts), text, 100)
    assert nearest(lambda: rows(texts), text, 3) == every[:3]
    assert all(0 < it["similarity"] <= 1 for it in every)

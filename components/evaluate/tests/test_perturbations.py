"""Perturbations change how a text is written and nothing of what it says."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_evaluate.perturbations import PERTURBATIONS

TEXTS = st.text(st.characters(codec="utf-8"), max_size=80)
ORDER = "Order 48213 was placed on 7 June 2020 for 3 items."


def changed(name: str, text: str, seed: int = 0) -> str:
    return PERTURBATIONS[name](text, np.random.default_rng(seed))


@pytest.mark.parametrize("name", PERTURBATIONS)
@given(text=TEXTS, seed=st.integers(0, 100))
def test_any_text_can_be_changed_and_the_same_seed_changes_it_alike(
    name: str, text: str, seed: int
) -> None:
    assert changed(name, text, seed) == changed(name, text, seed)


@given(st.integers(0, 1000))
def test_a_typo_swaps_two_letters_inside_one_word(seed: int) -> None:
    found = changed("typos", "The keyboard is excellent.", seed)
    before, after = "The keyboard is excellent.".split(), found.split()
    (pair,) = [it for it in zip(before, after, strict=True) if it[0] != it[1]]
    assert sorted(pair[0]) == sorted(pair[1])
    assert pair[0][0] == pair[1][0]


def test_a_text_of_short_words_has_no_place_for_a_typo() -> None:
    assert changed("typos", "It is ok, 10/10.") == "It is ok, 10/10."


@given(st.integers(0, 1000))
def test_a_number_becomes_another_of_its_kind(seed: int) -> None:
    found = changed("numbers", ORDER, seed)
    assert re.sub("[0-9]+", "#", found) == re.sub("[0-9]+", "#", ORDER)
    order, day, year, items = map(int, re.findall("[0-9]+", found))
    assert 10_000 <= order <= 99_999
    assert order != 48_213
    assert 2 <= day <= 28
    assert day != 7
    assert 2001 <= year <= 2029
    assert year != 2020
    assert items != 3


@given(st.integers(0, 1000))
def test_casing_urls_and_punctuation_keep_the_words(seed: int) -> None:
    text = "It works, it looks great, I am happy."
    words = re.findall("[a-z]+", text.lower())
    for name in ("casing", "punctuation"):
        assert re.findall("[a-z]+", changed(name, text, seed).lower()) == words
    assert text in changed("urls", text, seed)
    assert ".example" in changed("urls", text, seed)

"""Distances of histograms: what must hold of them whatever the counts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_monitor.divergence import find, jensen_shannon, p_value, psi, psi_by_chance
from sentiment_monitor.findings import Signal
from sentiment_monitor.policy import choose

COUNTS = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)), min_size=1)


@given(COUNTS)
def test_distances_are_never_negative_and_the_same_both_ways(pairs):
    one, other = (np.array(it) for it in zip(*pairs, strict=True))
    assert psi(one, other) >= -1e-12
    assert psi(one, other) == pytest.approx(psi(other, one), abs=1e-12)
    assert 0 <= jensen_shannon(one, other) <= 1
    assert jensen_shannon(one, other) == pytest.approx(jensen_shannon(other, one), abs=1e-12)
    assert 0 <= p_value(one, other) <= 1


@given(st.lists(st.integers(0, 10_000), min_size=1))
def test_equal_counts_have_no_distance(counts):
    counts = np.array(counts)
    assert psi(counts, counts) == jensen_shannon(counts, counts) == 0
    assert p_value(counts, counts) == pytest.approx(1)


@given(COUNTS, st.randoms(use_true_random=False))
def test_the_order_of_the_bins_does_not_matter(pairs, random):
    shuffled = list(pairs)
    random.shuffle(shuffled)
    one, other = (np.array(it) for it in zip(*pairs, strict=True))
    two, more = (np.array(it) for it in zip(*shuffled, strict=True))
    assert psi(one, other) == pytest.approx(psi(two, more))
    assert p_value(one, other) == pytest.approx(p_value(two, more), abs=1e-9)


def test_no_common_bin_is_the_farthest():
    assert jensen_shannon(np.array([9, 0]), np.array([0, 4])) == 1


def test_the_index_is_on_average_what_chance_gives():
    generator, shares = np.random.default_rng(7), np.array([0.1, 0.2, 0.3, 0.4])
    drawn = [
        (generator.multinomial(4_000, shares), generator.multinomial(500, shares))
        for _ in range(400)
    ]
    mean = np.mean([psi(one, other) for one, other in drawn])
    assert mean == pytest.approx(np.mean([psi_by_chance(*it) for it in drawn]), rel=0.15)


def test_the_test_errs_as_often_as_it_says():
    generator, shares = np.random.default_rng(7), np.array([0.002, 0.008, 0.09, 0.3, 0.6])
    chances = [
        p_value(generator.multinomial(3_000, shares), generator.multinomial(300, shares))
        for _ in range(2_000)
    ]
    assert np.mean(np.array(chances) < 0.05) == pytest.approx(0.05, abs=0.015)


def test_a_million_rows_do_not_make_a_small_difference_a_large_one():
    signal = Signal("label", ("a", "b"), (5_000, 5_000), (515_000, 485_000))
    found = find(signal, choose("auto"), "The labels")
    assert found.p_value < 0.01
    assert found.effect < 0.005


def test_the_bin_that_moved_most_is_named():
    signal = Signal("length", ("short", "middle", "long"), (500, 400, 100), (100, 400, 500))
    found = find(signal, choose("auto"), "The length of the texts")
    assert "most of all short, 50.0% in training and 10.0% now" in found.words


def test_few_rows_tell_nothing():
    signal = Signal("label", ("a", "b"), (5_000, 5_000), (9, 90))
    found = find(signal, choose("auto"), "The labels")
    assert (found.verdict, found.effect, found.p_value) == ("unknown", None, None)

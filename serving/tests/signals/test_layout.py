import pytest

from sentiment_common.text import TextSpecification
from sentiment_models import reference
from sentiment_models.divergence import psi
from sentiment_models.reference import Examiner
from sentiment_serving.signals import layout
from sentiment_serving.signals.layout import (
    LABEL,
    LANGUAGE,
    LENGTH,
    SIGNALS,
    TERMS,
    UNKNOWN,
    Layout,
)


@pytest.fixture(scope="module")
def known(watched_bundle):
    return reference.read(watched_bundle)


@pytest.fixture(scope="module")
def examiner(watched_bundle, known):
    return Examiner(TextSpecification.load(watched_bundle / "text_spec"), known.terms)


def test_every_signal_has_the_counts_of_the_reference(known):
    expected = Layout.of(known).expected
    assert tuple(expected) == SIGNALS
    assert sum(expected[TERMS]) == known.words
    assert {sum(expected[signal]) for signal in SIGNALS if signal != TERMS} == {known.rows}
    assert expected[LABEL] == list(known.predicted.values())


def test_the_texts_of_training_are_no_drift(known, examiner, known_texts):
    bins = Layout.of(known)
    counts = bins.count([examiner.examine(text) for text in known_texts])
    assert set(counts) == {LENGTH, UNKNOWN, LANGUAGE, TERMS}
    for signal, counted in counts.items():
        assert len(counted) == len(bins.expected[signal])
        assert psi(bins.expected[signal], counted) < 1e-6


def test_other_texts_are_drift(known, examiner):
    bins = Layout.of(known)
    counts = bins.count([examiner.examine("это было очень плохо")] * 500)
    assert all(psi(bins.expected[signal], counts[signal]) > 0.5 for signal in (UNKNOWN, LANGUAGE))


def test_a_word_of_a_rare_language_and_all_further_words_share_a_bin(known, monkeypatch, examiner):
    monkeypatch.setattr(layout, "MOST_TERMS", 2)
    bins = Layout.of(known)
    assert len(bins.expected[TERMS]) == 3
    counts = bins.count([examiner.examine("good xyzzy abracadabra"), examiner.examine("好")])
    assert counts[TERMS] == [1, 0, 3]
    assert counts[LANGUAGE] == [1, 1]

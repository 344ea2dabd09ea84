"""Words that come and go."""

import numpy as np
import pytest

from sentiment_common.text.specification import current
from sentiment_models import reference as references
from sentiment_models.reference import Examiner, make
from sentiment_monitor.policy import choose
from sentiment_monitor.terms import changes, find, find_new, moved


@pytest.fixture(scope="module")
def known(bundle):
    """The reference of the bundle."""
    return references.read(bundle)


@pytest.fixture
def examined(known, draw):
    """Draws texts and examines them."""
    examiner = Examiner(current({}), known.terms)
    return lambda *given, **more: [examiner.examine(it.text) for it in draw(*given, **more)]


def test_words_that_come_together_make_no_false_alarm(known, examined):
    chances = [moved(examined(200, seed), known)[2] for seed in range(100)]
    assert np.mean(np.array(chances) < 0.05) == pytest.approx(0.05, abs=0.05)


def test_words_that_always_come_together_count_as_one():
    generator = np.random.default_rng(3)

    def texts(rows):
        return [
            "one two three four five six seven" if generator.random() < 0.5 else "other"
            for _ in range(rows)
        ]

    training, specification = texts(1_000), current({})
    scores = np.full((1_000, 3), 1 / 3)
    reference = make(training, scores, [0] * 1_000, specification)
    examiner = Examiner(specification, reference.terms)
    chances = [moved([examiner.examine(it) for it in texts(200)], reference)[2] for _ in range(200)]
    assert np.mean(np.array(chances) < 0.05) == pytest.approx(0.05, abs=0.04)


def test_another_domain_changes_the_shares_of_known_words(known, examined):
    texts = examined(400, 3, movies=0.5)
    found = find(texts, known, changes(texts, known), choose("auto"))
    assert found.p_value < 1e-6
    assert found.effect > found.watch


def test_a_new_word_is_named_with_its_share(known, examined):
    texts = examined(400, 3, extra="zephyrix")
    found = find_new(texts, known, choose("auto"))
    assert found.effect == pytest.approx(1 / 3, abs=0.08)
    assert found.p_value < 1e-6
    assert "zephyrix" in found.words
    assert changes(texts, known)[0].term == "zephyrix"


def test_without_a_new_word_there_is_none(known, examined):
    found = find_new(examined(400, 3), known, choose("auto"))
    assert (found.effect, found.p_value) == (0, 1)


def test_texts_without_a_known_word_are_no_error(known):
    examiner = Examiner(current({}), known.terms)
    texts = [examiner.examine("?!")] * 200
    found = find(texts, known, changes(texts, known), choose("auto"))
    assert found.p_value < 1e-6

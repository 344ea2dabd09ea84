"""A classifier that tells the window's texts from those of training."""

import numpy as np
import pytest

from sentiment_common.errors import InputError
from sentiment_common.text.specification import current
from sentiment_models.reference import Examiner
from sentiment_monitor.domain import area_under_curve, find, training_texts
from sentiment_monitor.policy import choose


@pytest.fixture
def told(draw):
    """Lets the classifier look at texts drawn."""
    training = [it.text for it in draw(600, 1)]
    examiner = Examiner(current({}), ())

    def classify(rows, seed, redacted=False, **given):
        texts = [it.text for it in draw(rows, seed, **given)]
        return find(texts, training, examiner, choose("auto"), redacted), texts

    return classify


def test_texts_of_training_cannot_be_told_from_it(told):
    chances = [told(200, seed)[0].p_value for seed in range(2, 14)]
    assert 0.2 < np.mean(chances) < 0.8
    assert min(chances) > 0.001


def test_another_domain_is_told_and_its_strangest_texts_are_named(told):
    found, texts = told(300, 3, movies=0.5)
    assert found.effect > found.watch
    assert found.p_value < 1e-6
    assert found.interval[0] < found.effect < found.interval[1]
    films = [texts[place] for place in found.details["strangest"]]
    assert sum("film" in it or "scene" in it or "script" in it for it in films) > len(films) / 2


def test_the_same_texts_give_the_same_bits(told):
    assert told(200, 5, movies=0.2)[0] == told(200, 5, movies=0.2)[0]


def test_what_was_redacted_tells_nothing_apart(draw):
    training = [f"{it.text} call +49 30 1234567" for it in draw(400, 1)]
    texts = [f"{it.text} call [phone]" for it in draw(400, 2)]
    examiner, policy = Examiner(current({}), ()), choose("auto")
    assert find(texts, training, examiner, policy, redacted=False).effect > 0.9
    from sentiment_common.redaction import redact

    texts = [redact(f"{it.text} call +49 30 7654321") for it in draw(400, 2)]
    assert find(texts, training, examiner, policy, redacted=True).effect < 0.6


def test_a_text_that_is_sent_again_and_again_counts_once(draw):
    training = [it.text for it in draw(400, 1)]
    texts = [it.text for it in draw(30, 2)] * 20
    found = find(texts, training, Examiner(current({}), ()), choose("auto"), redacted=False)
    assert (found.verdict, found.rows) == ("unknown", 30)


def test_the_area_is_that_of_all_pairs():
    generator = np.random.default_rng(3)
    scores, target = generator.integers(0, 9, 60), generator.integers(0, 2, 60)
    high, low = scores[target == 1], scores[target == 0]
    pairs = (high[:, None] > low).mean() + (high[:, None] == low).mean() / 2
    assert area_under_curve(scores, target)[0] == pytest.approx(pairs)


def test_training_texts_are_an_even_sample_that_does_not_change(examples):
    some, all_of_them = training_texts(examples, 100), training_texts(examples, 9_999)
    assert len(some) == 100
    assert set(some) <= set(all_of_them)
    assert some == training_texts(examples, 100)


def test_examples_without_a_train_split_are_refused(tmp_path):
    with pytest.raises(InputError, match="no train split"):
        training_texts(tmp_path, 5)
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "examples.parquet").write_bytes(b"nonsense")
    with pytest.raises(InputError, match="no readable examples"):
        training_texts(tmp_path, 5)

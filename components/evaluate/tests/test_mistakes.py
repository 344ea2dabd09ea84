"""The mistakes shown are the most confident ones, with the words that led there."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from sentiment_evaluate import mistakes
from sentiment_evaluate.examples import read_split
from sentiment_models import load


def test_the_most_confident_mistakes_come_first_and_are_explained(
    poor: Path, examples: Path
) -> None:
    split = read_split(examples, "test")
    probabilities = load(poor).predict_proba(split.texts)
    found = mistakes.worst(split, probabilities, poor)
    assert len(found) == mistakes.MISTAKES
    assert all(it.label != it.predicted for it in found)
    confidences = [it.confidence for it in found]
    assert confidences == sorted(confidences, reverse=True)
    assert [bool(it.words) for it in found] == [
        place < mistakes.EXPLAINED for place in range(mistakes.MISTAKES)
    ]


def test_the_word_a_model_goes_by_has_the_largest_share(good: Path, examples: Path) -> None:
    split = read_split(examples, "test")
    text = "The phone is terrible."
    one = replace(
        split, texts=[text], truth=np.array([2]), sources=np.array(["shop"]), groups=np.array([0])
    )
    (found,) = mistakes.worst(one, load(good).predict_proba([text]), good)
    assert (found.predicted, found.label, found.source) == ("negative", "positive", "shop")
    strongest = max(found.words, key=lambda it: it.values["negative"])
    assert strongest.word == "terrible."


def test_a_model_without_mistakes_has_none_to_show(good: Path, examples: Path) -> None:
    split = read_split(examples, "test")
    assert mistakes.worst(split, load(good).predict_proba(split.texts), good) == []

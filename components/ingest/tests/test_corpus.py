from collections import Counter

import pytest

from sentiment_common.errors import InputError
from sentiment_ingest import corpus, placement, sources
from sentiment_ingest.near_duplicates import words
from sentiment_ingest.split import fractions, split


@pytest.fixture(scope="module")
def default():
    return sources.default_corpus("amazon,tweets", None)


@pytest.fixture(scope="module")
def placed(default):
    return placement.place(default.examples, [], join=True, share=0.1)


def test_every_part_has_the_rows_its_authors_counted(package):
    counts = Counter(
        record.values["source"] for record in corpus.read_corpus(package, list(corpus.FILES))
    )
    assert counts == {"amazon": 3708, "tweets": 4200, "movies": 10605, "editorials": 5190}


def test_all_parts_together_have_unique_ids_and_readable_text():
    ingested = sources.default_corpus("amazon,tweets,movies,editorials", None)
    assert len(ingested.examples) + len(ingested.dropped) == 23_703
    assert len({example.id for example in ingested.examples}) == len(ingested.examples)
    text = "".join(example.text for example in ingested.examples)
    assert not set(text) & set("\r\n\ufeff\ufffd\x85\x91\x92\x93\x94")
    assert "é" in text


def test_labels_follow_the_means_of_the_raters(default):
    assert len(default.examples) + len(default.dropped) == 7908
    assert Counter(example.label for example in default.examples) == {
        "negative": 2290, "neutral": 1488, "positive": 4059,
    }  # fmt: skip
    for example in default.examples:
        expected = (
            "neutral" if abs(example.rating) < 0.5 else "pos" if example.rating > 0 else "neg"
        )
        assert example.label.startswith(expected)


def test_no_review_and_no_set_of_words_stands_in_two_splits(placed):
    parts = split(placed.examples, fractions(0.1, 0.2), 13, placed.splits)
    for key in (
        lambda example: example.source == "amazon" and example.id.partition("_")[0],
        lambda example: " ".join(sorted(words(example.text))),
    ):
        seen = [{key(example) for example in rows} - {"", False} for rows in parts.values()]
        assert sum(len(keys) for keys in seen) == len(set.union(*seen))


def test_the_variants_of_one_tweet_are_one_group(placed):
    yay = [example for example in placed.examples if "good phone interview" in example.text.lower()]
    assert len(yay) == 5
    assert len({example.group for example in yay}) == 1


def test_nothing_of_the_default_corpus_is_dropped_to_keep_splits_apart(default, placed):
    assert placed.dropped == []
    assert len(placed.examples) == len(default.examples)


def test_an_unknown_part_is_answered_with_the_parts_there_are():
    with pytest.raises(InputError, match="no corpus 'yelp'; choose from amazon, tweets, movies"):
        corpus.parse_corpora("amazon,yelp")
    with pytest.raises(InputError, match="no corpus is named"):
        corpus.parse_corpora(" , ")
    assert corpus.parse_corpora("tweets, amazon,tweets") == ["tweets", "amazon"]

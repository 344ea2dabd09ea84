import random
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentiment_ingest import near_duplicates
from sentiment_ingest.near_duplicates import LEAST_WORDS, NearDuplicates, words


def near(*texts):
    """Returns for each text the place of the first one that it is a near-duplicate of."""
    found = NearDuplicates(texts).clusters
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(near_duplicates, "BY_BITMAP", range(0))
        assert NearDuplicates(texts).clusters == found
    return found


def jaccard(one, other):
    first, second = words(one), words(other)
    return len(first & second) / len(first | second) if first | second else 0.0


def by_definition(texts):
    """The clusters, found by comparing every text with every other."""
    clusters = list(range(len(texts)))
    documents = [words(text) for text in texts]
    for (one, first), (other, second) in combinations(enumerate(documents), 2):
        short = min(len(first), len(second)) < LEAST_WORDS
        same = bool(first) and first == second
        if same or (not short and len(first & second) / len(first | second) >= 0.8):
            low, high = sorted((clusters[one], clusters[other]))
            clusters = [low if cluster == high else cluster for cluster in clusters]
    return clusters


def test_words_are_distinct_and_ignore_punctuation_case_mentions_and_addresses():
    texts = ("YAY!! Another good, GOOD interview", "@bob yay another good interview http://a.b/c")
    assert [words(text) for text in texts] == [{"yay", "another", "good", "interview"}] * 2
    assert words("so, @bob: yay http://a.b/c") == {"so", "yay"}
    assert words("8/10 — Größe passt") == {"8", "10", "grösse", "passt"}


def test_texts_of_the_same_words_are_near_however_short():
    assert near("Yay!", "Meh.", "YAY yay") == [0, 1, 0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("impressed with the tigers so far", "Very impressed with the Tigers so far!"),
        (
            "the battery of this phone died after two days",
            "The battery of this phone died after 2 days",
        ),
        (
            "we waited an hour for cold food and nobody said sorry to us",
            "We waited an hour for cold food, and nobody ever said sorry to us!!!",
        ),
    ],
)
def test_a_word_more_or_another_word_in_a_long_text_makes_a_near_duplicate(one, other):
    assert near(one, other) == near(other, one) == [0, 0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("I like this phone", "I dislike this phone"),
        ("I like this phone", "I do like this phone"),
        ("I am happy with this new phone", "I am happy with that old camera"),
        (":)", ":("),
    ],
)
def test_another_opinion_of_few_words_is_no_near_duplicate(one, other):
    assert near(one, other) == [0, 1]


def test_near_duplicates_are_found_through_others():
    chain = [
        "a b c d e f g h i j",
        "a b c d e f g h i k",
        "a b c d e f g h l k",
    ]
    assert jaccard(chain[0], chain[2]) < 0.8
    found = NearDuplicates(chain)
    assert found.clusters == [0, 0, 0]
    assert found.similar(0, 1)
    assert not found.similar(0, 2)


VOCABULARY = st.lists(st.sampled_from("abcdefghijkl"), max_size=11).map(" ".join)


@given(st.lists(VOCABULARY, max_size=25))
def test_the_search_finds_exactly_what_comparing_all_with_all_finds(texts):
    assert near(*texts) == by_definition(texts)


@pytest.mark.parametrize("seed", range(5))
def test_variants_of_many_longer_texts_are_found_like_comparing_all_with_all(seed):
    draw = random.Random(seed)  # noqa: S311 (no secret)
    vocabulary = [f"w{int(draw.paretovariate(0.5)) % 400}" for _ in range(4000)]
    texts = []
    for _ in range(60):
        text = draw.sample(vocabulary, draw.randint(3, 30))
        for _ in range(draw.randint(1, 3)):
            variant = list(text)
            for _ in range(draw.randint(0, 3)):
                variant[draw.randrange(len(variant))] = draw.choice(vocabulary)
            texts.append(" ".join(variant))
    draw.shuffle(texts)
    assert near(*texts) == by_definition(texts)


def test_a_form_that_hundreds_fill_in_is_one_cluster_and_takes_no_time():
    form = " ".join(f"question{number}" for number in range(30))
    texts = [f"{form} answer{number}" for number in range(600)]
    assert near(*texts) == [0] * 600


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**31), st.integers(5, 22), st.integers(8, 30))
def test_nothing_is_missed_where_a_word_is_common_to_too_many_to_compare_all(seed, size, words_):
    draw = random.Random(seed)  # noqa: S311 (no secret)
    vocabulary = [f"w{number}" for number in range(words_)]
    families = [draw.sample(vocabulary, min(size, words_)) for _ in range(3)]
    texts = [
        " ".join(word if draw.random() > 0.08 else draw.choice(vocabulary) for word in family)
        for family in draw.choices(families, k=120)
    ]
    assert near(*texts) == by_definition(texts)


@given(st.lists(VOCABULARY, max_size=25), st.randoms())
def test_the_order_of_the_texts_does_not_decide(texts, chance):
    order = chance.sample(range(len(texts)), len(texts))
    shuffled = near(*(texts[row] for row in order))
    found = near(*texts)
    for one, other in combinations(range(len(texts)), 2):
        together = shuffled[order.index(one)] == shuffled[order.index(other)]
        assert (found[one] == found[other]) == together


def test_where_all_pairs_are_too_many_neighbours_are_compared_and_nothing_wrong_is_joined(
    monkeypatch,
):
    draw = random.Random(3)  # noqa: S311 (no secret)
    form = " ".join(f"form{number}" for number in range(60))
    answers = [" ".join(f"a{number}x{draw.randrange(3)}" for number in range(16))] * 30
    answers += [
        " ".join(f"a{number}x{draw.randrange(3)}" for number in range(16)) for _ in range(170)
    ]
    texts = [f"{form} {answer} {number}" for number, answer in enumerate(answers)]
    monkeypatch.setattr(near_duplicates, "BY_BITMAP", range(0))
    monkeypatch.setattr(near_duplicates, "DEEPEST", 2)
    found, exact = near(*texts), by_definition(texts)
    assert found[:30] == [0] * 30
    assert all(exact[row] == exact[first] for row, first in enumerate(found))

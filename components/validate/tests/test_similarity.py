import random

from hypothesis import given
from hypothesis import strategies as st

from sentiment_validate.similarity import MIN_WORDS, Twin, jaccard, twins, words

SPLITS = ("train", "validation", "test")


def by_definition(texts, similarity):
    """Compares every text with every text of the splits before: too slow, and surely right."""
    found, before = {}, []
    for split in texts:
        sets = [(words(text), set(words(text).split())) for text in texts[split]]
        found[split] = {
            place
            for place, (plain, mine) in enumerate(sets)
            for other, theirs in before
            if (plain and plain == other)
            or (min(len(mine), len(theirs)) >= MIN_WORDS and jaccard(mine, theirs) >= similarity)
        }
        before += sets
    return found


def varied(generator, text):
    made = text.split()
    for _ in range(generator.choice((0, 1, 1, 2, 3))):
        place = generator.randrange(len(made))
        made[place : place + generator.randrange(2)] = [generator.choice("abcdefghij") * 3]
    return " ".join(made)


def test_what_comparing_every_pair_finds_is_found():
    generator = random.Random(5)  # noqa: S311 - no secret, the same texts every time
    vocabulary = [f"word{at}" for at in range(300)]
    originals = [" ".join(generator.choices(vocabulary, k=generator.randint(3, 25)))
                 for _ in range(150)]  # fmt: skip
    texts = {
        split: [varied(generator, generator.choice(originals)) for _ in range(150)]
        for split in SPLITS
    }
    expected = by_definition(texts, 0.8)
    assert len(expected["test"]) > 50
    assert {split: set(found) for split, found in twins(texts, 0.8).items()} == expected


TEXTS = st.lists(st.lists(st.sampled_from("abcdefg"), max_size=9).map(" ".join), max_size=6)


@given(TEXTS, TEXTS, st.sampled_from([0.7, 0.8, 1.0]))
def test_nothing_is_found_that_is_not_so(train, test, similarity):
    texts = {"train": train, "test": test}
    for place, twin in twins(texts, similarity)["test"].items():
        mine, theirs = words(test[place]), words(texts[twin.split][twin.place])
        alike = jaccard(set(mine.split()), set(theirs.split()))
        assert twin.split == "train"
        assert mine == theirs or alike >= similarity


def test_the_twin_says_where_it_stands():
    text = "the kettle broke on the very first day"
    texts = {"train": ["a", "b"], "validation": ["c", text], "test": ["d", "e", text.upper() + "!"]}
    assert twins(texts, 0.8)["test"] == {2: Twin("validation", 1)}


def test_short_texts_are_near_duplicates_word_for_word_alone():
    assert twins({"train": ["not good at all"], "test": ["good at all"]}, 0.7)["test"] == {}
    assert twins({"train": ["good, not great"], "test": ["great, not good"]}, 0.7)["test"] == {}
    assert list(twins({"train": ["Not good."], "test": ["not good :("]}, 1.0)["test"]) == [0]


def test_texts_of_one_split_are_not_compared():
    assert twins({"train": ["the very same text of six words"] * 9, "test": []}, 0.8) == {
        "train": {}, "test": {},
    }  # fmt: skip


def test_many_equal_texts_take_no_time_to_speak_of():
    same = ["one and the same text for everybody here"] * 20_000
    other = [f"{text} {at}" for at, text in enumerate(same)]
    assert len(twins({"train": same, "test": other}, 0.8)["test"]) == 20_000


def test_jaccard_similarity_is_what_is_common_of_all():
    assert jaccard({1, 2, 3, 4}, {2, 3, 4, 5}) == 3 / 5
    assert jaccard(set(), {1}) == jaccard(set(), set()) == 0.0


@given(st.lists(st.text(alphabet="abcé", min_size=1), min_size=1))
def test_words_survive_case_punctuation_and_white_space(found):
    plain = " ".join(found)
    assert words("  ¡" + " — ".join(found).upper() + "?! @shop https://t.co/x") == words(plain)
    assert words(plain) == plain

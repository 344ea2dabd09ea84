from sentiment_ingest.examples import Example
from sentiment_ingest.groups import join_near_duplicates, words


def grouped(*pairs):
    examples = [
        Example(str(number), text, "neutral", None, "a", group, None)
        for number, (text, group) in enumerate(pairs)
    ]
    return [example.group for example in join_near_duplicates(examples)]


def test_words_are_distinct_and_ignore_punctuation_case_mentions_and_addresses():
    texts = ("YAY!! Another good, GOOD interview", "@bob yay another good interview http://a.b/c")
    assert [words(text) for text in texts] == [{"yay", "another", "good", "interview"}] * 2
    assert words("so, @bob: yay http://a.b/c") == {"so", "yay"}
    assert words("8/10 — Größe passt") == {"8", "10", "grösse", "passt"}


def test_groups_with_texts_of_the_same_words_become_one():
    assert grouped(("Yay!", "a"), ("Meh.", "b"), ("YAY yay", "c")) == ["a", "b", "a"]


def test_one_word_more_makes_a_near_duplicate_of_a_long_text_in_either_order():
    short, long = "impressed with the tigers so far", "Very impressed with the Tigers so far!"
    assert len(set(grouped((short, "a"), (long, "b")))) == 1
    assert len(set(grouped((long, "a"), (short, "b")))) == 1


def test_one_word_more_makes_another_opinion_of_a_short_text():
    assert grouped(("I like this phone", "a"), ("I dislike this phone", "b")) == ["a", "b"]
    assert grouped(("I like this phone", "a"), ("I do like this phone", "b")) == ["a", "b"]


def test_another_word_is_no_near_duplicate():
    texts = ("I am happy with this new phone", "I am happy with this new camera")
    assert grouped(*zip(texts, "ab", strict=True)) == ["a", "b"]


def test_groups_are_joined_through_others():
    pairs = [("one", "a"), ("two", "b"), ("one!", "c"), ("two!", "c"), ("three", "b")]
    assert grouped(*pairs) == ["a"] * 5


def test_texts_without_words_join_nobody():
    assert grouped((":)", "a"), (":(", "b"), ("!!!", "c")) == ["a", "b", "c"]

import pytest

from sentiment_common.artifacts import Source
from sentiment_common.errors import InputError
from sentiment_common.lexicon import Lexicon, read
from sentiment_common.text import Tokenizer, current
from sentiment_train_deep.lexicon import of_tokens, table


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer(current({"complaints": "complaint", "batteries": "battery"}))


def made(*valences):
    return Lexicon("made", valences, Source("made", "0" * 64, 1))


def test_the_packaged_lexicons_know_words_and_faces(tokenizer):
    vader, opinion = read("auto")
    told = of_tokens(vader, tokenizer)
    assert told["great"] > 0.5 > told["_positive_"] > 0 > told["_negative_"] > told["awful"]
    assert max(map(abs, told.values())) <= 1
    assert not {"!", "?", "_empty_"} & set(told)
    told = of_tokens(opinion, tokenizer)
    assert (told["great"], told["awful"], "phone" in told) == (1, -1, False)


def test_valences_are_parts_of_the_strongest_words(tokenizer):
    told = of_tokens(made(("complaint", -2), ("complaints", -4), ("batteries", 1)), tokenizer)
    assert told == {"complaint": -0.5, "battery": 0.25}


def test_a_lexicon_of_zeros_is_refused(tokenizer):
    with pytest.raises(InputError, match="no entry is a single word with a valence other than 0"):
        of_tokens(made(("good", 0.0)), tokenizer)


def test_the_table_tells_valences_and_negations():
    tokens = ["", "great", "not", "box"]
    found = table(tokens, [{"great": 0.75}, {"great": 1.0, "box": -0.5}])
    assert found.tolist() == [[0, 0, 0], [0.75, 1, 0], [0, 0, 1], [0, -0.5, 0]]
    assert table(tokens, []).shape == (4, 0)

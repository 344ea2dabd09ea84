"""Lexicons of words and their valence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common import lexicon
from sentiment_common.errors import InputError
from sentiment_common.text import Tokenizer, current

TOKENIZER = Tokenizer(current({"loved": "love", "loves": "love", "hated": "hate"}))


def written(path, text):
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return str(path)


def read_one(path, text):
    (found,) = lexicon.read(written(path, text))
    return found


def test_none_is_no_lexicon():
    assert lexicon.read("none") == ()


def test_a_file_of_ones_own_is_read_whatever_its_line_ends_and_further_columns(tmp_path):
    found = read_one(tmp_path / "own.tsv", "\ufeffgood\t2.5\tnoted\r\n\r\nbad\t-1\n")
    assert found.valences == (("good", 2.5), ("bad", -1.0))
    assert (found.name, found.source.size) == ("own", 28)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("good\t2\nbad\n", "line 2: not a word, a tab and a valence"),
        ("good\tfine\n", "line 1"),
        ("good\tnan\n", "line 1"),
        ("good\t1e300\n", "line 1"),
        ("\t1\n", "line 1"),
        ("\n \n", "an empty lexicon"),
        (b"caf\xe9\t1\n", "no lexicon can be read"),
    ],
)
def test_what_is_no_lexicon_is_told_in_one_line(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        lexicon.read(written(tmp_path / "own.tsv", text))


def test_a_missing_file_is_told_by_the_option(tmp_path):
    with pytest.raises(InputError, match=r"--lexicon nowhere\.tsv"):
        lexicon.read("nowhere.tsv")


def test_a_token_has_its_own_valence_else_the_mean_of_the_words_it_stands_for(tmp_path):
    found = read_one(tmp_path / "own.tsv", "love\t3\nloved\t1\nhated\t-2\nhate\t0\nnot good\t-1\n")
    assert lexicon.by_token([found], TOKENIZER) == {"love": (3.0,)}
    found = read_one(tmp_path / "own.tsv", "loves\t3\nloved\t1\nhated\t-2\n")
    assert lexicon.by_token([found], TOKENIZER) == {"love": (2.0,), "hate": (-2.0,)}


@pytest.mark.parametrize("text", ["not good\t-2\n", "good\t0\n", "!\t1\n"])
def test_a_lexicon_that_tells_nothing_of_any_token_is_refused(tmp_path, text):
    found = read_one(tmp_path / "own.tsv", text)
    with pytest.raises(InputError, match=r"own\.tsv: no entry is a single word"):
        lexicon.by_token([found], TOKENIZER)


def test_a_mark_has_no_valence_and_a_token_that_one_lexicon_does_not_know_has_none_there(tmp_path):
    one = read_one(tmp_path / "one.tsv", "!\t1\nok\t1\n")
    other = read_one(tmp_path / "other.tsv", "?\t-1\nbad\t-1\n")
    assert lexicon.by_token([one, other], TOKENIZER) == {"bad": (0.0, -1.0), "ok": (1.0, 0.0)}


@given(st.text())
def test_any_text_is_a_lexicon_or_one_line(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("any") / "own.tsv"
    try:
        found = read_one(path, text.encode(errors="surrogatepass"))
    except InputError as error:
        assert "\n" not in str(error).replace("\\n", "")
        return
    assert found.valences

from hypothesis import given
from hypothesis import strategies as st

from sentiment_models.subwords import LONGEST_TOKEN, pieces


def test_pieces_know_where_a_word_begins_and_ends():
    assert list(pieces("bad", 2, 3)) == [" b", "ba", "ad", "d ", " ba", "bad", "ad "]


def test_a_short_word_has_no_longer_pieces_than_itself():
    assert list(pieces("a", 2, 5)) == [" a", "a ", " a "]


@given(st.text(min_size=1, max_size=20), st.integers(1, 4), st.integers(0, 4))
def test_pieces_are_parts_of_the_word_and_of_the_sizes_asked_for(token, shortest, more):
    found = list(pieces(token, shortest, shortest + more))
    assert all(piece in f" {token} " for piece in found)
    sizes = range(shortest, min(shortest + more, len(token) + 2) + 1)
    assert {len(piece) for piece in found} == set(sizes)
    assert len(found) == sum(len(token) + 3 - size for size in sizes)


def test_the_end_of_an_endless_token_is_not_looked_at():
    assert list(pieces("a" * 10_000, 2, 5)) == list(pieces("a" * LONGEST_TOKEN, 2, 5))

import numpy as np
import pytest

from sentiment_common.errors import InputError
from sentiment_train_deep.vocabulary import FIRST_WORD, PADDING, UNKNOWN, build


@pytest.fixture
def graph(folders):
    return folders.graph


def test_train_tokens_come_first_then_other_words_with_vectors(shared_folders):
    tokens = (shared_folders.graph / "vocabulary" / "tokens.txt").read_text().split()
    words = build(str(shared_folders.vectors), shared_folders.graph, 13)
    assert words.words == (*tokens, "dreadful", "superb")


def test_rows_are_identifiers_cut_to_the_maximum_length(shared_folders):
    words = build(str(shared_folders.vectors), shared_folders.graph, 13)
    (row,) = words.identifiers([["great", "qwertyuiop", "superb", "great"]], 3)
    great, superb = words.words.index("great"), words.words.index("superb")
    assert row.tolist() == [FIRST_WORD + great, UNKNOWN, FIRST_WORD + superb]
    assert row.dtype == np.int32


def test_known_words_start_with_their_vectors_and_others_near_zero(shared_folders):
    words = build(str(shared_folders.vectors), shared_folders.graph, 13)
    with np.load(shared_folders.vectors, allow_pickle=False) as stored:
        vectors = dict(zip(stored["words"], stored["vectors"], strict=True))
    great, the = (FIRST_WORD + words.words.index(word) for word in ("great", "the"))
    np.testing.assert_array_equal(words.vectors[great], vectors["great"])
    assert not words.vectors[PADDING].any()
    assert 0 < np.abs(words.vectors[the]).max() < 1


def test_words_that_can_be_no_tokens_are_left_out(graph, tmp_path):
    listed = ["batteries", "battery", "U.S.", "good-looking", "zebra", "not"]
    np.savez(tmp_path / "v.npz", words=np.array(listed), vectors=np.ones((len(listed), 2)))
    (graph / "vocabulary" / "tokens.txt").write_text("box\n")
    words = build(str(tmp_path / "v.npz"), graph, 13)
    assert words.words == ("box", "battery", "zebra", "not")


def test_a_graph_without_tokens_is_refused(graph, folders):
    (graph / "vocabulary" / "tokens.txt").unlink()
    with pytest.raises(InputError, match=r"tokens\.txt is missing"):
        build(str(folders.vectors), graph, 13)

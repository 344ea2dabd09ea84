import numpy as np
import pytest

from sentiment_common.errors import InputError
from sentiment_train_deep.vocabulary import DIMENSIONS, FIRST_WORD, PADDING, UNKNOWN, Origins, build


def built(folders, embeddings="", lexicon="none", rows=()):
    return build(Origins(embeddings or str(folders.vectors), lexicon), folders.graph, rows, 13)


@pytest.fixture
def graph(folders):
    return folders.graph


def test_train_tokens_come_first_then_other_words_with_vectors(shared_folders):
    tokens = (shared_folders.graph / "vocabulary" / "tokens.txt").read_text().split()
    words = built(shared_folders)
    assert words.words == (*tokens, "dreadful", "superb")


def test_rows_are_identifiers_cut_to_the_maximum_length(shared_folders):
    words = built(shared_folders)
    (row,) = words.identifiers([["great", "qwertyuiop", "superb", "great"]], 3)
    great, superb = words.words.index("great"), words.words.index("superb")
    assert row.tolist() == [FIRST_WORD + great, UNKNOWN, FIRST_WORD + superb]
    assert row.dtype == np.int32


def test_known_words_start_with_their_vectors_and_others_near_zero(shared_folders):
    words = built(shared_folders)
    with np.load(shared_folders.vectors, allow_pickle=False) as stored:
        vectors = dict(zip(stored["words"], stored["vectors"], strict=True))
    great, the = (FIRST_WORD + words.words.index(word) for word in ("great", "the"))
    np.testing.assert_array_equal(words.tables.vectors[great], vectors["great"])
    assert not words.tables.vectors[PADDING].any()
    assert 0 < np.abs(words.tables.vectors[the]).max() < 1


def test_words_that_can_be_no_tokens_are_left_out(graph, tmp_path):
    listed = ["batteries", "battery", "U.S.", "good-looking", "zebra", "not"]
    np.savez(tmp_path / "v.npz", words=np.array(listed), vectors=np.ones((len(listed), 2)))
    (graph / "vocabulary" / "tokens.txt").write_text("box\n")
    words = build(Origins(str(tmp_path / "v.npz"), "none"), graph, [], 13)
    assert words.words == ("box", "battery", "zebra", "not")


def test_a_graph_without_tokens_is_refused(graph, folders):
    (graph / "vocabulary" / "tokens.txt").unlink()
    with pytest.raises(InputError, match=r"tokens\.txt is missing"):
        built(folders)


def test_words_that_only_the_lexicon_knows_come_last_with_their_valences(shared_folders):
    words = built(shared_folders, lexicon=str(shared_folders.lexicon))
    assert words.words[-2:] == ("horrid", "lovely")
    told = dict(zip(words.words, words.tables.valences[FIRST_WORD:].tolist(), strict=True))
    assert (told["horrid"], told["box"]) == ([-1, 0], [0, 0])
    assert told["great"] == pytest.approx([3 / 3.5, 0])
    assert [source.uri for source in words.sources] == [
        str(shared_folders.vectors), str(shared_folders.lexicon),
    ]  # fmt: skip


def test_without_a_lexicon_there_are_no_valences(shared_folders):
    words = built(shared_folders)
    assert words.tables.valences.shape == (FIRST_WORD + len(words.words), 0)


@pytest.mark.parametrize("embeddings", ["random", "word2vec"])
def test_vectors_may_be_made_from_the_train_split_alone(shared_folders, make_rows, embeddings):
    rows = [tokens for tokens, _, _ in make_rows(240, 5)]
    words = built(shared_folders, embeddings, rows=rows)
    tokens = (shared_folders.graph / "vocabulary" / "tokens.txt").read_text().split()
    assert (words.words, words.sources) == (tuple(tokens), ())
    assert words.tables.vectors.shape == (FIRST_WORD + len(tokens), DIMENSIONS)
    assert np.unique(words.tables.vectors, axis=0).shape == words.tables.vectors.shape

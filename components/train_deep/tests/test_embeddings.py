import functools
import hashlib
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.artifacts import Source
from sentiment_common.errors import InputError
from sentiment_train_deep.embeddings import read

TEXT = "the 0.5 -1.25\ngood 1e-3 2\n. . . 3 4\ncafé 5 6\n"


def everything(rank, word):
    return True


@pytest.fixture
def text_file(tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_a_text_file_is_read_as_glove_publishes_it(text_file):
    found = read(str(text_file), everything)
    assert found.words == ("the", "good", ". . .", "café")
    assert found.vectors.dtype == np.float32
    np.testing.assert_allclose(found.vectors, [[0.5, -1.25], [1e-3, 2], [3, 4], [5, 6]])


def test_only_wanted_words_are_kept(text_file):
    found = read(str(text_file), lambda rank, word: rank < 1 or word == "café")
    assert found.words == ("the", "café")


def test_a_word2vec_header_and_spaces_at_the_end_are_passed_over(tmp_path):
    path = tmp_path / "fast.vec"
    path.write_text("2 3\ngood 1 2 3 \nbad 4 5 6 \n")
    found = read(str(path), everything)
    assert (found.words, found.vectors.tolist()) == (("good", "bad"), [[1, 2, 3], [4, 5, 6]])


def test_the_same_vectors_come_from_an_npz_file(text_file, tmp_path):
    found = read(str(text_file), everything)
    np.savez(tmp_path / "vectors.npz", words=np.array(found.words), vectors=found.vectors)
    again = read(str(tmp_path / "vectors.npz"), everything)
    assert again.words == found.words
    np.testing.assert_array_equal(again.vectors, found.vectors)


def test_a_file_address_is_a_path(text_file):
    assert read(text_file.as_uri(), everything).words == read(str(text_file), everything).words


def test_a_web_address_is_downloaded(text_file):
    handler = functools.partial(SimpleHTTPRequestHandler, directory=text_file.parent)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        assert read(f"{address}/vectors.txt", everything).words[0] == "the"
        with pytest.raises(InputError, match=r"cannot be downloaded .*404"):
            read(f"{address}/none.txt", everything)
        server.shutdown()


def test_the_file_read_is_told_with_its_digest(text_file):
    size = len(TEXT.encode())
    source = read(str(text_file), everything).source
    assert source == Source(str(text_file), hashlib.sha256(TEXT.encode()).hexdigest(), size)


def test_a_signed_address_is_told_without_its_signature(text_file, caplog):
    caplog.set_level("INFO")
    handler = functools.partial(SimpleHTTPRequestHandler, directory=text_file.parent)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/vectors.txt"
        assert read(f"{address}?signature=secret", everything).source.uri == address
        with pytest.raises(InputError, match="404") as caught:
            read(f"{address}.gz?signature=secret", everything)
        server.shutdown()
    assert "secret" not in str(caught.value) + caplog.text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no word vectors"),
        (b"good\n", "line 1: 0 numbers where 1 belong"),
        (b"good 1 2\nbad 3\n", "line 2: 1 numbers where 2 belong"),
        (b"good 1 2\nbad 3 four\n", "line 2: not a word and its numbers"),
        (b"good 1 2\nbad 3 nan\n", "line 2: not a word and its finite numbers"),
        (b"3 2\ngood 1 2\nbad 3 4\n", "2 words where its first line promises 3; it was cut short"),
        (b"2 3\ngood 1 2\nbad 3 4\n", "line 2: 2 numbers where 3 belong"),
        (b"good 1 2\nbad 3 4\nugly 5", "line 3: 1 numbers where 2 belong"),
        (b"good 1 2\n\xff\xfe 3 4\n", "not a text file in UTF-8"),
    ],
)
def test_a_malformed_text_file_is_refused_with_its_line(tmp_path, content, message):
    path = tmp_path / "vectors.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read(str(path), everything)


def test_a_malformed_npz_file_is_refused(tmp_path):
    path = tmp_path / "vectors.npz"
    np.savez(path, words=np.array(["a", "b"]), vectors=np.zeros((3, 4)))
    with pytest.raises(InputError, match="do not fit"):
        read(str(path), everything)
    np.savez(path, terms=np.array(["a", "b"]))
    with pytest.raises(InputError, match="not an npz file with words and vectors"):
        read(str(path), everything)
    np.savez(path, words=np.array(["a"] * 900), vectors=np.ones((900, 4)))
    path.write_bytes(path.read_bytes()[:9000])
    with pytest.raises(InputError, match="not an npz file"):
        read(str(path), everything)
    path.write_bytes(b"PK")
    with pytest.raises(InputError, match="not an npz file"):
        read(str(path), everything)


def test_an_unknown_scheme_is_refused():
    with pytest.raises(InputError, match="unknown scheme 'ftp'"):
        read("ftp://host/vectors.txt", everything)


@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8", exclude_characters=" \r\n"), min_size=1),
        st.lists(st.floats(-100, 100, width=32), min_size=3, max_size=3),
        min_size=1,
        max_size=5,
    )
)
def test_any_words_come_back_with_their_vectors(tmp_path_factory, vectors):
    path = tmp_path_factory.mktemp("any") / "vectors.txt"
    lines = [f"{word} {' '.join(map(repr, numbers))}\n" for word, numbers in vectors.items()]
    path.write_text("".join(lines), encoding="utf-8", newline="\n")
    found = read(str(path), everything)
    assert found.words == tuple(vectors)
    np.testing.assert_array_equal(found.vectors, np.array(list(vectors.values()), np.float32))

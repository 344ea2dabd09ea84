import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common import cores
from sentiment_common.errors import InputError
from sentiment_models.encoder import Encoder, write_settings

pytest.importorskip("onnxruntime", reason="this environment has no ONNX runtime")

TEXTS = ["good battery", "", "bad", "not good!", "goodly bad " * 30, "é 中 unknown", "good battery"]


@pytest.fixture
def folder(tmp_path, tiny):
    tiny.write_encoder(tmp_path)
    write_settings(tmp_path, max_tokens=16, together=True)
    return tmp_path


@pytest.fixture(scope="module")
def encoder(tmp_path_factory, tiny):
    folder = tmp_path_factory.mktemp("encoder")
    tiny.write_encoder(folder)
    write_settings(folder, max_tokens=16, together=True)
    return Encoder.load(folder)


def expected(tiny, *words):
    rows = tiny.table()[[tiny.WORDS.index(word) for word in ("[CLS]", *words, "[SEP]")]].astype(
        np.float64
    )
    means = [rows.mean(axis=0), (rows * rows).mean(axis=0)]
    return np.concatenate([mean / np.linalg.norm(mean) for mean in means])


def test_every_output_is_averaged_over_the_word_pieces_and_scaled(encoder, tiny):
    got = encoder.encode(["Good battery", "not goodly!", ""])
    assert (got.shape, got.dtype) == ((3, 2 * tiny.WIDTH), np.float32)
    wanted = [
        expected(tiny, "good", "battery"),
        expected(tiny, "not", "good", "##ly", "!"),
        expected(tiny),
    ]
    np.testing.assert_allclose(got, wanted, atol=1e-6)


def test_a_text_has_the_same_vector_alone_and_among_others(encoder):
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
    np.testing.assert_array_equal(encoder.encode(TEXTS), alone)
    np.testing.assert_array_equal(encoder.encode(TEXTS[::-1] * 40)[: len(TEXTS)], alone[::-1])


def test_texts_run_alone_have_the_same_vectors(folder, encoder):
    write_settings(folder, max_tokens=16, together=False)
    np.testing.assert_array_equal(Encoder.load(folder).encode(TEXTS), encoder.encode(TEXTS))


def test_only_the_first_word_pieces_are_read(encoder):
    full = "good " * 14
    np.testing.assert_array_equal(encoder.encode([full]), encoder.encode([full + "bad"]))
    assert np.any(encoder.encode([full]) != encoder.encode(["bad " + full]))


@pytest.mark.parametrize(("told", "most"), [("1", 1), ("2", 2), ("", None), ("many", None)])
def test_it_takes_no_more_threads_than_there_are_cores_or_it_is_told(
    encoder, monkeypatch, told, most
):
    monkeypatch.setenv("OMP_NUM_THREADS", told)
    run, threads = encoder._run, set()

    def recorded(pieces):
        threads.add(threading.get_ident())
        return run(pieces)

    monkeypatch.setattr(encoder, "_run", recorded)
    encoder.encode(["good " * length for length in range(12)] * 40)
    assert len(threads) <= min(most or sys.maxsize, cores.available())
    if most == 1:
        assert threads == {threading.get_ident()}


def test_two_threads_may_use_one_encoder(encoder):
    with ThreadPoolExecutor(4) as threads:
        for got in threads.map(encoder.encode, [TEXTS] * 16):
            np.testing.assert_array_equal(got, encoder.encode(TEXTS))


@given(st.lists(st.text(st.characters(exclude_categories=()), max_size=40), max_size=5))
def test_any_text_has_finite_vectors(tiny, encoder, texts):
    got = encoder.encode(texts)
    assert got.shape == (len(texts), 2 * tiny.WIDTH)
    assert np.isfinite(got).all()


@pytest.mark.parametrize("name", ["encoder.onnx", "tokenizer.json", "encoder.json"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(InputError, match=f"{name} is missing"):
        Encoder.load(folder)


@pytest.mark.parametrize("name", ["encoder.onnx", "tokenizer.json"])
def test_a_cut_file_is_refused(folder, name):
    os.truncate(folder / name, (folder / name).stat().st_size // 2)
    with pytest.raises(InputError, match=f"{name}: damaged: its SHA-256 is"):
        Encoder.load(folder)


@pytest.mark.parametrize(
    ("name", "problem"),
    [("encoder.onnx", "no ONNX model"), ("tokenizer.json", "no tokenizer")],
)
def test_files_of_another_format_are_refused(folder, name, problem):
    (folder / name).write_text("<html>not found</html>")
    write_settings(folder, max_tokens=16, together=True)
    with pytest.raises(InputError, match=problem):
        Encoder.load(folder)


def test_damaged_settings_are_refused(folder):
    path = folder / "encoder.json"
    path.write_text(json.dumps({"max_tokens": 16}))
    with pytest.raises(InputError, match=r"encoder\.json: damaged"):
        Encoder.load(folder)


@pytest.mark.parametrize(
    ("graph", "problem"),
    [
        ({"outputs": ("rows", "sizes")}, "its output sizes"),
        ({"inputs": ("input_ids", "pixels")}, "its inputs are input_ids, pixels"),
    ],
)
def test_a_model_that_is_no_sentence_encoder_is_refused(folder, tiny, graph, problem):
    (folder / "encoder.onnx").write_bytes(tiny.model(**graph))
    write_settings(folder, max_tokens=16, together=True)
    with pytest.raises(InputError, match=problem):
        Encoder.load(folder)

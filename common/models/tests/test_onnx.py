import numpy as np
import pytest

from sentiment_common.artifacts import payload_digest
from sentiment_common.errors import InputError
from sentiment_common.text import Tokenizer
from sentiment_models import load
from sentiment_models.bundle import Bundle, write_bundle
from sentiment_models.calibration import softmax
from sentiment_models.encoder import Encoder, write_settings
from sentiment_models.onnx import Head, Valences, load_valences, save_head, save_valences

pytest.importorskip("onnxruntime", reason="this environment has no ONNX runtime")

VALENCES = Valences({"bad": (-2.5, -1.0), "good": (2.0, 0.0)}, 2)
TEXTS = ["Good batteries!", "not goodly, bad", "", "a\ud83db\0", "bad " * 300]


def write_model(root, tiny, specification, valences=VALENCES):
    folder = root / "model"
    folder.mkdir(parents=True)
    specification.save(root / "text_spec")
    width = 2 * tiny.WIDTH + (valences.width if valences else 0)
    random = np.random.default_rng(5)
    head = Head(random.normal(size=(3, width)), random.normal(size=3))
    tiny.write_encoder(folder)
    write_settings(folder, max_tokens=16, together=True)
    save_head(folder, head)
    if valences:
        save_valences(folder, valences)
    facts = Bundle("transfer", "onnx", specification.digest)
    write_bundle(folder, facts, root / "text_spec")
    return folder, head


def test_probabilities_are_the_heads_on_vectors_and_figures(tmp_path, tiny, specification):
    folder, head = write_model(tmp_path, tiny, specification)
    tokens = [Tokenizer(specification).tokens(text) for text in TEXTS]
    vectors = Encoder.load(folder).encode(TEXTS)
    features = np.concatenate([vectors, VALENCES.features(tokens)], axis=1)
    wanted = softmax(features @ head.coefficients.T + head.intercept)
    np.testing.assert_allclose(load(folder).predict_proba(TEXTS), wanted, atol=1e-12)


def test_a_model_without_lexicon_reads_the_vectors_alone(tmp_path, tiny, specification):
    folder, head = write_model(tmp_path, tiny, specification, valences=None)
    vectors = Encoder.load(folder).encode(TEXTS)
    wanted = softmax(vectors @ head.coefficients.T + head.intercept)
    np.testing.assert_allclose(load(folder).predict_proba(TEXTS), wanted, atol=1e-12)


def test_a_text_scores_the_same_alone_and_in_a_batch(tmp_path, tiny, specification):
    predictor = load(write_model(tmp_path, tiny, specification)[0])
    alone = np.concatenate([predictor.predict_proba([text]) for text in TEXTS])
    np.testing.assert_allclose(predictor.predict_proba(TEXTS * 3)[:5], alone, atol=1e-12)
    np.testing.assert_allclose(alone.sum(axis=1), 1)


def test_no_texts_give_no_rows_and_a_single_string_is_refused(tmp_path, tiny, specification):
    predictor = load(write_model(tmp_path, tiny, specification)[0])
    assert predictor.predict_proba([]).shape == (0, 3)
    with pytest.raises(TypeError, match="single string"):
        predictor.predict_proba("good")


def test_equal_models_have_equal_digests(tmp_path, tiny, specification):
    digests = {
        payload_digest(write_model(tmp_path / name, tiny, specification)[0])
        for name in ("one", "two")
    }
    assert len(digests) == 1


def test_a_head_of_another_model_is_refused(tmp_path, tiny, specification):
    folder, _ = write_model(tmp_path, tiny, specification)
    (folder / "lexicon.tsv").unlink()
    with pytest.raises(InputError, match=f"the head takes {8 + VALENCES.width} numbers"):
        load(folder)


def test_a_missing_or_cut_head_is_refused(tmp_path, tiny, specification):
    folder, _ = write_model(tmp_path, tiny, specification)
    path = folder / "head.npz"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(InputError, match="damaged"):
        load(folder)
    path.unlink()
    with pytest.raises(InputError, match=r"head\.npz is missing"):
        load(folder)


def test_valences_are_read_back(tmp_path):
    assert load_valences(tmp_path) is None
    save_valences(tmp_path, VALENCES)
    assert load_valences(tmp_path) == VALENCES
    assert VALENCES.features([]).shape == (0, VALENCES.width)


@pytest.mark.parametrize("content", ["good\n", "good\tfine\n", "good\t1\nbad\t1\t2\n", ""])
def test_a_damaged_lexicon_is_refused(tmp_path, content):
    (tmp_path / "lexicon.tsv").write_text(content)
    with pytest.raises(InputError, match="damaged"):
        load_valences(tmp_path)

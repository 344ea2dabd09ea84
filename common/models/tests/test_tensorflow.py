import numpy as np
import pytest

from sentiment_common.errors import InputError
from sentiment_models import load
from sentiment_models.bundle import Bundle, write_bundle

tf = pytest.importorskip("tensorflow", reason="this environment serves linear models only")


class Lengths(tf.Module):
    """Probabilities by the number of bytes, so that every row can be told from its text."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def serve(self, texts):
        lengths = tf.cast(tf.strings.length(texts), tf.float32)
        return tf.nn.softmax(tf.stack([lengths / 10, 2 - lengths / 10, lengths * 0], axis=1))


class Words(Lengths):
    """Tells its tokens as well."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def tokens(self, texts):
        return tf.strings.split(texts, " ")


def saved(root, module, specification):
    specification.save(root / "text_spec")
    (root / "model").mkdir()
    tf.saved_model.save(module, str(root / "model" / "saved_model"))
    facts = Bundle("deep", "tensorflow", specification.digest)
    write_bundle(root / "model", facts, root / "text_spec")
    return root / "model"


@pytest.fixture(scope="module")
def folder(tmp_path_factory, specification):
    return saved(tmp_path_factory.mktemp("deep"), Lengths(), specification)


def test_every_text_gets_its_own_row_over_all_batches(folder):
    texts = ["x" * (number % 40) for number in range(700)]
    got = load(folder).predict_proba(texts)
    lengths = np.array([len(text) for text in texts]) / 10
    powers = np.exp(np.stack([lengths, 2 - lengths, lengths * 0], axis=1))
    assert got.dtype == np.float64
    np.testing.assert_allclose(got, powers / powers.sum(axis=1, keepdims=True), atol=1e-6)
    np.testing.assert_allclose(got.sum(axis=1), 1, atol=1e-15)


def test_name_and_labels_come_from_the_bundle(folder):
    predictor = load(folder)
    assert (predictor.name, predictor.labels) == ("deep", ("negative", "neutral", "positive"))


def test_no_texts_give_no_rows(folder):
    assert load(folder).predict_proba([]).shape == (0, 3)


def test_a_single_string_is_no_list_of_texts(folder):
    with pytest.raises(TypeError, match="single string"):
        load(folder).predict_proba("good")


def test_a_lone_surrogate_and_a_zero_byte_are_texts_too(folder):
    predictor = load(folder)
    np.testing.assert_array_equal(
        predictor.predict_proba(["a\ud83db\0"]), predictor.predict_proba(["a b\0"])
    )


def test_a_graph_that_tells_its_tokens_is_asked_for_them_in_order(tmp_path, specification, folder):
    predictor = load(saved(tmp_path, Words(), specification))
    texts = [f"é{number} " + "x " * (number % 3) + "\ud83d" for number in range(600)]
    assert predictor.tells_tokens
    assert predictor.tokens(texts) == [text.replace("\ud83d", " ").split(" ") for text in texts]
    assert predictor.tokens([]) == []
    assert not load(folder).tells_tokens


def test_a_bundle_without_its_saved_model_is_refused(tmp_path, specification):
    specification.save(tmp_path / "text_spec")
    (tmp_path / "model").mkdir()
    facts = Bundle("deep", "tensorflow", specification.digest)
    write_bundle(tmp_path / "model", facts, tmp_path / "text_spec")
    with pytest.raises(InputError, match="no SavedModel in saved_model"):
        load(tmp_path / "model")

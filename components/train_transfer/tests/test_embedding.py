import numpy as np
import pytest

from sentiment_train_transfer import embedding, encoders
from sentiment_train_transfer.settings import parse

TEXTS = ["great phone", "awful", "great phone", ""]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory, shared_folders):
    settings = parse(
        encoder=str(shared_folders.encoder), layers="1,2", max_tokens=16, lexicon="none",
        rating_noise=0.2, c_grid="1", folds=5, class_weight="none", seed=1,
    )  # fmt: skip
    return encoders.prepare(settings, tmp_path_factory.mktemp("encoder"))[0]


def test_vectors_from_the_cache_are_those_of_the_encoder(encoder, tmp_path, caplog):
    caplog.set_level("INFO")
    first = embedding.vectors(encoder, TEXTS, tmp_path)
    np.testing.assert_array_equal(first, encoder.encode(TEXTS))
    again = embedding.vectors(encoder, [*TEXTS, "new box"], tmp_path)
    np.testing.assert_array_equal(again[:4], first)
    assert "3 different texts: 0 are kept, 3 are new" in caplog.text
    assert "4 different texts: 3 are kept, 1 are new" in caplog.text


def test_a_damaged_file_of_the_cache_is_made_anew(encoder, tmp_path):
    first = embedding.vectors(encoder, TEXTS, tmp_path)
    (path,) = tmp_path.rglob("*.npz")
    path.write_bytes(path.read_bytes()[:50])
    np.testing.assert_array_equal(embedding.vectors(encoder, TEXTS, tmp_path), first)
    np.testing.assert_array_equal(embedding.vectors(encoder, TEXTS, tmp_path), first)


def test_no_texts_have_no_vectors(encoder, tmp_path):
    assert embedding.vectors(encoder, [], tmp_path).shape == (0, encoder.width)

import shutil

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator

from sentiment_common.artifacts import Source
from sentiment_common.lexicon import Lexicon
from sentiment_train_transfer import encoders
from sentiment_train_transfer.emphasis import emphasize, of_pieces
from sentiment_train_transfer.settings import parse

PIECES = {"[CLS]": 0, "box": 1, "good": 2, "awful": 3, "not": 4, "##good": 5}
OPINIONS = (("good", 2.0), ("awful", -4.0), ("excellent", 3.0), ("box", 0.0))


def lexicon(*valences):
    return Lexicon("made", valences, Source("made.tsv", "0" * 64, 1))


@pytest.fixture
def path(tmp_path, shared_folders):
    return shutil.copy(shared_folders.encoder / "model.onnx", tmp_path / "model.onnx")


def test_words_of_valence_and_negations_outweigh_other_pieces():
    weights = of_pieces(PIECES, [lexicon(*OPINIONS)])
    assert weights.shape == (len(PIECES), 1)
    nothing, box, good, awful, negation, rest = weights[:, 0]
    assert nothing == box == rest == 1
    assert 1 < good < awful
    assert awful - 1 == pytest.approx(2 * (good - 1))
    assert negation > 1


def test_the_scale_of_a_lexicon_does_not_matter():
    scaled = [(word, valence / 40) for word, valence in OPINIONS]
    once = of_pieces(PIECES, [lexicon(*OPINIONS)])
    np.testing.assert_allclose(of_pieces(PIECES, [lexicon(*scaled)]), once, rtol=1e-6)
    np.testing.assert_allclose(
        of_pieces(PIECES, [lexicon(*OPINIONS), lexicon(*scaled)]), once, rtol=1e-6
    )


def test_a_lexicon_without_valences_emphasizes_negations_alone():
    weights = of_pieces(PIECES, [lexicon(("good", 0.0))])
    assert [piece for piece, at in PIECES.items() if weights[at] != 1] == ["not"]


def test_outputs_are_multiplied_by_the_weights_of_their_pieces(path):
    pieces = np.array([[2, 5, 7, 3], [2, 5, 5, 3]])
    feeds = dict.fromkeys(("input_ids", "attention_mask", "token_type_ids"), pieces)
    (plain,) = ReferenceEvaluator(onnx.load(path)).run(None, feeds)
    weights = np.ones((100, 1), np.float32)
    weights[5] = 7
    emphasize(path, weights)
    onnx.checker.check_model(onnx.load(path), full_check=True)
    (found,) = ReferenceEvaluator(onnx.load(path)).run(None, feeds)
    np.testing.assert_allclose(found, plain * weights[pieces], rtol=1e-6)


def test_an_encoder_dwells_on_the_words_of_a_lexicon(tmp_path, shared_folders):
    settings = parse(
        encoder=str(shared_folders.encoder), layers="1,2", max_tokens=16, lexicon="none",
        rating_noise=0.2, c_grid="1", folds=5, class_weight="none", seed=1,
    )  # fmt: skip
    opened = {}
    for name, lexicons in {"plain": [], "once": [lexicon(*OPINIONS)], "again": None}.items():
        folder = tmp_path / name
        folder.mkdir()
        given = [lexicon(*OPINIONS)] if lexicons is None else lexicons
        opened[name] = encoders.prepare(settings, folder, given)[0]
    texts = ["the box is awful", "the box is the box", "awful"]
    plain, found = opened["plain"].encode(texts), opened["once"].encode(texts)
    nearness = [(vectors[0] * vectors[2]).sum() for vectors in (plain, found)]
    assert nearness[1] > nearness[0]
    # Equal weights are no weights: the mean is scaled to length 1.
    np.testing.assert_allclose(found[1], plain[1], atol=1e-6)
    assert opened["again"].settings == opened["once"].settings != opened["plain"].settings

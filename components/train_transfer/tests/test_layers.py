import shutil

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator

from sentiment_common.errors import InputError
from sentiment_train_transfer.layers import read_states

PIECES = np.array([[2, 5, 7, 3]])
FEEDS = dict.fromkeys(("input_ids", "attention_mask", "token_type_ids"), PIECES)


@pytest.fixture
def path(tmp_path, shared_folders):
    return shutil.copy(shared_folders.encoder / "model.onnx", tmp_path / "model.onnx")


def test_the_last_layers_states_are_the_models_own_output(path):
    (own,) = ReferenceEvaluator(onnx.load(path)).run(None, FEEDS)
    read_states(path, (1, 3))
    first, last = ReferenceEvaluator(onnx.load(path)).run(None, FEEDS)
    np.testing.assert_allclose(last, own, atol=1e-6)
    assert np.abs(first - own).max() > 0.1


def test_what_comes_after_the_last_wanted_layer_is_left_out(path):
    before = onnx.load(path).graph
    read_states(path, (1,))
    after = onnx.load(path).graph
    onnx.checker.check_model(onnx.load(path))
    assert len(after.node) < len(before.node)
    assert {item.name for item in after.initializer} < {item.name for item in before.initializer}


def test_the_same_layers_give_the_same_bytes(path):
    read_states(path, (1, 2))
    once = path.read_bytes()
    read_states(path, (1, 2))
    assert path.read_bytes() == once


def test_a_layer_that_is_not_there_is_refused(path):
    with pytest.raises(InputError, match="there is no layer 4: 3 have a LayerNormalization"):
        read_states(path, (4,))


def test_a_file_that_is_no_model_is_refused(tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(b"<html>")
    with pytest.raises(InputError, match="no ONNX model"):
        read_states(path, (1,))

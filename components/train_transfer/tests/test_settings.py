import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_train_transfer.settings import MINILM_LAYERS, parse

GIVEN = {
    "encoder": "minilm", "layers": "auto", "max_tokens": 128, "lexicon": "auto",
    "rating_noise": 0.2, "c_grid": "0.1", "folds": 5, "class_weight": "balanced", "seed": 13,
}  # fmt: skip


def parsed(**changes):
    return parse(**{**GIVEN, **changes})


@given(st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=6))
def test_a_grid_is_read_ascending_and_without_repetition(values):
    assert parsed(c_grid=",".join(map(repr, values))).c_grid == tuple(sorted(set(values)))


def test_layers_are_known_for_the_packaged_encoder_alone():
    assert parsed().layers == MINILM_LAYERS
    assert parsed(encoder="folder").layers == ()
    assert parsed(layers="outputs").layers == ()
    assert parsed(layers=" 10, 2").layers == (2, 10)


@pytest.mark.parametrize(
    ("changes", "flag"),
    [
        ({"layers": "2;3"}, "--layers"), ({"layers": "-1"}, "--layers"),
        ({"c_grid": "0"}, "--c-grid"), ({"c_grid": "nan"}, "--c-grid"),
        ({"folds": 1}, "--folds"), ({"max_tokens": 2}, "--max-tokens"),
        ({"rating_noise": -1.0}, "--rating-noise"), ({"rating_noise": float("nan")}, "--rating"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_by_its_flag(changes, flag):
    with pytest.raises(InputError, match=flag):
        parsed(**changes)

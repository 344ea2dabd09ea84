import numpy as np

from sentiment_train_deep.encoders import Design, build, positions

PRESENT = np.array([[True, True, True], [True, False, False]])
VECTORS = np.random.default_rng(1).normal(size=(2, 3, 5)).astype(np.float32)


def test_an_lstm_has_states_of_both_directions():
    states = build(Design("lstm", 4, 2, 0.5))(VECTORS, PRESENT)
    assert states.shape == (2, 3, 8)


def test_a_transformer_keeps_its_width_whatever_its_layers():
    for layers in (1, 3):
        assert build(Design("transformer", 10, layers, 0.5))(VECTORS, PRESENT).shape == (2, 3, 10)


def test_a_place_takes_nothing_from_padding():
    transformer = build(Design("transformer", 8, 2, 0.0))
    changed = VECTORS.copy()
    changed[1, 1:] = 9
    states, others = transformer(VECTORS, PRESENT), transformer(changed, PRESENT)
    np.testing.assert_array_equal(states[1, 0], others[1, 0])


def test_each_position_has_waves_of_its_own():
    found = np.asarray(positions(50, 7))
    assert found.shape == (50, 7)
    np.testing.assert_allclose(found[0], [0, 0, 0, 0, 1, 1, 1])
    assert len(np.unique(found.round(5), axis=0)) == 50

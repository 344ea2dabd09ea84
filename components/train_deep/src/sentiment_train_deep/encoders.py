"""What reads a row of vectors: a stack of bidirectional LSTMs, or a Transformer encoder."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

ARCHITECTURES = ("lstm", "transformer")
HEAD_UNITS = 16
LONGEST_WAVE = 10_000.0


@dataclass(frozen=True)
class Design:
    """The shape of a network.

    Attributes:
        architecture: One of ARCHITECTURES.
        units: Units of an LSTM in each direction, or of a Transformer.
        layers: How many of them lie on top of each other.
        dropout: Share of channels and of features left out in training.
    """

    architecture: str
    units: int
    layers: int
    dropout: float


class Lstm(keras.layers.Layer):
    """Bidirectional LSTMs on top of each other (Graves and Schmidhuber 2005).

    Args:
        design: Their size.
    """

    def __init__(self, design: Design) -> None:
        super().__init__(name="lstm")
        self.dropouts = _dropouts(design.dropout, design.layers - 1)
        self.layers = [
            keras.layers.Bidirectional(
                keras.layers.LSTM(design.units, return_sequences=True, name=f"lstm_{number}"),
                name=f"bidirectional_{number}",
            )
            for number in range(1, design.layers + 1)
        ]

    def call(self, vectors: Any, present: Any, training: bool = False) -> Any:
        """Returns states, shape (rows, time, 2 * units), from -1 to 1.

        Args:
            vectors: Float32, shape (rows, time, channels).
            present: Which are no padding, shape (rows, time).
            training: Whether dropout is on.
        """
        states = self.layers[0](vectors, mask=present, training=training)
        for dropout, layer in zip(self.dropouts, self.layers[1:], strict=True):
            states = layer(dropout(states, training=training), mask=present, training=training)
        return states


class Transformer(keras.layers.Layer):
    """Self-attention blocks (Vaswani et al. 2017), normalized before each part (Xiong et al. 2020).

    Args:
        design: Their size; a head has 16 units.
    """

    def __init__(self, design: Design) -> None:
        super().__init__(name="transformer")
        layers = keras.layers
        self.dropouts = _dropouts(design.dropout, 2 * design.layers)
        self.units = design.units
        self.projection = layers.Dense(design.units, name="projection")
        self.blocks = [Block(design.units, number) for number in range(1, design.layers + 1)]
        self.last_norm = layers.LayerNormalization(name="last_norm")

    def call(self, vectors: Any, present: Any, training: bool = False) -> Any:
        """Returns states, shape (rows, time, units), from -1 to 1; see ``Lstm.call``."""
        states = self.projection(vectors) + positions(ops.shape(vectors)[1], self.units)
        for number, block in enumerate(self.blocks):
            first, second = self.dropouts[2 * number : 2 * number + 2]
            states = states + first(block.attended(states, present), training=training)
            states = states + second(block.transformed(states), training=training)
        return ops.tanh(self.last_norm(states))


class Block(keras.layers.Layer):
    """The two parts of a Transformer block, without dropout and residuals.

    Args:
        units: Units of the states.
        number: Its place, from 1.
    """

    def __init__(self, units: int, number: int) -> None:
        super().__init__(name=f"block_{number}")
        layers = keras.layers
        heads = max(1, units // HEAD_UNITS)
        # Keras leaves the block out of its weights' paths, which have to tell them apart.
        self.attention_norm = layers.LayerNormalization(name=f"attention_norm_{number}")
        self.attention = layers.MultiHeadAttention(heads, HEAD_UNITS, name=f"heads_{number}")
        self.dense_norm = layers.LayerNormalization(name=f"dense_norm_{number}")
        self.wide = layers.Dense(2 * units, "gelu", name=f"wide_{number}")
        self.narrow = layers.Dense(units, name=f"narrow_{number}")

    def attended(self, states: Any, present: Any) -> Any:
        """Returns what each place takes from all that are no padding."""
        normal = self.attention_norm(states)
        return self.attention(normal, normal, attention_mask=ops.expand_dims(present, 1))

    def transformed(self, states: Any) -> Any:
        """Returns what each place makes of itself."""
        return self.narrow(self.wide(self.dense_norm(states)))


def build(design: Design) -> Lstm | Transformer:
    """Returns the encoder of a design."""
    return Lstm(design) if design.architecture == "lstm" else Transformer(design)


def positions(length: Any, units: int) -> Any:
    """Returns sines and cosines of each position (Vaswani et al. 2017), shape (length, units)."""
    half = (units + 1) // 2
    waves = (LONGEST_WAVE ** (-np.arange(half) / half)).astype(np.float32)
    angles = ops.expand_dims(ops.cast(ops.arange(length), "float32"), 1) * waves
    return ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=1)[:, :units]


def _dropouts(rate: float, count: int) -> list[keras.layers.Dropout]:
    return [keras.layers.Dropout(rate, name=f"dropout_{number + 1}") for number in range(count)]

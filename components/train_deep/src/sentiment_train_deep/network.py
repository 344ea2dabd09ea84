"""The network: embeddings, a bidirectional LSTM, the maximum over time, a softmax layer."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops
from numpy.typing import NDArray

from sentiment_models import LABELS
from sentiment_train_deep.vocabulary import PADDING

LEAST_OUTPUT = -1.0  # of an LSTM: a row of padding alone gets finite features


class Network(keras.Model):
    """Classifies rows of word identifiers.

    A bidirectional LSTM (Graves and Schmidhuber 2005) with maximum pooling over time (Conneau et
    al. 2017), on embeddings that are trained along.

    Args:
        vectors: Initial word vectors, shape (words, dimensions); row 0 is padding.
        units: Units of the LSTM in each direction.
        dropout: Share of embedding channels and of pooled features left out in training.
    """

    def __init__(self, vectors: NDArray[np.float32], units: int, dropout: float) -> None:
        super().__init__(name="network")
        layers = keras.layers
        self.embedding = layers.Embedding(*vectors.shape, name="embedding")
        self.channel_dropout = layers.SpatialDropout1D(dropout, name="channel_dropout")
        self.lstm = layers.Bidirectional(
            layers.LSTM(units, return_sequences=True, name="lstm"), name="bidirectional"
        )
        self.feature_dropout = layers.Dropout(dropout, name="feature_dropout")
        self.output_layer = layers.Dense(len(LABELS), name="logits")
        self(np.ones((1, 1), np.int32))
        self.embedding.set_weights([vectors])

    @property
    def dropout_seeds(self) -> dict[str, keras.Variable]:
        """The states that dropout draws from, by layer; each training step moves them on."""
        layers = (self.channel_dropout, self.feature_dropout)
        return {layer.name: layer.seed_generator.state for layer in layers if layer.rate > 0}

    def call(self, identifiers: Any, training: bool = False) -> Any:
        """Returns logits.

        Args:
            identifiers: Word identifiers, int32, shape (rows, time), padded with 0 at the end.
            training: Whether dropout is on.

        Returns:
            Logits, float32, shape (rows, labels).
        """
        present = ops.not_equal(identifiers, PADDING)
        vectors = self.channel_dropout(self.embedding(identifiers), training=training)
        states = self.lstm(vectors, mask=present, training=training)
        states = ops.where(ops.expand_dims(present, -1), states, LEAST_OUTPUT)
        pooled = self.feature_dropout(ops.max(states, axis=1), training=training)
        return self.output_layer(pooled)

    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.int32)])
    def score(self, identifiers: Any) -> Any:
        """Returns logits without dropout; see ``call``."""
        return self(identifiers, training=False)

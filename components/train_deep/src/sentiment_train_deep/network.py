"""The networks: embeddings, an LSTM or a Transformer, pooling over time, a softmax layer."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from sentiment_models import LABELS
from sentiment_train_deep import encoders, valences
from sentiment_train_deep.encoders import Design
from sentiment_train_deep.vocabulary import PADDING, Tables

LEAST_OUTPUT = -1.0  # of an encoder: a row of padding alone gets finite features
MASKED = -1e9  # its power is 0


class Network(keras.Model):
    """Classifies rows of word identifiers.

    Word vectors, and with a lexicon the words' valences as further channels, go through an encoder.
    Its states are pooled twice, by attention (Yang et al. 2016) and by the maximum over time
    (Conneau et al. 2017); what the lexicon says of the whole row is put beside them.

    Args:
        tables: What is known of the words.
        design: Which encoder, and its size.
    """

    def __init__(self, tables: Tables, design: Design) -> None:
        super().__init__(name="network")
        layers, self.design = keras.layers, design
        self.embedding = layers.Embedding(*tables.vectors.shape, name="embedding")
        self.knows_valences = tables.valences.shape[1] > 0
        if self.knows_valences:
            self.valences = self.add_weight(
                shape=tables.valences.shape, trainable=False, name="valences"
            )
            self.valences.assign(tables.valences)
        self.channel_dropout = layers.SpatialDropout1D(design.dropout, name="channel_dropout")
        self.encoder = encoders.build(design)
        self.attention_keys = layers.Dense(design.units, "tanh", name="attention_keys")
        self.attention_scores = layers.Dense(1, name="attention_scores")
        self.feature_dropout = layers.Dropout(design.dropout, name="feature_dropout")
        self.output_layer = layers.Dense(len(LABELS), name="logits")
        self.rating_layer = layers.Dense(1, name="rating")
        self.logits_and_rating(np.ones((1, 2), np.int32))
        self.embedding.set_weights([tables.vectors])

    @property
    def dropout_seeds(self) -> dict[str, keras.Variable]:
        """The states that dropout draws from, by layer; each training step moves them on."""
        layers = (self.channel_dropout, *self.encoder.dropouts, self.feature_dropout)
        return {layer.name: layer.seed_generator.state for layer in layers if layer.rate > 0}

    def features(self, identifiers: Any, training: bool = False) -> Any:
        """Returns what the last layers see, float32, shape (rows, features); see ``call``."""
        present = ops.not_equal(identifiers, PADDING)
        vectors = self.channel_dropout(self.embedding(identifiers), training=training)
        if not self.knows_valences:
            return self._pooled(vectors, present, training)
        told = valences.channels(ops.take(self.valences, identifiers, axis=0))
        pooled = self._pooled(ops.concatenate([vectors, told], axis=-1), present, training)
        return ops.concatenate([pooled, valences.summary(told)], axis=1)

    def logits_and_rating(self, identifiers: Any, training: bool = False) -> tuple[Any, Any]:
        """Returns logits, shape (rows, labels), and standardized ratings, shape (rows,)."""
        features = self.features(identifiers, training)
        return self.output_layer(features), ops.squeeze(self.rating_layer(features), axis=1)

    def call(self, identifiers: Any, training: bool = False) -> Any:
        """Returns logits.

        Args:
            identifiers: Word identifiers, int32, shape (rows, time), padded with 0 at the end.
            training: Whether dropout is on.

        Returns:
            Logits, float32, shape (rows, labels).
        """
        return self.output_layer(self.features(identifiers, training))

    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.int32)])
    def score(self, identifiers: Any) -> Any:
        """Returns logits without dropout; see ``call``."""
        return self(identifiers, training=False)

    def _pooled(self, vectors: Any, present: Any, training: bool) -> Any:
        states = self.encoder(vectors, present, training=training)
        pooled = ops.concatenate([self._attended(states, present), _highest(states, present)], 1)
        return self.feature_dropout(pooled, training=training)

    def _attended(self, states: Any, present: Any) -> Any:
        scores = self.attention_scores(self.attention_keys(states))
        scores = ops.where(ops.expand_dims(present, -1), scores, MASKED)
        return ops.sum(ops.softmax(scores, axis=1) * states, axis=1)


def _highest(states: Any, present: Any) -> Any:
    return ops.max(ops.where(ops.expand_dims(present, -1), states, LEAST_OUTPUT), axis=1)

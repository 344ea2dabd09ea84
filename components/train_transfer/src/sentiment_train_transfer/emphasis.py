"""Lets the average over a text's word pieces dwell on words of valence and on negations.

The encoder's outputs are multiplied by a weight of each word piece inside the ONNX model. The mean
of the products, scaled to length 1 as every mean is, is the weighted mean of the outputs.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray

from sentiment_common.lexicon import Lexicon
from sentiment_models.lexicon import NEGATIONS

VALENCE, NEGATION = 5.0, 4.0
"""What a word of average valence, and a negation, weigh more than another word."""
NAME = "emphasis"


def of_pieces(vocabulary: Mapping[str, int], lexicons: Sequence[Lexicon]) -> NDArray[np.float32]:
    """Returns the weight of each word piece, shape (pieces, 1); 1 where nothing is known of it.

    Args:
        vocabulary: Position of each word piece.
        lexicons: The valences of one count as shares of their average, whatever their scale; their
            mean counts.
    """
    weights = np.ones((max(vocabulary.values(), default=-1) + 1, 1), np.float32)
    for lexicon in lexicons:
        valences = {word: abs(valence) for word, valence in lexicon.valences if valence}
        average = sum(valences.values()) / max(len(valences), 1)
        for word in valences.keys() & vocabulary.keys():
            weights[vocabulary[word]] += VALENCE * valences[word] / (average * len(lexicons))
    for word in NEGATIONS & vocabulary.keys():
        weights[vocabulary[word]] += NEGATION
    return weights


def emphasize(path: Path, weights: NDArray[np.float32]) -> None:
    """Multiplies the outputs of a model by the weights of its word pieces, in place.

    Args:
        path: An ONNX model with ``input_ids``, and outputs of shape (batch, sequence, width).
        weights: Of each word piece, shape (pieces, 1).
    """
    model = onnx.load(str(path))
    graph = model.graph
    graph.initializer.append(onnx.numpy_helper.from_array(weights, f"{NAME}.weights"))
    graph.node.append(
        onnx.helper.make_node("Gather", [f"{NAME}.weights", "input_ids"], [f"{NAME}.of_text"])
    )
    for output in graph.output:
        product = f"{NAME}.{output.name}"
        graph.node.append(onnx.helper.make_node("Mul", [output.name, f"{NAME}.of_text"], [product]))
        output.name = product
    path.write_bytes(model.SerializeToString(deterministic=True))

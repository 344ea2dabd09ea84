"""Takes the states of hidden layers out of an ONNX encoder, and leaves out what comes after them.

Encoders of BERT's kind normalize the embeddings once and each layer twice, so the states of layer
n leave the 2n-th layer normalization, counted from 0 (Vaswani et al. 2017, Devlin et al. 2019).
"""

from collections.abc import Sequence
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError

from sentiment_common.errors import InputError

NORMALIZATION = "LayerNormalization"


def read_states(path: Path, numbers: Sequence[int]) -> None:
    """Makes layers' states the outputs of a model, in place.

    Args:
        path: The ONNX file.
        numbers: Which layers, 1 being the first after the embeddings, which are 0.

    Raises:
        InputError: It is no ONNX model, or has no such layers.
    """
    try:
        model = onnx.load(str(path))
    except (DecodeError, onnx.checker.ValidationError) as error:
        raise InputError(f"no ONNX model ({error})", where=str(path)) from error
    states = [node for node in model.graph.node if node.op_type == NORMALIZATION][::2]
    if max(numbers) >= len(states):
        raise InputError(
            f"there is no layer {max(numbers)}: {max(len(states) - 1, 0)} have a {NORMALIZATION}",
            where=f"--layers {','.join(map(str, numbers))}",
            mend="give lower numbers, or outputs for the states that the model itself gives",
        )
    widths = {item.name: item.dims[-1] for item in model.graph.initializer if item.dims}
    chosen = [states[number] for number in numbers]
    del model.graph.output[:]
    for node in chosen:
        shape = ("batch", "sequence", widths[node.input[1]])
        model.graph.output.append(
            onnx.helper.make_tensor_value_info(node.output[0], onnx.TensorProto.FLOAT, shape)
        )
    _prune(model.graph)
    path.write_bytes(model.SerializeToString(deterministic=True))


def _prune(graph: onnx.GraphProto) -> None:
    """Leaves out nodes, weights and descriptions that no output needs."""
    needed = {item.name for item in graph.output}
    kept = []
    # Nodes are in the order of their execution: backwards, a node comes after all that need it.
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            kept.append(node)
            needed.update(node.input)
    del graph.node[:]
    graph.node.extend(reversed(kept))
    for items in (graph.initializer, graph.value_info):
        wanted = [item for item in items if item.name in needed]
        del items[:]
        items.extend(wanted)

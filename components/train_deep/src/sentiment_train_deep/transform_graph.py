"""The transform graph, loaded: it becomes the first part of the saved model."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow as tf

from sentiment_common.artifacts import TRANSFORM_GRAPH, read_manifest
from sentiment_common.errors import InputError


@dataclass(frozen=True)
class TransformGraph:
    """What the bundle takes over from transform.

    Attributes:
        module: The loaded SavedModel; its ``transform_fn`` turns {"text": strings [batch]} into
            {"tokens": ragged strings [batch, tokens], ...}.
        digest: Digest of the artifact.
        text_specification: Folder of the saved text specification.
    """

    module: Any
    digest: str
    text_specification: Path


def load(folder: Path) -> TransformGraph:
    """Loads a transform graph.

    Raises:
        InputError: Its SavedModel is missing or gives no tokens.
    """
    path = folder / "transform_fn"
    if not (path / "saved_model.pb").is_file():
        raise InputError("no SavedModel in transform_fn", where=str(folder))
    module = tf.saved_model.load(str(path))
    digest = read_manifest(folder, TRANSFORM_GRAPH).digest
    if not isinstance(module.transform_fn({"text": tf.constant([""])})["tokens"], tf.RaggedTensor):
        raise InputError(
            "its tokens are not ragged", where=str(path), mend="run this version's transform again"
        )
    return TransformGraph(module, digest, folder / "text_spec")

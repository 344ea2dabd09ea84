"""Examples as lines of JSON, and what the baseline reads of them without TensorFlow.

Run in the environment of transform: ``features.py rows EXAMPLES`` prints the rows,
``features.py features EXAMPLES GRAPH FEATURES`` writes two artifacts with equal tokens: the Python
engine of the text specification and the graph agree.
"""

import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sentiment_common.artifacts import (
    FEATURES,
    TRANSFORM_GRAPH,
    Kind,
    Manifest,
    payload_digest,
    write_manifest,
)
from sentiment_common.text import Tokenizer
from sentiment_transform.specification import english


def print_rows(examples: Path) -> None:
    """Prints every row with its split."""
    for split in ("train", "validation", "test"):
        for row in pq.read_table(examples / split).to_pylist():
            print(json.dumps({**row, "split": split}))


def write_features(examples: Path, graph: Path, features: Path) -> None:
    """Writes the text specification, and the train split with its tokens."""
    specification = english()
    specification.save(graph / "text_spec")
    tokens = Tokenizer(specification).tokens
    table = pq.read_table(examples / "train")
    found = pa.array(map(tokens, table["text"].to_pylist()), pa.list_(pa.string()))
    features.mkdir(parents=True)
    pq.write_table(table.append_column("tokens", found), features / "features.parquet")
    _seal(graph, TRANSFORM_GRAPH)
    _seal(features, FEATURES)


def _seal(folder: Path, kind: Kind) -> None:
    digest = payload_digest(folder)
    write_manifest(folder, Manifest(kind.name, kind.schema_version, "poison", "0", digest))


if __name__ == "__main__":
    command, *folders = sys.argv[1:]
    {"rows": print_rows, "features": write_features}[command](*map(Path, folders))

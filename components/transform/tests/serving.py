"""A process with TensorFlow alone: are its features those of the stage, to the last bit?

``python serving.py TRANSFORM_FN [[EXAMPLES_PARQUET, FEATURES_PARQUET], ...]`` prints, as JSON, the
rows, how many of them differ, and which modules it has that a serving process would lack.
"""

import json
import sys

import numpy as np
import pyarrow.parquet as pq
import tensorflow as tf

ABSENT = ("tensorflow_transform", "tfx_bsl", "apache_beam", "re2", "sentiment_common")


def features(graph, texts):
    """Returns the features of a batch as lists of Python values, by name."""
    found = graph({"text": tf.constant([text.encode() for text in texts])})
    lengths = np.bincount(found["ngram_ids"].indices[:, 0].numpy(), minlength=len(texts))
    ends = np.cumsum(lengths)[:-1]
    return {
        "tokens": [[word.decode() for word in row] for row in found["tokens"].to_list()],
        "token_ids": found["token_ids"].to_list(),
        "ngram_ids": [row.tolist() for row in np.split(found["ngram_ids"].values, ends)],
        "ngram_tfidf": [row.tolist() for row in np.split(found["ngram_tfidf"].values, ends)],
    }


def main(transform_fn, pairs):
    graph = tf.saved_model.load(transform_fn).transform_fn
    rows = differing = 0
    for examples, stored in pairs:
        batches = (pq.ParquetFile(path).iter_batches(512) for path in (examples, stored))
        for batch, expected in zip(*batches, strict=True):
            found = features(graph, batch["text"].to_pylist())
            wanted = {name: expected[name].to_pylist() for name in found}
            rows += len(batch)
            for row in range(len(batch)):
                differing += any(found[name][row] != wanted[name][row] for name in found)
    return [rows, differing, [name for name in ABSENT if name in sys.modules]]


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], json.loads(sys.argv[2]))))  # noqa: T201

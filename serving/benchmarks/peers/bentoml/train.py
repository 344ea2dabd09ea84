"""Trains the peer's pipeline on the train split and stores it; writes the texts of the test split.

Usage: ``train.py EXAMPLES TEXTS``; the store is that of ``BENTOML_HOME``.
"""

import json
import sys
from pathlib import Path

import bentoml
import joblib
import pyarrow.parquet as pq
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline


def main() -> None:
    """Trains, stores, writes."""
    examples, texts = map(Path, sys.argv[1:])
    train = pq.read_table(examples / "train", columns=["text", "label"]).to_pydict()
    pipeline = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(max_iter=500))
    pipeline.fit(train["text"], train["label"])
    with bentoml.models.create("tfidf_lr") as stored:
        joblib.dump(pipeline, stored.path_of("model.pkl"))
    test = pq.read_table(examples / "test", columns=["text"]).to_pydict()
    texts.write_text(json.dumps(test["text"]))


if __name__ == "__main__":
    main()

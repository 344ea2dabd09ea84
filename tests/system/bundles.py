"""Makes the bundles ``words`` and ``other`` in a folder; runs in the environment of serving."""

import sys
from pathlib import Path

import numpy as np

from sentiment_common.text import current
from sentiment_models.bundle import Bundle, write_bundle
from sentiment_models.linear import LinearWeights, save_linear
from sentiment_models.loading import load
from sentiment_models.reference import make

VOCABULARY = ("good", "bad", "parcel", "not good", "script")
TRAINED_ON = ("good", "a good parcel", "bad", "not good", "the parcel", "bad script") * 100
POSITIVE = {"words": [3.0, -3.0, 0.0, -6.0, 1.0], "other": [3.0, -3.0, 2.0, 0.0, 1.0]}


def main() -> None:
    """Writes the bundles into the folder that is named."""
    specification = current({})
    for name, positive in POSITIVE.items():
        folder = Path(sys.argv[1]) / name
        folder.mkdir()
        specification.save(folder.parent / "text_spec")
        coefficients = np.array([[-weight for weight in positive], [0.0] * 5, positive])
        idf = np.ones(len(VOCABULARY), dtype=np.float32)
        save_linear(folder, LinearWeights(VOCABULARY, 2, idf, coefficients, np.array([0, 0.1, 0])))
        bundle = Bundle(name=name, backend="linear", text_specification=specification.digest)
        write_bundle(folder, bundle, folder.parent / "text_spec")
        rows = load(folder).predict_proba(TRAINED_ON)
        make(TRAINED_ON, rows, rows.argmax(axis=1), specification).write(folder)


if __name__ == "__main__":
    main()

"""Writes cross-fitted probabilities of the train split."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from sentiment_models import LABELS
from sentiment_train_baseline.features import TrainingData

PREDICTIONS = "predictions.parquet"
SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("id", "label", "group")]
    + [(name, pa.float64()) for name in LABELS]
)


def write(folder: Path, data: TrainingData, probabilities: NDArray[np.float64]) -> None:
    """Writes ``predictions.parquet``: id, label, group and a probability of each label.

    Args:
        folder: An empty folder.
        data: The rows.
        probabilities: Shape (rows, labels), each row's by a model that was fitted without it.
    """
    columns = {
        "id": data.ids,
        "label": [LABELS[target] for target in data.targets],
        "group": data.groups.tolist(),
        **{label: probabilities[:, number] for number, label in enumerate(LABELS)},
    }
    pq.write_table(pa.table(columns, SCHEMA), folder / PREDICTIONS)

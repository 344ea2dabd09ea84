"""Writes cross-fitted probabilities of the train split."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from sentiment_models import LABELS
from sentiment_train_deep.features import Split

PREDICTIONS = "predictions.parquet"
SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("id", "label", "group")]
    + [(name, pa.float64()) for name in LABELS]
)


def write(folder: Path, split: Split, probabilities: NDArray[np.float64] | None) -> None:
    """Writes ``predictions.parquet``: id, label, group and a probability of each label.

    Args:
        folder: An empty folder.
        split: The rows.
        probabilities: Shape (rows, labels); None gives a table without rows.
    """
    columns: dict[str, object] = {name: [] for name in SCHEMA.names}
    if probabilities is not None:
        columns = {
            "id": split.ids,
            "label": [LABELS[target] for target in split.targets],
            "group": split.groups.tolist(),
            **{label: probabilities[:, number] for number, label in enumerate(LABELS)},
        }
    pq.write_table(pa.table(columns, SCHEMA), folder / PREDICTIONS)

"""Writes arrays as ``.npz``: the same arrays give the same bytes under every interpreter.

``numpy.savez`` forces the ZIP64 format, whose headers Python 3.11.4 began to write with another
version number; a model that was trained in a container would have another digest for that.
"""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np


def write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Writes arrays by name, uncompressed; ``numpy.load`` reads them.

    Args:
        path: The file, e.g. ``weights.npz``.
        arrays: Arrays or numbers; none that needs a pickle.

    Raises:
        ValueError: One holds objects.
    """
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, np.asanyarray(array), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), content.getvalue())

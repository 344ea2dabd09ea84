"""Finished trials on disk, one small file each: a killed search goes on where it stopped."""

import hashlib
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sentiment_common.cli import CHECKPOINTS
from sentiment_common.errors import InputError

logger = logging.getLogger(__name__)


class Finished:
    """Figures of the trials that are done.

    Args:
        folder: Where they are kept; None to keep none.
        work: Everything that the figures depend on, ready for JSON.

    Raises:
        InputError: The folder cannot be made.
    """

    def __init__(self, folder: Path | None, work: Mapping[str, Any]) -> None:
        self._folder = folder
        self._work = _digest(work)
        if folder is None:
            return
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"no folder for finished trials can be made ({error.strerror})",
                where=str(folder),
                mend=f"let {CHECKPOINTS} name one, or nothing",
            ) from error

    def get(self, parameters: Mapping[str, Any]) -> dict[str, float] | None:
        """Returns the figures of a trial, None if it is not done or its file is damaged."""
        path = self._path(parameters)
        if path is None or not path.is_file():
            return None
        try:
            record = json.loads(path.read_bytes())
            metrics = record["metrics"]
            intact = record["digest"] == _digest([self._work, parameters, metrics])
        except (ValueError, KeyError, TypeError):
            intact = False
        if not intact:
            logger.warning("trying again, as %s is damaged", path)
            return None
        return dict(metrics)

    def put(self, parameters: Mapping[str, Any], metrics: Mapping[str, float]) -> None:
        """Keeps the figures of a trial, whole or not at all."""
        path = self._path(parameters)
        if path is None:
            return
        record = {
            "parameters": parameters,
            "metrics": metrics,
            "digest": _digest([self._work, parameters, metrics]),
        }
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(record, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        partial.replace(path)

    def _path(self, parameters: Mapping[str, Any]) -> Path | None:
        if self._folder is None:
            return None
        # Other work has other names, so its trials are never mistaken for these.
        return self._folder / f"trial-{_digest([self._work, parameters])[:16]}.json"


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()

"""The log of a server: one JSON object a line on stderr, never with the text of a request."""

import json
import logging
import os
import sys
import time
import traceback
from typing import Any

FIELDS = "fields"
"""Name in ``extra=`` of further fields of a line."""
OTHERS = ("bentoml", "uvicorn", "uvicorn.error", "circus")
TENSORFLOW_LEVEL = "TF_CPP_MIN_LOG_LEVEL"


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON.

    An exception is told by its type and where it arose: its message may hold a customer's text.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Returns the line of a record."""
        moment = time.gmtime(record.created)
        line: dict[str, Any] = {
            "time": f"{time.strftime('%Y-%m-%dT%H:%M:%S', moment)}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, FIELDS, {}),
        }
        if record.exc_info and record.exc_info[0] is not None:
            kind, _, trace = record.exc_info
            line["exception"] = kind.__name__
            line["trace"] = [
                f"{frame.filename}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(trace)
            ]
        return json.dumps(line, ensure_ascii=False, default=str)


def configure() -> None:
    """Sends what this process logs, BentoML's and uvicorn's lines too, to stderr as JSON lines."""
    # TensorFlow's lines are no JSON and may quote a text; what matters it raises as well.
    os.environ.setdefault(TENSORFLOW_LEVEL, "3")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level="INFO", handlers=[handler], force=True)
    for name in OTHERS:
        other = logging.getLogger(name)
        other.handlers.clear()
        other.propagate = True
    # Without a handler uvicorn spares itself its line a request; we write our own.
    access = logging.getLogger("uvicorn.access")
    access.handlers.clear()
    access.propagate = False
    # It says "Started server process" and the like for each worker; requests have our own line.
    logging.getLogger("uvicorn").setLevel("WARNING")

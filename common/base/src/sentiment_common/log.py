"""Logging of a stage: plain lines on stderr, which every backend collects."""

import logging
import sys


def configure(level: str = "INFO") -> None:
    """Sends log records of this process to stderr, one line each, with the time of day."""
    logging.basicConfig(
        level=level,
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        datefmt="%H:%M:%S",
        force=True,
    )

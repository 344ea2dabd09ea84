"""Loads TensorFlow Data Validation without what it says on the way."""

import contextlib
import io
import logging
import os
from collections.abc import Iterator


@contextlib.contextmanager
def without_import_chatter() -> Iterator[None]:
    """Keeps what TFDV says on import, about optional packages not used here, off the log."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # Nothing is computed with TensorFlow here; with oneDNN it says two lines that no level hides.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    logging.disable(logging.WARNING)
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        logging.disable(logging.NOTSET)

"""Keeps the errors of what goes on beside requests from the requests."""

import logging
from collections.abc import Callable
from types import TracebackType

logger = logging.getLogger(__name__)


class Harmless:
    """A block whose errors are counted, and the first of all told with its trace.

    No ``contextlib.contextmanager``: its generator costs a request more than all that is counted.

    Args:
        failed: Is called for each error.
    """

    def __init__(self, failed: Callable[[], None]) -> None:
        self._failed, self._told = failed, False

    def __enter__(self) -> None:
        """Begins the block."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        """Counts an error; one that ends a task or the process goes on."""
        if not isinstance(error, Exception):
            return False
        self._failed()
        if not self._told:
            logger.error(
                "a signal could not be counted; requests are answered as ever", exc_info=error
            )
        self._told = True
        return True

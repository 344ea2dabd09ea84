"""Refuses new connections from the moment a worker begins to end.

The socket that workers listen on is also held by BentoML's arbiter, until the last worker has
ended. Until then the kernel would go on to make connections that nobody accepts, and reset them in
the end: neither answered nor refused.
"""

import contextlib
import os
import socket
import sys
from collections.abc import Sequence

OPTION = "--fd"
"""With it BentoML tells a worker the descriptor of the socket."""


class Listener:
    """The socket that this worker shares with the arbiter.

    Args:
        arguments: The command line of this process; without the option there is no such socket.
    """

    def __init__(self, arguments: Sequence[str] = tuple(sys.argv)) -> None:
        self._socket: socket.socket | None = None
        if OPTION in arguments:
            descriptor = int(arguments[arguments.index(OPTION) + 1])
            # A duplicate, since uvicorn closes its own before it waits for requests to end.
            self._socket = socket.socket(fileno=os.dup(descriptor))

    def refuse(self) -> None:
        """Refuses new connections, in every process that shares the socket.

        A worker is told to end when the whole service ends, and only then.
        """
        if self._socket is not None:
            # Another worker may have been first.
            with self._socket, contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self._socket = None

"""MLflow in a process of its own, beside the run.

MLflow takes as long to import as kfp, and writing to it takes time that no task has to wait for. A
process of its own does both while the run goes on. It also sees the run die: then it closes the
run in MLflow, so that none stays "running" for ever.
"""

import contextlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sentiment_common.errors import InputError
from sentiment_pipelines.runs import TaskRecord


class Recorder:
    """The run's side: asks for the champion, tells what happened.

    As an observer it tells MLflow of each finished task. What goes wrong there is raised at the
    next question, at the latest by ``close``.

    Args:
        address: Of the tracking server; empty for the one that the environment names.
    """

    def __init__(self, address: str = "") -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other, address), daemon=True)
        self._process.start()
        other.close()
        self._pipe.send(("connect", (), False))

    def ask(self, what: str, *arguments: Any) -> Any:
        """Lets the other process do something and returns what it answers.

        Args:
            what: Name of a public method of ``_Scribe``.
            arguments: Its arguments.

        Raises:
            InputError: The tracking server cannot be used.
            RuntimeError: A bug there, with its traceback.
        """
        self._pipe.send((what, arguments, True))
        while True:
            try:
                kind, value = self._pipe.recv()
            except EOFError as error:
                raise RuntimeError("the process that writes to MLflow has died") from error
            if kind == "answer":
                return value
            raise value if isinstance(value, InputError) else RuntimeError(value)

    def started(self, task: str) -> None:
        """Nothing is known yet: a task is written when it has ended."""

    def line(self, task: str, text: str) -> None:
        """Log lines stay in the task's log."""

    def finished(self, record: TaskRecord) -> None:
        """Has a task's record written, without waiting for it."""
        self._pipe.send(("finished", (record,), False))

    def close(self, status: str, outcome: str) -> None:
        """Ends the run in MLflow and the other process with it."""
        self.ask("close", status, outcome)
        self.stop()

    def stop(self) -> None:
        """Ends the other process; a run that it still has open is closed as killed."""
        self._pipe.close()
        self._process.join()


def _serve(pipe: multiprocessing.connection.Connection, address: str) -> None:
    """Runs in the other process until the run closes the pipe, or dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the run, and the run tells us
    if address:
        os.environ["MLFLOW_TRACKING_URI"] = address
    scribe = _Scribe()
    while True:
        try:
            what, arguments, answer = pipe.recv()
        except (EOFError, ConnectionError):
            scribe.abandon()
            return
        try:
            value = getattr(scribe, what)(*arguments)
        except InputError as error:
            pipe.send(("error", error))
        except Exception:  # noqa: BLE001 (the run raises it, with this traceback)
            pipe.send(("error", traceback.format_exc()))
        else:
            if answer:
                pipe.send(("answer", value))


class _Scribe:
    """What the other process can do; it connects when it is first asked something."""

    def __init__(self) -> None:
        self._connected: Any = None
        self._tracker: Any = None

    def connect(self) -> None:
        """Imports MLflow and connects to the tracking server."""
        from sentiment_pipelines import tracker

        self._connected = tracker.connect()

    @property
    def _client(self) -> Any:
        if self._connected is None:
            self.connect()
        return self._connected

    def champion(self, folder: Path) -> Any:
        """Writes the champion artifact and returns what is known of it."""
        from sentiment_pipelines import champion

        return champion.resolve(self._client, folder)

    def close_dead(self, run: str) -> None:
        """Closes a killed run."""
        from sentiment_pipelines import tracker

        tracker.close_dead(self._client, run)

    def begin(self, run: str, parameters: Mapping[str, Any], tags: Mapping[str, str]) -> str:
        """Opens a run in MLflow and returns its id."""
        from sentiment_pipelines import tracker

        self._tracker = tracker.Tracker(self._client, run, parameters, tags)
        return str(self._tracker.id)

    def finished(self, record: TaskRecord) -> None:
        """Writes a finished task."""
        self._tracker.finished(record)

    def close(self, status: str, outcome: str) -> None:
        """Ends the run."""
        self._tracker.close(status, outcome)
        self._tracker = None

    def abandon(self) -> None:
        """Ends a run that nobody will end any more."""
        if self._tracker is not None:
            self._tracker.close("KILLED", "killed")


@contextlib.contextmanager
def recording(address: str = "") -> Iterator[Recorder]:
    """Starts the process that writes to MLflow, and ends it with whatever it has open.

    Args:
        address: Of the tracking server; empty for the one that the environment names.
    """
    recorder = Recorder(address)
    try:
        yield recorder
    finally:
        recorder.stop()

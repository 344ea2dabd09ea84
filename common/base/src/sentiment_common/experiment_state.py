"""Which variants of an experiment have been stopped, by a guardrail or by a person, and why.

The service, the command that promotes and the analysis share one small file, beside the file of the
experiment or in a folder that can be written where that one cannot::

    {"experiment": "encoder-1", "stopped": {"challenger": {"time": "2026-11-23T10:00:00Z",
     "by": "guardrail", "reason": "error_rate 0.31 of 420, most 0.02"}}}

It belongs to one name of an experiment: a new name starts afresh.
"""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sentiment_common.errors import InputError

GUARDRAIL = "guardrail"
"""Who stops a variant that breaks its bounds."""


@dataclass(frozen=True)
class Stop:
    """A variant's end.

    Attributes:
        time: When, ISO 8601 in UTC, to the millisecond.
        by: Who: ``guardrail``, or a person.
        reason: Why, in one line.
    """

    time: str
    by: str
    reason: str


@dataclass(frozen=True)
class State:
    """What has been stopped.

    Attributes:
        experiment: Name of the experiment.
        stopped: By variant.
    """

    experiment: str
    stopped: Mapping[str, Stop] = field(default_factory=dict)


def state_path(experiment_file: Path, folder: Path | None = None) -> Path:
    """Returns where the state of an experiment lies: beside its file, or in another folder."""
    return (folder or experiment_file.parent) / f"{experiment_file.name}.state.json"


def read_state(path: Path, experiment: str) -> State:
    """Returns the state of an experiment; without a file, or with another's, nothing is stopped.

    Args:
        path: What ``state_path`` returns.
        experiment: Name of the experiment.

    Raises:
        InputError: The file cannot be read or is none.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        stopped = {str(name): Stop(**stop) for name, stop in content["stopped"].items()}
        found = State(content["experiment"], stopped)
    except FileNotFoundError:
        return State(experiment)
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=str(path)) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(
            "no state of an experiment", where=str(path), mend="delete or restore it"
        ) from error
    return found if found.experiment == experiment else State(experiment)


def stop_time() -> str:
    """Returns the present moment, as fine as the request log's, which stops are compared with."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def stop_variant(path: Path, experiment: str, variant: str, by: str, reason: str) -> State:
    """Stops a variant for good; one that is stopped keeps its first reason.

    Several processes may do so at once.

    Args:
        path: What ``state_path`` returns.
        experiment: Name of the experiment.
        variant: The variant.
        by: Who stops it.
        reason: Why, in one line.

    Returns:
        The state after it.

    Raises:
        InputError: The state cannot be read or written.
    """
    try:
        with _locked(path):
            state = read_state(path, experiment)
            if variant in state.stopped:
                return state
            stop = Stop(stop_time(), by, " ".join(reason.split()))
            state = State(experiment, {**state.stopped, variant: stop})
            _write(path, state)
    except OSError as error:
        raise InputError(
            f"the state of the experiment cannot be written ({error.strerror})", where=str(path)
        ) from error
    return state


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    # The file itself is replaced, and whoever waited for its lock would hold that of the old one.
    descriptor = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write(path: Path, state: State) -> None:
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("w", encoding="utf-8") as stream:
        json.dump(asdict(state), stream, ensure_ascii=False, indent=2)
        stream.write("\n")
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(path)

"""What is done to make something, as plain data, and the one runner of it.

A step says what it is, how to tell that it is done already, and the commands that do it. Whatever
is stopped in the middle is found by the next run: a step that had begun and not ended is undone
first, if it says how.
"""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentiment_common.errors import InputError

PERIOD = 3.0
"""Seconds between two looks at what is waited for."""
LOOK = 60.0
"""Seconds that a program which only looks may take."""
STUCK = (
    "ImagePullBackOff", "ErrImagePull", "InvalidImageName", "CreateContainerConfigError",
    "no room",
)  # fmt: skip
"""What keeps a pod from getting ready and does not pass by itself, or seldom."""
PATIENCE = 180.0
"""Seconds that it may nevertheless last: a registry may be busy."""


@dataclass(frozen=True)
class Command:
    """A program to run.

    Attributes:
        arguments: Its name and arguments.
        seconds: How long it may take.
        given: What it reads.
        expected: Word that its output must have, for a look that tells more than an exit code.
    """

    arguments: tuple[str, ...]
    seconds: float = LOOK
    given: str = ""
    expected: str = ""


@dataclass(frozen=True)
class Ready:
    """A wait until deployments have the pods they want, of their latest version.

    Attributes:
        namespace: Of which.
        context: Of kubeconfig.
        seconds: How long to wait.
        deployment: The one that is waited for; empty: all there are.
    """

    namespace: str
    context: str
    seconds: float
    deployment: str = ""


@dataclass(frozen=True)
class Fault:
    """What a program complains of, what that means, and the remedy.

    Attributes:
        said: Part of what it wrote.
        what: What that means.
        mend: What helps.
    """

    said: str
    what: str
    mend: str


@dataclass(frozen=True)
class Step:
    """A part of what is to be made.

    Attributes:
        name: A word for it.
        words: What is being done, for people.
        done: Looks that all succeed if there is nothing to do; empty: it is done each time.
        resumed: Commands that may be enough, tried first; a failure of theirs is none.
        commands: What does it, in order.
        undone: Takes away what a stop in the middle may have left.
        faults: What its programs may complain of.
    """

    name: str
    words: str
    commands: tuple[Command | Ready, ...]
    done: tuple[Command, ...] = ()
    resumed: tuple[Command, ...] = ()
    undone: tuple[Command, ...] = ()
    faults: tuple[Fault, ...] = ()


Tell = Callable[[str], None]


@dataclass(frozen=True)
class Runner:
    """Runs steps.

    Attributes:
        marks: Folder with a file for each step that has begun and not ended.
        tell: Is called with what is waited for, a few words at a time.
    """

    marks: Path
    tell: Tell

    def run(self, step: Step) -> bool:
        """Does a step, unless it is done.

        Returns:
            Whether anything was done.

        Raises:
            InputError: A command of it failed or took too long.
        """
        mark = self.marks / step.name
        if mark.exists():
            for remedy in step.undone:
                _checked(step, remedy)
        elif step.done and self.is_done(step):
            return False
        if step.resumed and all(map(_succeeds, step.resumed)) and self.is_done(step):
            return True
        self.marks.mkdir(parents=True, exist_ok=True)
        mark.touch()
        for command in step.commands:
            if isinstance(command, Ready):
                wait(command, step, self.tell)
            else:
                _checked(step, command)
        mark.unlink()
        return True

    def is_done(self, step: Step) -> bool:
        """Tells whether a step, which says how that is seen, is done."""
        return all(_succeeds(command) for command in step.done)


def looked(command: Command) -> str | None:
    """Returns what a program that only looks has printed; None if it failed or is not there."""
    try:
        told = execute(command)
    except (subprocess.TimeoutExpired, FileNotFoundError):
        return None
    return None if told.returncode else told.stdout


def _succeeds(command: Command) -> bool:
    told = looked(command)
    return told is not None and command.expected in told


def _checked(step: Step, command: Command) -> None:
    shown = " ".join(Path(command.arguments[0]).name.split() + list(command.arguments[1:3]))
    try:
        told = execute(command)
    except FileNotFoundError as error:
        raise InputError(f"{command.arguments[0]} is not installed", where=step.name) from error
    except subprocess.TimeoutExpired:
        raise InputError(
            f"`{shown}` was not done after {command.seconds:.0f} s", where=step.name,
            mend="the same command goes on from here; is the network slow?",
        ) from None  # fmt: skip
    if told.returncode:
        raise fault(step, shown, told.stderr + told.stdout)


def fault(step: Step, shown: str, said: str) -> InputError:
    """Returns the one line for a command that failed.

    Args:
        step: Whose command.
        shown: The command, shortened.
        said: What it wrote.
    """
    for known in step.faults:
        if known.said.lower() in said.lower():
            return InputError(known.what, where=step.name, mend=known.mend)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith(("error", "err"))]
    reason = (errors or lines or ["no reason given"])[-1]
    return InputError(f"`{shown}` failed: {reason}", where=step.name)


def execute(command: Command) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end; what it has started ends with it, in time or not.

    Raises:
        subprocess.TimeoutExpired: It took longer than it may.
        FileNotFoundError: There is no such program.
    """
    with subprocess.Popen(
        command.arguments,
        stdin=subprocess.PIPE if command.given else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            output, errors = process.communicate(command.given or None, timeout=command.seconds)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    return subprocess.CompletedProcess(command.arguments, process.returncode, output, errors)


def wait(ready: Ready, step: Step, tell: Tell) -> None:
    """Waits until the deployments of a namespace are ready, and says what is waited for.

    Raises:
        InputError: They were not in time; says which, and what keeps the first.
    """
    begin = well = time.monotonic()
    while True:
        count, waits = missing(ready)
        if count and not waits:
            return
        reasons = dict(_reasons(ready))
        named = [f"{name}: {_reason(name, reasons)}" for name in waits]
        words = f"{count - len(waits)} of {count} ready"
        tell(f"{words}, waits for {named[0]}" if named else "waits for the first deployment")
        stuck = [it for it in named if it.partition(": ")[2].startswith(STUCK)]
        now = time.monotonic()
        well = well if stuck else now
        if now - begin > ready.seconds or now - well > PATIENCE:
            raise InputError(
                f"{words} after {now - begin:.0f} s; waits for "
                + ("; ".join((stuck or named)[:3]) or "all"),
                where=step.name,
                mend="the same command goes on waiting; see "
                f"`kubectl --context {ready.context} --namespace {ready.namespace} get pods`",
            )
        time.sleep(min(PERIOD, ready.seconds))


def _ask(ready: Ready, what: str) -> list[dict[str, Any]]:
    """Returns the objects of a kind; none while the API is busy."""
    told = Command(
        ("kubectl", "--context", ready.context, "--namespace", ready.namespace, "get", what,
         "--output", "json")
    )  # fmt: skip
    try:
        items: list[dict[str, Any]] = json.loads(looked(told) or "")["items"]
    except (ValueError, KeyError):
        return []
    return items


def missing(ready: Ready) -> tuple[int, list[str]]:
    """Returns how many deployments are looked at, and the names of those that are not ready."""
    found = [
        it for it in _ask(ready, "deployments") if ready.deployment in ("", it["metadata"]["name"])
    ]
    return len(found), [it["metadata"]["name"] for it in found if not _is_rolled_out(it)]


def _is_rolled_out(deployment: dict[str, Any]) -> bool:
    """Whether all pods are of the latest version and ready, as `kubectl rollout status` judges."""
    status, wanted = deployment.get("status", {}), deployment["spec"].get("replicas", 1)
    if status.get("observedGeneration", 0) < deployment["metadata"].get("generation", 0):
        return False
    fresh = status.get("updatedReplicas", 0)
    return bool(
        fresh >= wanted
        and status.get("replicas", 0) <= fresh
        and status.get("availableReplicas", 0) >= fresh
    )


def _reasons(ready: Ready) -> Iterator[tuple[str, str]]:
    """Yields the name of each pod that waits, and why."""
    for pod in _ask(ready, "pods"):
        yield from ((pod["metadata"]["name"], reason) for reason in _waits(pod.get("status", {})))


def _waits(status: dict[str, Any]) -> Iterator[str]:
    for condition in status.get("conditions", ()):
        if condition.get("reason") == "Unschedulable":
            yield f"no room: {condition.get('message', '')}"
    statuses = (*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ()))
    for container in statuses:
        state = container.get("state", {})
        told = state.get("waiting") or state.get("terminated") or {}
        if (reason := told.get("reason", "")) and reason != "Completed":
            said = f": {told['message']}" if told.get("message") else ""
            yield f"{reason}{said}"


def _reason(deployment: str, reasons: dict[str, str]) -> str:
    """Returns why a deployment is not ready: its pods are called by it."""
    own = (why for pod, why in reasons.items() if pod.startswith(f"{deployment}-"))
    return next(own, "starts")

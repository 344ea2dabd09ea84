"""Waits for a run in the cluster: tells of each task, and gives up what cannot become anything."""

import datetime
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sentiment_common.errors import InputError
from sentiment_pipelines.backends.kubeflow import advice, pods, states
from sentiment_pipelines.backends.kubeflow.advice import Fault
from sentiment_pipelines.backends.kubeflow.client import Kubeflow
from sentiment_pipelines.backends.kubeflow.faults import UnreachableError
from sentiment_pipelines.backends.kubeflow.pods import Pods, Trouble
from sentiment_pipelines.backends.kubeflow.settings import Environment
from sentiment_pipelines.backends.kubeflow.states import State


class Observer(Protocol):
    """Is told what happens in a run of which several tasks are under way at once."""

    def running(self, states: Sequence[State]) -> None:
        """These tasks run now."""

    def ended(self, state: State) -> None:
        """A task has come to its end."""

    def note(self, line: str) -> None:
        """Something else is worth a line."""


@dataclass(frozen=True)
class Patience:
    """For how long, in seconds, something may stay as it is.

    Attributes:
        between: From one look at the run to the next.
        pods: From one look at its pods to the next.
        stuck: A pod whose image or settings are wrong; a registry may have had a bad moment.
        place: A pod that fits no node; a cluster may be adding one.
        silence: An API that answered before.
    """

    between: float = 3.0
    pods: float = 10.0
    stuck: float = 30.0
    place: float = 600.0
    silence: float = 300.0


@dataclass
class Watch:
    """Waits for one run.

    Attributes:
        kubeflow: Knows the run.
        look: Looks at the run's pods; None where Kubernetes cannot be asked.
        environment: The cluster.
        tasks: Names of the pipeline's tasks.
        observer: Is told.
        patience: For how long something may stay as it is.
    """

    kubeflow: Kubeflow
    look: Pods | None
    environment: Environment
    tasks: Sequence[str]
    observer: Observer
    patience: Patience = field(default_factory=Patience)
    _told: set[str] = field(default_factory=set)
    _since: dict[tuple[str, str], float] = field(default_factory=dict)
    _looked: float = 0.0

    def follow(self, run: str) -> "Ended":
        """Waits until a run has ended, or is kept from it by what only a person can mend.

        Raises:
            InputError: The API does not answer any more, or does not let us in.
        """
        while True:
            seen = self._patiently(lambda: self.kubeflow.run(run))
            now = datetime.datetime.now(datetime.UTC)
            tasks = states.read(seen, self.tasks, now)
            self._tell(tasks)
            if seen.state in states.OVER:
                return self._ended(run, seen, tasks)
            if stuck := self._stuck(run):
                self._patiently(lambda: self.kubeflow.terminate(run))
                return Ended(seen, tasks, stuck)
            time.sleep(self.patience.between)

    def _tell(self, tasks: Sequence[State]) -> None:
        for task in tasks:
            if task.state in states.ENDED and task.name not in self._told:
                self._told.add(task.name)
                self.observer.ended(task)
        self.observer.running([task for task in tasks if task.state == states.RUNNING])

    def _patiently(self, ask: Callable[[], Any]) -> Any:
        """Asks again for a while if the API that answered before does not any more."""
        begin = time.monotonic()
        while True:
            try:
                return ask()
            except UnreachableError as error:
                if time.monotonic() - begin > self.patience.silence:
                    raise
                if (line := str(error)) not in self._told:
                    self._told.add(line)
                    self.observer.note(f"{line}; the run goes on, trying again")
                time.sleep(self.patience.between)

    def _stuck(self, run: str) -> Fault | None:
        """Returns what keeps a pod from beginning for too long."""
        now = time.monotonic()
        if self.look is None or now - self._looked < self.patience.pods:
            return None
        self._looked = now
        waiting = [it for it in self._troubles(run) if not it.ended]
        self._since = {(it.pod, it.kind): self._since.get((it.pod, it.kind), now) for it in waiting}
        for trouble in waiting:
            lasted = now - self._since[trouble.pod, trouble.kind]
            if lasted >= self.patience.stuck and trouble.kind != pods.PLACE:
                return advice.fault(trouble, self.environment)
            if lasted >= self.patience.place:
                return advice.fault(trouble, self.environment)
            if trouble.kind == pods.PLACE and trouble.pod not in self._told:
                self._told.add(trouble.pod)
                self.observer.note(advice.fault(trouble, self.environment).line)
        return None

    def _troubles(self, run: str) -> list[Trouble]:
        if self.look is None:
            return []
        try:
            return self.look.troubles(run)
        except InputError as error:
            self.observer.note(f"{error}: a missing image shows in Kubeflow's interface alone")
            self.look = None
            return []

    def _ended(self, run: str, seen: Any, tasks: Sequence[State]) -> "Ended":
        """Returns what a run has come to, and why it failed if it has."""
        if seen.state == "CANCELED":
            return Ended(seen, tasks, Fault("the run was terminated", advice.EXIT_BUG))
        if seen.state != "FAILED":
            return Ended(seen, tasks, None)
        found = {it.task: it for it in self._troubles(run) if it.ended}
        failed = [task.name for task in tasks if task.state == states.FAILED]
        for name in failed:
            if (trouble := found.get(name)) and self.look is not None:
                log = self.look.log(trouble.pod)
                return Ended(seen, tasks, advice.fault(trouble, self.environment, log), name, log)
        what = f"{failed[0]} failed" if failed else "the run failed"
        said = f" ({seen.error.message})" if seen.error and seen.error.message else ""
        line = f"{what}{said}; see {self.kubeflow.link(run)}"
        return Ended(seen, tasks, Fault(line, advice.EXIT_BUG))


@dataclass(frozen=True)
class Ended:
    """A run that has ended, or was given up.

    Attributes:
        run: The API's last word, a ``V2beta1Run``.
        tasks: What each task has come to.
        fault: Why it failed; None if it went through.
        failed: The task that did; empty if it is not known.
        log: The last lines that it wrote.
    """

    run: Any
    tasks: Sequence[State]
    fault: Fault | None
    failed: str = ""
    log: Sequence[str] = ()

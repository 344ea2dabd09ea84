"""The experiment that is under way: its file and its stops, followed while requests go on."""

import logging
import os
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from sentiment_common.errors import InputError
from sentiment_common.experiment import Experiment, Variant, read_experiment
from sentiment_common.experiment_state import (
    GUARDRAIL,
    State,
    Stop,
    read_state,
    state_path,
    stop_time,
    stop_variant,
)
from sentiment_serving.experiments.figures import VariantMetrics
from sentiment_serving.settings import Settings

logger = logging.getLogger(__name__)
Version = tuple[int, ...]


class LiveExperiment:
    """What the file says now, less the variants that are stopped.

    Args:
        file: The experiment's file.
        state: Where its stops are kept.
        served: Names of the served models.
        metrics: Where to tell what happened.

    Raises:
        InputError: The file or its state cannot be used, or a variant's model is not served.
    """

    def __init__(
        self, file: Path, state: Path, served: Collection[str], metrics: VariantMetrics
    ) -> None:
        self._file, self._path, self._served, self._metrics = file, state, served, metrics
        # Looked at before it is read: what changes meanwhile is then read again.
        self._read_from, self._state_from = _version(file), _version(state)
        self.experiment = read_served(file, served)
        self._kept, self._unkept = read_state(state, self.experiment.name), State("")
        self._trouble = ""
        self._tell_stops()

    def assign(self, caller: str) -> Variant | None:
        """Returns the variant that answers a caller; None while the experiment does not run."""
        now = datetime.now(UTC)
        if not self.experiment.running(now):
            return None
        return self.experiment.assign(caller, now, self.stopped)

    @property
    def shadows(self) -> list[Variant]:
        """The shadows that are not stopped."""
        return [
            variant
            for variant in self.experiment.variants
            if variant.shadow and not self.is_stopped(variant.name)
        ]

    def is_stopped(self, variant: str) -> bool:
        """Whether a variant was stopped, by a guardrail, a command or in the file."""
        return variant in self.stopped or variant in self.experiment.stopped

    def look(self) -> None:
        """Takes over what has changed; a file that cannot be used changes nothing."""
        self._look_at_file()
        self._look_at_state()

    def stop(self, variant: str, reason: str) -> None:
        """Stops a variant for a guardrail; in this process even if that cannot be written."""
        name = self.experiment.name
        logger.error("stopped variant %s of %s: %s", variant, name, reason)
        try:
            self._kept = stop_variant(self._path, name, variant, GUARDRAIL, reason)
        except InputError as error:
            logger.error("no other process and no restart will know of it: %s", error)
            unkept = self._unkept.stopped if self._unkept.experiment == name else {}
            self._unkept = State(name, {**unkept, variant: Stop(stop_time(), GUARDRAIL, reason)})
        self._tell_stops()

    def _look_at_file(self) -> None:
        version = _version(self._file)
        if version == self._read_from:
            return
        self._read_from = version
        try:
            fresh = read_served(self._file, self._served)
        except InputError as error:
            self._metrics.changed("refused")
            logger.error("the experiment stays as it was: %s", error)
            return
        self._kept = self._stops_of(fresh.name)
        for variant in self.experiment.variants:  # an alert on a stop ends with its experiment
            self._metrics.stopped(self.experiment.name, variant.name, now=False)
        self.experiment = fresh
        self._metrics.changed("accepted")
        weights = fresh.weights(datetime.now(UTC))
        logger.info("the experiment is now %s with the weights %s", fresh.name, weights)
        self._tell_stops()

    def _look_at_state(self) -> None:
        version = _version(self._path)
        if version == self._state_from:
            return
        self._state_from = version
        fresh, before = self._stops_of(self.experiment.name), self._kept.stopped
        for name in sorted(set(fresh.stopped) - set(before)):
            stop = fresh.stopped[name]
            logger.warning("variant %s was stopped by %s: %s", name, stop.by, stop.reason)
        for name in sorted(set(before) - set(fresh.stopped)):
            logger.warning("variant %s is no longer stopped", name)
        self._kept = fresh
        self._tell_stops()

    def _stops_of(self, experiment: str) -> State:
        """Returns what is stopped in an experiment; while its file is damaged, what was."""
        try:
            return read_state(self._path, experiment)
        except InputError as error:
            # A person who edits the experiment meanwhile, to end it perhaps, is not held up.
            logger.error("stopped variants stay as they were: %s", error)
            return self._kept if self._kept.experiment == experiment else State(experiment)

    def _tell_stops(self) -> None:
        unkept = self._unkept.stopped if self._unkept.experiment == self.experiment.name else {}
        self.stopped = frozenset(self._kept.stopped) | frozenset(unkept)
        for variant in self.experiment.variants:
            self._metrics.stopped(
                self.experiment.name, variant.name, now=self.is_stopped(variant.name)
            )


def read_served(file: Path, served: Collection[str]) -> Experiment:
    """Reads an experiment, all models of which are served.

    Raises:
        InputError: It cannot be used.
    """
    experiment = read_experiment(file)
    for variant in experiment.variants:
        if variant.model not in served:
            raise InputError(
                f"variant {variant.name} has the model {variant.model}, which is not served",
                where=str(file), mend=f"give --also {variant.model}=MODEL",
            )  # fmt: skip
    return experiment


def state_of(settings: Settings) -> Path:
    """Returns where stops are kept: where the settings say, else beside the file.

    Where nothing can be written beside the file, it is in the folder of the request log.
    """
    file = Path(settings.experiment)
    if settings.experiment_state:
        folder = Path(settings.experiment_state)
    elif os.access(file.parent, os.W_OK) or not settings.request_log:
        folder = file.parent
    else:
        folder = Path(settings.request_log)
    return state_path(file, folder)


def check_experiment(settings: Settings, served: Collection[str]) -> None:
    """Makes sure that an experiment can be run, if there is one.

    Raises:
        InputError: It cannot.
    """
    if not settings.experiment:
        return
    experiment, state = read_served(Path(settings.experiment), served), state_of(settings)
    try:
        state.parent.mkdir(parents=True, exist_ok=True)
        writable = os.access(state.parent, os.W_OK)
    except OSError:
        writable = False
    if not writable:
        raise InputError(
            "stops of the experiment could not be kept here", where=str(state.parent),
            mend="give --experiment-state DIR",
        )  # fmt: skip
    read_state(state, experiment.name)


def _version(file: Path) -> Version:
    try:
        status = file.stat()
    except OSError:
        return ()
    # Unlike its modification, its last change is also new when it was allowed to be read.
    return status.st_ctime_ns, status.st_size, status.st_ino

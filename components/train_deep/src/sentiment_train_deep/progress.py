"""What training changes from epoch to epoch, so that it can be kept and taken up again exactly."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from sentiment_common.code import stage_digest
from sentiment_common.tracking import TrackingLog
from sentiment_train_deep.checkpoints import Checkpoint
from sentiment_train_deep.network import Network

STATE, BEST = "state/", "best/"
PINS = ("tensorflow-cpu", "keras", "numpy")


@dataclass(frozen=True)
class Epoch:
    """Figures after one pass over the rows to fit; losses are weighted cross-entropies.

    Without validation rows there are no figures of these.
    """

    loss: float
    validation_loss: float | None = None
    validation_macro_f1: float | None = None

    def figures(self) -> dict[str, float]:
        """Returns the figures there are, by name."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def best_epoch(history: Sequence[Epoch]) -> int:
    """Returns the position of the lowest validation loss, the first of equals; else the last."""
    losses = [epoch.validation_loss for epoch in history if epoch.validation_loss is not None]
    return int(np.argmin(losses)) if losses else len(history) - 1


class Progress:
    """A training between two epochs.

    Args:
        network: The network, which training changes in place.
        optimizer: Its optimizer, built.
        random: Orders the rows.
        tracking: Receives the figures of each epoch.
        name: Stands before the names of these figures.

    Attributes:
        history: The figures of the epochs so far.
    """

    def __init__(
        self,
        network: Network,
        optimizer: keras.optimizers.Optimizer,
        random: np.random.Generator,
        tracking: TrackingLog,
        name: str = "",
    ) -> None:
        self.network, self.random, self.tracking, self.name = network, random, tracking, name
        self.history: list[Epoch] = []
        self._weights = {weight.path: weight for weight in network.weights}
        self._variables = _changing(network, optimizer)
        self._best = _values(self._weights)

    def add(self, epoch: Epoch) -> None:
        """Records an epoch, and its weights if it is the best so far."""
        self.history.append(epoch)
        self.tracking.metrics(self._named(epoch.figures()), step=len(self.history))
        if best_epoch(self.history) == len(self.history) - 1:
            self._best = _values(self._weights)

    def ended(self, epochs: int, patience: int) -> bool:
        """Tells whether all epochs are done, or too many since the best one."""
        done = len(self.history)
        return done == epochs or (done > 0 and done - 1 - best_epoch(self.history) >= patience)

    def take_best(self) -> None:
        """Gives the network the weights of the best epoch."""
        _assign(self._weights, self._best)

    def checkpoint(self) -> Checkpoint:
        """Returns everything that ``restore`` needs to go on exactly as if nothing had happened."""
        state = {STATE + name: value for name, value in _values(self._variables).items()}
        best = {BEST + path: value for path, value in self._best.items()}
        facts = {
            "history": [asdict(epoch) for epoch in self.history],
            "random": self.random.bit_generator.state,
            "tracking": self.tracking.events,
        }
        return Checkpoint(len(self.history), {**state, **best}, facts)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Takes up the progress of a checkpoint of the same work."""
        _assign(self._variables, _below(STATE, checkpoint.arrays))
        self._best = _below(BEST, checkpoint.arrays)
        self.history = [Epoch(**figures) for figures in checkpoint.facts["history"]]
        self.random.bit_generator.state = checkpoint.facts["random"]
        self.tracking.events[:] = checkpoint.facts["tracking"]
        told = self._named({"continued_after_epoch": checkpoint.epoch})
        self.tracking.metrics(told, step=checkpoint.epoch)

    def work(self, settings: Mapping[str, Any], data: Sequence[NDArray[Any]]) -> str:
        """Returns a digest of the work that lies ahead: a checkpoint belongs to this work alone.

        Args:
            settings: How to train.
            data: What to train on.
        """
        start = _values(self._variables)
        pins = {package: version(package) for package in PINS}
        code = stage_digest("sentiment-train-deep")
        facts = [code, pins, dict(settings), self.random.bit_generator.state, list(start)]
        digested = hashlib.sha256(json.dumps(facts).encode())
        for array in [*start.values(), *data]:
            digested.update(f"{array.dtype} {array.shape}".encode())
            digested.update(array.tobytes())
        return digested.hexdigest()

    def _named(self, figures: Mapping[str, float]) -> dict[str, float]:
        prefix = self.name.replace(" ", "_") + "_" if self.name else ""
        return {prefix + name: value for name, value in figures.items()}


def state(network: Network, optimizer: keras.optimizers.Optimizer) -> dict[str, NDArray[Any]]:
    """Returns everything that training changes in a network and its optimizer, by name."""
    return _values(_changing(network, optimizer))


def restore_state(
    network: Network, optimizer: keras.optimizers.Optimizer, values: Mapping[str, NDArray[Any]]
) -> None:
    """Sets everything that training changes to what ``state`` returned."""
    _assign(_changing(network, optimizer), values)


def _changing(network: Network, optimizer: keras.optimizers.Optimizer) -> dict[str, keras.Variable]:
    return {
        **{f"weights/{weight.path}": weight for weight in network.weights},
        **{f"dropout/{name}": seed for name, seed in network.dropout_seeds.items()},
        **{variable.path: variable for variable in optimizer.variables},
    }


def _values(variables: Mapping[str, keras.Variable]) -> dict[str, NDArray[Any]]:
    return {name: np.asarray(variable.numpy()) for name, variable in variables.items()}


def _assign(variables: Mapping[str, keras.Variable], values: Mapping[str, NDArray[Any]]) -> None:
    for name, variable in variables.items():
        variable.assign(values[name])


def _below(prefix: str, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }

"""The options of a training, checked before anything heavy is imported."""

from dataclasses import dataclass

from sentiment_common.errors import InputError


@dataclass(frozen=True)
class Settings:
    """How a model is trained; the options of the command line.

    Attributes:
        embeddings: Name of the packaged vectors, or path or URI of a file.
        units: Units of the LSTM in each direction.
        dropout: Share of embedding channels and of pooled features left out in training.
        learning_rate: Learning rate of Adam.
        batch_size: Rows of a training step.
        epochs: Most passes over the train split.
        patience: Epochs without a better validation loss before training stops.
        max_length: Tokens of a text that are read.
        class_weight: ``balanced`` or ``none``.
        seed: Seed of weights, dropout and the order of rows.
    """

    embeddings: str
    units: int
    dropout: float
    learning_rate: float
    batch_size: int
    epochs: int
    patience: int
    max_length: int
    class_weight: str
    seed: int


def checked(settings: Settings) -> Settings:
    """Returns the settings if each is in its range.

    Raises:
        InputError: One is not.
    """
    for name in ("units", "batch_size", "epochs", "patience", "max_length"):
        if getattr(settings, name) < 1:
            _refuse(settings, name, "1 or more")
    if not 0 <= settings.dropout < 1:
        _refuse(settings, "dropout", "0 or more and less than 1")
    if not 0 < settings.learning_rate <= 1:
        _refuse(settings, "learning_rate", "more than 0 and at most 1")
    if not 0 <= settings.seed < 2**32:
        _refuse(settings, "seed", "0 or more and less than 2**32")
    return settings


def _refuse(settings: Settings, name: str, limits: str) -> None:
    raise InputError(
        f"{getattr(settings, name)} is out of range",
        where="--" + name.replace("_", "-"),
        mend=f"give {limits}",
    )

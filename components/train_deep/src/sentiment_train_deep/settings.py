"""The options of a training, checked before anything heavy is imported."""

from dataclasses import dataclass

from sentiment_common.errors import InputError


@dataclass(frozen=True)
class Settings:
    """How a model is trained; the options of the command line.

    Attributes:
        architecture: ``lstm`` or ``transformer``.
        embeddings: ``random``, ``word2vec``, name of the packaged vectors, or path or URI of a
            file.
        lexicon: ``auto``, ``none``, or path of a file.
        units: Units of an LSTM in each direction, or of the Transformer.
        layers: LSTMs or Transformer blocks on top of each other.
        dropout: Share of channels and of pooled features left out in training.
        learning_rate: Learning rate of Adam.
        label_smoothing: Share of each target that is spread over all labels.
        rating_weight: Weight of the ratings' squared error in the loss.
        batch_size: Rows of a training step.
        epochs: Most passes over the train split.
        patience: Epochs without a better validation loss before training stops.
        max_length: Tokens of a text that are read.
        class_weight: ``balanced`` or ``none``.
        search_trials: Trials of a random search; 0 takes the settings as they are.
        cross_fit_folds: Folds of the train split; 0 for none.
        seed: Seed of weights, dropout, trials, folds and the order of rows.
    """

    architecture: str
    embeddings: str
    lexicon: str
    units: int
    layers: int
    dropout: float
    learning_rate: float
    label_smoothing: float
    rating_weight: float
    batch_size: int
    epochs: int
    patience: int
    max_length: int
    class_weight: str
    search_trials: int
    cross_fit_folds: int
    seed: int


def checked(settings: Settings) -> Settings:
    """Returns the settings if each is in its range.

    Raises:
        InputError: One is not.
    """
    for name in ("units", "layers", "batch_size", "epochs", "patience", "max_length"):
        if getattr(settings, name) < 1:
            _refuse(settings, name, "1 or more")
    for name in ("dropout", "label_smoothing"):
        if not 0 <= getattr(settings, name) < 1:
            _refuse(settings, name, "0 or more and less than 1")
    if not 0 <= settings.rating_weight <= 100:
        _refuse(settings, "rating_weight", "0 to 100")
    if not 0 < settings.learning_rate <= 1:
        _refuse(settings, "learning_rate", "more than 0 and at most 1")
    if settings.search_trials < 0:
        _refuse(settings, "search_trials", "0 or more")
    if settings.cross_fit_folds < 0 or settings.cross_fit_folds == 1:
        _refuse(settings, "cross_fit_folds", "2 or more, or 0 for none")
    if not 0 <= settings.seed < 2**32:
        _refuse(settings, "seed", "0 or more and less than 2**32")
    return settings


def _refuse(settings: Settings, name: str, limits: str) -> None:
    raise InputError(
        f"{getattr(settings, name)} is out of range",
        where="--" + name.replace("_", "-"),
        mend=f"give {limits}",
    )

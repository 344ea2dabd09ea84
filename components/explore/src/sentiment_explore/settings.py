"""What an exploration can be told."""

from dataclasses import dataclass
from types import SimpleNamespace

from sentiment_common.errors import InputError

LEAST = {"top_terms": 1, "sample_rows": 100, "folds": 2, "seed": 0}


@dataclass(frozen=True)
class Settings:
    """The options of the stage.

    Attributes:
        top_terms: At most so many terms of a label.
        sample_rows: At most so many rows have their terms compared and their labels doubted.
        folds: How many models doubt labels.
        seed: Seed of the sample and of the folds.
    """

    top_terms: int = 20
    sample_rows: int = 60_000
    folds: int = 5
    seed: int = 13


def from_options(options: SimpleNamespace) -> Settings:
    """Checks the options of the command line.

    Raises:
        InputError: A number is too small.
    """
    values = {name: getattr(options, name) for name in LEAST}
    for name, least in LEAST.items():
        if values[name] < least:
            raise InputError(
                f"{values[name]} is too small",
                where=f"--{name.replace('_', '-')}",
                mend=f"give {least} or more",
            )
    return Settings(**values)

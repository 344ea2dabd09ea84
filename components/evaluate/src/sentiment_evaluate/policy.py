"""The policy: what the gate asks of a candidate, read from TOML, and who may overrule it."""

import os.path
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from sentiment_common.errors import InputError

AUTO, OPTION = "auto", "--policy"
LEAST_ROWS = 100
"""No slice of fewer rows decides: its figures say too little."""


@dataclass(frozen=True)
class Number:
    """A setting that is a number within bounds, both included."""

    low: float
    high: float
    whole: bool = False

    @property
    def wanted(self) -> str:
        """What the setting takes, in words."""
        kind = "a whole number" if self.whole else "a number"
        return f"{kind} from {self.low:g} to {self.high:g}"

    def read(self, value: Any) -> Any:
        """Returns the value in the setting's own type, None if it is none of the setting's."""
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not self.low <= value <= self.high or (self.whole and value % 1):
            return None
        return int(value) if self.whole else float(value)


@dataclass(frozen=True)
class Choice:
    """A setting that is one of a few words."""

    words: tuple[str, ...]

    @property
    def wanted(self) -> str:
        """What the setting takes, in words."""
        return " or ".join(self.words)

    def read(self, value: Any) -> Any:
        """Returns the word, None if it is none of the setting's."""
        return value if value in self.words else None


@dataclass(frozen=True)
class Pattern:
    """A setting that is a pattern of names, as file names have them; empty for none."""

    @property
    def wanted(self) -> str:
        """What the setting takes, in words."""
        return 'a pattern of names, e.g. "traffic/*"'

    def read(self, value: Any) -> Any:
        """Returns the pattern, None if it is no text."""
        return value if isinstance(value, str) else None


@dataclass(frozen=True)
class ByName:
    """A setting that is a table of numbers by names that only the data know."""

    number: Number

    @property
    def wanted(self) -> str:
        """What the setting takes, in words."""
        return f"a table of names, each with {self.number.wanted}"

    def read(self, value: Any) -> Any:
        """Returns the table, None if one of its values is no number within bounds."""
        if not isinstance(value, Mapping):
            return None
        read = {name: self.number.read(item) for name, item in value.items()}
        return None if None in read.values() else read


SHARE = Number(0, 1)
SETTINGS: Mapping[str, Mapping[str, Number | Choice | Pattern | ByName]] = {
    "floors": dict.fromkeys(
        ("macro_f1", "accuracy", "negative_recall", "neutral_recall", "positive_recall"), SHARE
    ),
    "comparison": {
        "test": Choice(("bootstrap", "mcnemar")),
        "on": Pattern(),
        "most_loss": SHARE,
        "confidence": Number(0.5, 0.9999),
        "samples": Number(100, 1_000_000, whole=True),
    },
    "slices": {
        "least_rows": Number(LEAST_ROWS, 1e9, whole=True),
        "correction": Choice(("holm", "bonferroni")),
    },
    "calibration": {"most": SHARE, "margin": SHARE},
    "behaviour": {"most": SHARE, "most_of": ByName(SHARE)},
    "out_of_domain": {"least_rows": Number(LEAST_ROWS, 1e9, whole=True)},
    "costs": {"single_ms_p95": Number(0, 1e6), "megabytes": Number(0, 1e6)},
    "selection": {"least_gain": SHARE},
}


@dataclass(frozen=True)
class Comparison:
    """How the champion has to be beaten.

    Attributes:
        test: ``bootstrap`` or ``mcnemar``.
        on: Pattern of the sources on whose rows; empty for all.
        most_loss: Where not all rows decide, most loss of macro-F1 on the others.
        confidence: Of every interval.
        samples: Resamples behind one.
    """

    test: str
    on: str
    most_loss: float
    confidence: float
    samples: int

    @property
    def level(self) -> float:
        """Most probability of an error to one side, e.g. 0.025."""
        return (1 - self.confidence) / 2


@dataclass(frozen=True)
class Slices:
    """Which slices count, and how looking at many of them is corrected for."""

    least_rows: int
    correction: str


@dataclass(frozen=True)
class Calibration:
    """Most expected calibration error, alone and beyond the champion's."""

    most: float
    margin: float


@dataclass(frozen=True)
class Behaviour:
    """Most share of failed cases, of every capability and of single ones by name."""

    most: float
    most_of: Mapping[str, float]


@dataclass(frozen=True)
class OutOfDomain:
    """Which other sources count."""

    least_rows: int


@dataclass(frozen=True)
class Costs:
    """The budget of one model."""

    single_ms_p95: float
    megabytes: float


@dataclass(frozen=True)
class Selection:
    """By how much the best candidate has to lead a smaller one."""

    least_gain: float


@dataclass(frozen=True)
class Policy:
    """Everything the gate asks, see ``policies/default.toml``."""

    floors: Mapping[str, float]
    comparison: Comparison
    slices: Slices
    calibration: Calibration
    behaviour: Behaviour
    out_of_domain: OutOfDomain
    costs: Costs
    selection: Selection

    def as_json(self) -> dict[str, Any]:
        """Returns every setting by section."""
        return asdict(self)


def read(wanted: str) -> Policy:
    """Returns the policy that an option value stands for.

    Args:
        wanted: ``auto`` for the shipped one, the path of a TOML file, or TOML itself; what it says
            takes the place of what the shipped one says there.

    Raises:
        InputError: There is no such file, it is no TOML, or it says what no rule understands.
    """
    shipped = tomllib.loads(
        (files(__package__) / "policies" / "default.toml").read_text(encoding="utf-8")
    )
    return _policy(shipped, {} if wanted == AUTO else _given(wanted))


def _given(wanted: str) -> dict[str, Any]:
    # Other than Path.is_file it takes a text that is too long for a name for no file.
    inline = "=" in wanted and not os.path.isfile(wanted)  # noqa: PTH113
    where = OPTION if inline else f"{OPTION} {wanted}"
    try:
        return tomllib.loads(wanted if inline else Path(wanted).read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"no TOML ({error})", where=where) from error
    except UnicodeDecodeError as error:
        raise InputError(f"no text file ({error.reason})", where=where) from error
    except (OSError, ValueError) as error:  # a path that cannot be one is a ValueError
        raise InputError(
            f"no such policy ({getattr(error, 'strerror', error)})", where=where,
            mend=f'give {AUTO}, the path of a TOML file, or TOML: "floors.macro_f1=0.6"',
        ) from error  # fmt: skip


def _policy(shipped: Mapping[str, Any], given: Mapping[str, Any]) -> Policy:
    _check_names(given, SETTINGS, "section", OPTION)
    values: dict[str, dict[str, Any]] = {}
    for section, settings in SETTINGS.items():
        own = given.get(section, {})
        if not isinstance(own, Mapping):
            raise InputError(f"{section} is no section", where=OPTION, mend=_listed(settings))
        _check_names(own, settings, "setting", f"{OPTION}, [{section}]")
        values[section] = {}
        for name, setting in settings.items():
            value = setting.read(own.get(name, shipped[section][name]))
            if value is None:
                raise InputError(
                    f"{name} is {own[name]!r}", where=f"{OPTION}, [{section}]",
                    mend=f"it takes {setting.wanted}",
                )  # fmt: skip
            values[section][name] = value
    return Policy(
        values["floors"], Comparison(**values["comparison"]), Slices(**values["slices"]),
        Calibration(**values["calibration"]), Behaviour(**values["behaviour"]),
        OutOfDomain(**values["out_of_domain"]), Costs(**values["costs"]),
        Selection(**values["selection"]),
    )  # fmt: skip


def _check_names(given: Iterable[str], known: Iterable[str], what: str, where: str) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise InputError(f"no {what} {unknown[0]!r}", where=where, mend=_listed(known))


def _listed(names: Iterable[str]) -> str:
    return f"it has {', '.join(names)}"


@dataclass(frozen=True)
class Force:
    """Somebody who promotes a candidate that a rule refuses, and why."""

    by: str
    reason: str


def read_force(said: str) -> Force | None:
    """Returns who overrules the gate and why; None where nobody does.

    Args:
        said: ``WHO: WHY``, or nothing.

    Raises:
        InputError: It does not say who, or not why.
    """
    if not said:
        return None
    by, _, reason = (" ".join(part.split()) for part in said.partition(":"))
    if not by or not reason:
        raise InputError(
            "it must say who promotes the candidate, and why", where="--force",
            mend='write --force "WHO: WHY"',
        )  # fmt: skip
    return Force(by, reason)

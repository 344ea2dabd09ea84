"""The policy: from which effect on something is said, how surely, and what should follow.

The default policy is a commented file of this package; it says which names there are, and what each
must be. A user's file need only say what differs.
"""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from sentiment_common.errors import InputError

AUTO = "auto"
FOLLOW = ("retrain", "look", "label")
"""What can be asked to follow a finding."""


@dataclass(frozen=True)
class Policy:
    """What the decision goes by; see ``policies/default.toml`` for what each figure means.

    Attributes:
        name: ``default`` or the name of the user's file.
        text: The user's file as it was read; the default's for ``default``.
        settings: The default's settings with the user's in their place.
    """

    name: str
    text: str
    settings: Mapping[str, Any]

    def number(self, name: str) -> float:
        """Returns a figure of the whole, e.g. ``level``."""
        return float(self.settings[name])

    def count(self, name: str) -> int:
        """Returns a number of the whole, e.g. ``min_rows``."""
        return int(self.settings[name])

    def table(self, name: str) -> Mapping[str, Any]:
        """Returns a table, e.g. ``quality``."""
        return dict(self.settings[name])

    def thresholds(self, name: str) -> tuple[float, float]:
        """Returns from which effects on a finding is worth a look, and worth acting on."""
        table = self.settings[self._kind(name)]
        return float(table["watch"]), float(table["act"])

    def follow(self, name: str) -> str:
        """Returns what should follow a finding that is worth acting on."""
        return str(self.settings["follow"][self._kind(name)])

    def _kind(self, name: str) -> str:
        """Returns the table of a finding: ``score_positive`` has that of ``score``."""
        return name if name in self.settings else name.partition("_")[0]


def choose(wanted: str) -> Policy:
    """Returns the policy that an option's value stands for.

    Args:
        wanted: ``auto``, the path of a TOML file, or TOML itself (``min_rows = 50``).

    Raises:
        InputError: There is no such file, or it says what the default policy does not know.
    """
    default = (files("sentiment_monitor") / "policies" / "default.toml").read_text("utf-8")
    if wanted == AUTO:
        return Policy("default", default, tomllib.loads(default))
    if "=" in wanted:
        return parse("option", wanted, tomllib.loads(default))
    path = Path(wanted)
    try:
        return parse(path.name, path.read_text("utf-8"), tomllib.loads(default))
    except FileNotFoundError as error:
        raise InputError(
            "no such policy", where=f"--policy {wanted}",
            mend=f"give {AUTO}, the path of a TOML file, or TOML such as 'min_rows = 50'",
        ) from error  # fmt: skip
    except (UnicodeDecodeError, IsADirectoryError) as error:
        raise InputError("no text file", where=f"--policy {wanted}") from error


def parse(name: str, text: str, default: Mapping[str, Any]) -> Policy:
    """Parses a policy.

    Args:
        name: What errors call it.
        text: The TOML.
        default: The settings that it changes.

    Raises:
        InputError: It is no TOML, or says what the default does not know.
    """
    where = f"policy {name}"
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"no TOML ({error})", where=where) from error
    settings = _merged(given, default, where)
    for table, said in settings.items():
        if isinstance(said, Mapping) and said.get("watch", 0) > said.get("act", math.inf):
            raise InputError("watch lies above act", where=f"{where}, [{table}]")
    if not 0 < settings["level"] < 1:
        raise InputError("level does not lie between 0 and 1", where=where)
    return Policy(name, text, settings)


def _merged(given: Mapping[str, Any], default: Mapping[str, Any], where: str) -> dict[str, Any]:
    merged = dict(default)
    for name, value in given.items():
        if name not in default:
            raise InputError(
                f"there is no {name!r}", where=where, mend=f"there are {', '.join(default)}"
            )
        if isinstance(default[name], Mapping):
            if not isinstance(value, Mapping):
                raise InputError("no table of settings", where=where, mend=f"write [{name}]")
            merged[name] = _merged(value, default[name], f"{where}, [{name}]")
        else:
            merged[name] = _fitting(name, value, default[name], where)
    return merged


def _fitting(name: str, value: Any, default: Any, where: str) -> Any:
    if isinstance(default, str):
        if value not in FOLLOW:
            raise InputError(
                f"{value!r} cannot follow", where=f"{where}, {name}",
                mend=f"choose from {', '.join(FOLLOW)}",
            )  # fmt: skip
        return value
    whole = isinstance(default, int) and not isinstance(default, bool)
    kinds = int if whole else int | float
    least = 1 if whole else 0
    if not isinstance(value, kinds) or isinstance(value, bool) or not least <= value < math.inf:
        kind = "whole number from 1 on" if whole else "number from 0 on"
        raise InputError(f"{name} is {value!r}, no {kind}", where=where)
    return value

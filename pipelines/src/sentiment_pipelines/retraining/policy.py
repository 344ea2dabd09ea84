"""The policy: what a retraining is begun by, and what must hold before it is.

The default policy is a commented file of this package; it says which names there are, and what each
must be. A user's file need only say what differs.
"""

import hashlib
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from sentiment_common.errors import InputError

AUTO = "auto"
DIRECT, TRIAL = "direct", "trial"
SHARES = ("replay", "most_of_one", "least_agreement", "weight")
"""Settings that are shares of something: no more than 1."""
POSITIVE = ("most_of_one", "failures", "per_week", "weight")
FREE = ("run", "steps", "guardrails", "analysis")
"""Settings whose content is checked by those whose words it is in."""
NAME = 12
"""Characters of a policy's digest that tell it from others."""


@dataclass(frozen=True)
class Policy:
    """What a decision goes by; see ``policies/default.toml`` for what each figure means.

    Attributes:
        name: ``default``, or the name of the user's file and the beginning of its digest.
        settings: The default's settings with the user's in their place.
    """

    name: str
    settings: Mapping[str, Any]

    def limit(self, name: str) -> float:
        """Returns a figure of ``[limits]``."""
        return float(self.settings["limits"][name])

    def trigger(self, name: str) -> float:
        """Returns a setting of ``[triggers]``; a switch is 0 or 1."""
        return float(self.settings["triggers"][name])

    def rows(self, name: str) -> float:
        """Returns a figure of ``[rows]``."""
        return float(self.settings["rows"][name])

    @property
    def replay(self) -> float:
        """Share of the champion's training rows that is trained on again."""
        return float(self.settings["replay"])

    @property
    def trial(self) -> Mapping[str, Any] | None:
        """The settings of a trial; None if challengers become champions without one."""
        return self.settings["trial"] if self.settings["promotion"] == TRIAL else None

    @property
    def run(self) -> Mapping[str, Any]:
        """Parameters of the training pipeline that are set otherwise."""
        return dict(self.settings["run"])


def choose(wanted: str) -> Policy:
    """Returns the policy that an option's value stands for.

    Args:
        wanted: ``auto``, the path of a TOML file, or TOML itself (``limits.per_week = 1``).

    Raises:
        InputError: There is no such file, or it says what the default policy does not know.
    """
    default = (files("sentiment_pipelines.retraining") / "policies" / "default.toml").read_text()
    if wanted == AUTO:
        return Policy("default", tomllib.loads(default))
    if "=" in wanted:
        return parse("option", wanted, tomllib.loads(default))
    path = Path(wanted)
    try:
        return parse(path.name, path.read_text("utf-8"), tomllib.loads(default))
    except FileNotFoundError as error:
        raise InputError(
            "no such policy", where=f"--policy {wanted}",
            mend=f"give {AUTO}, the path of a TOML file, or TOML such as 'limits.per_week = 1'",
        ) from error  # fmt: skip
    except (UnicodeDecodeError, IsADirectoryError, PermissionError) as error:
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
    except (ValueError, RecursionError) as error:
        raise InputError(f"no TOML ({error})", where=where) from error
    settings = _merged(given, default, where)
    if settings["promotion"] not in (DIRECT, TRIAL):
        raise InputError(
            f"promotion is {settings['promotion']!r}", where=where, mend=f"say {DIRECT} or {TRIAL}"
        )
    digest = hashlib.sha256(text.encode()).hexdigest()[:NAME]
    return Policy(f"{name} ({digest})", settings)


def _merged(given: Mapping[str, Any], default: Mapping[str, Any], where: str) -> dict[str, Any]:
    merged = dict(default)
    for name, value in given.items():
        if name not in default:
            raise InputError(
                f"there is no {name!r}", where=where, mend=f"there are {', '.join(default)}"
            )
        if not isinstance(value, type(default[name])) and isinstance(default[name], dict | list):
            raise InputError(f"{name} is {value!r}", where=where, mend="see the default policy")
        if isinstance(default[name], Mapping) and name not in FREE:
            merged[name] = _merged(value, default[name], f"{where}, [{name}]")
        elif name in FREE:
            merged[name] = {**default[name], **value} if name == "analysis" else value
        else:
            merged[name] = _fitting(name, value, default[name], where)
    return merged


def _fitting(name: str, value: Any, default: Any, where: str) -> Any:
    """Returns a value of the default's type: a switch, a text, a share, or a number from 0 on."""
    if isinstance(default, bool | str):
        if type(value) is not type(default):
            kind = "text" if isinstance(default, str) else "true or false"
            raise InputError(f"{name} is {value!r}, not {kind}", where=where)
        return value
    whole = isinstance(default, int) and not name.endswith(("_hours", "_minutes", "days"))
    kinds = int if whole else int | float
    most = 1.0 if name in SHARES else math.inf
    if (
        not isinstance(value, kinds) or isinstance(value, bool)
        or not 0 <= value <= most or value == math.inf or (name in POSITIVE and not value)
    ):  # fmt: skip
        kind = "share of 1" if most == 1 else f"{'whole ' if whole else ''}number from 0 on"
        raise InputError(f"{name} is {value!r}, no {kind}", where=where)
    return value

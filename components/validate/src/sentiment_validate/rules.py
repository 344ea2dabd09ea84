"""The rules that examples are judged by, and the file that says how far each may be strained.

What a column must look like stands in the TFDV schema; what no schema can say (leakage, balance,
how few rows are too few to compare) stands in a small TOML file beside it, with the severity of
every rule. Two such files are shipped, and a copy of one can be given with ``--rules``.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from sentiment_common.errors import InputError
from sentiment_validate.anomalies import SEVERITIES, Severity
from sentiment_validate.schema import AUTO, CURATED, INLINE, is_file

DEFAULTS = "feedback"
"""Whose settings a user's file need not repeat."""


@dataclass(frozen=True)
class Rule:
    """One thing that can be wrong with examples.

    Attributes:
        name: What ``--accept`` and the file of rules call it.
        finds: What it finds, in a clause.
        severity: ``error`` or ``warning``, unless the file of rules says otherwise.
        remedy: What to do where it fires.
        settings: Its numbers in the file of rules; empty where the schema has its thresholds or
            nothing at all is tolerated.
    """

    name: str
    finds: str
    severity: Severity
    remedy: str
    settings: tuple[str, ...] = ()


RULES = (
    Rule(
        "missing_column", "a column of the schema is not there, or has no value", "error",
        "name the column when you ingest, or take it out of your schema",
    ),
    Rule(
        "unknown_column", "a column that nobody reads", "warning",
        "leave it out, or describe it in your schema",
    ),
    Rule(
        "wrong_type", "a column has values of another type, or of one that TFDV cannot read",
        "error", "mend the column in the source and ingest it again",
    ),
    Rule(
        "missing_value", "a row has no value in a column that needs one", "error",
        "fill it in or drop the row; where it may be missing, lower min_fraction in your schema",
    ),
    Rule(
        "unknown_value", "a label or source that the schema does not list", "error",
        "correct the value in the source, or add it to the column's domain in your schema",
    ),
    Rule(
        "out_of_range", "a number outside its bounds, or none at all (NaN, infinite)", "error",
        "correct the number, or state the true scale in your schema",
    ),
    Rule(
        "too_few_rows", "a split has fewer rows than the schema wants", "error",
        "gather more feedback, or give the split a larger share when you ingest",
    ),
    Rule(
        "empty_text", "texts without a character", "error",
        "drop these rows, or name the column that has the text",
    ),
    Rule(
        "text_length", "a text longer than the schema allows", "error",
        "look whether rows ran together (an unclosed quote does it), or raise the bound",
    ),
    Rule(
        "garbled_text", "texts garbled by a wrong character encoding, such as cafÃ©", "error",
        "export the source as UTF-8 again",
    ),
    Rule(
        "foreign_text", "texts in another language than English", "error",
        "keep other languages out: lexicon and lemmas are English",
    ),
    Rule(
        "repeated_text", "texts that an earlier row of the split has", "error",
        "drop the repetitions: they count one customer's words twice",
    ),
    Rule(
        "repeated_id", "an id that several rows have", "error",
        "give every row an id of its own, or let ingest make them",
    ),
    Rule(
        "shared_id", "an id in two splits", "error",
        "ingest everything at once, so that a row stands in one split",
    ),
    Rule(
        "shared_group", "a group in two splits", "error",
        "ingest everything at once: it keeps the groups of --group-column in one split",
    ),
    Rule(
        "shared_text", "a text in two splits", "error",
        "ingest everything at once: it drops repeated texts",
    ),
    Rule(
        "near_duplicate", "texts that nearly are a text of an earlier split", "error",
        "ingest with near-duplicates joined: scores on such texts flatter",
        ("similarity", "max_share"),
    ),
    Rule(
        "too_few_of_class", "a split has fewer rows of a class than can teach or measure", "error",
        "gather more feedback of that class", ("train", "validation", "test"),
    ),
    Rule(
        "class_imbalance", "the rarest class has too small a share of train", "warning",
        "gather more of it; look at its own scores, not at accuracy", ("min_share",),
    ),
    Rule(
        "skew", "a column of validation or test is distributed otherwise than in train", "warning",
        "look whether the split is random and stratified; scores on it are not scores on train's "
        "kind of data", ("min_rows",),
    ),
    Rule(
        "drift", "a column of train is distributed otherwise than in the earlier data", "warning",
        "look at what changed in the source; if the change is real, train anew on it",
        ("min_rows", "label_error"),
    ),
    Rule(
        "schema_violation", "anything else that TFDV finds against the schema", "error",
        "read what TFDV says, and mend the data or the schema",
    ),
)  # fmt: skip
BY_NAME: Mapping[str, Rule] = {rule.name: rule for rule in RULES}


@dataclass(frozen=True)
class Policy:
    """How far the rules may be strained.

    Attributes:
        name: ``default-corpus``, ``feedback``, the name of the user's file, or ``inline``.
        text: The file as it was read, with its comments.
        given: What the file says, by rule; the rest is as in ``feedback``.
        defaults: What the ``feedback`` file says, by rule.
    """

    name: str
    text: str
    given: Mapping[str, Mapping[str, Any]]
    defaults: Mapping[str, Mapping[str, Any]]

    def severity(self, rule: str) -> Severity:
        """Returns how bad it is if a rule fires."""
        return self._value(rule, "severity") or BY_NAME[rule].severity

    def setting(self, rule: str, name: str) -> float:
        """Returns one of a rule's numbers."""
        return float(self._value(rule, name))

    def _value(self, rule: str, name: str) -> Any:
        for said in (self.given, self.defaults):
            if name in said.get(rule, {}):
                return said[rule][name]
        return None


def choose(wanted: str, schema: str) -> Policy:
    """Returns the rules that an option value stands for.

    Args:
        wanted: ``auto``, the name of a shipped file, the path of a TOML file, or TOML. ``auto`` is
            the file of the schema's name where that is shipped, else ``feedback``.
        schema: Name of the schema that the examples are judged by.

    Raises:
        InputError: There is no such file, or it says what no rule understands.
    """
    name = wanted if wanted != AUTO else schema if schema in CURATED else DEFAULTS
    if name in CURATED:
        return parse(name, _shipped(name))
    path = Path(name)
    if not is_file(name):
        if "=" in name:
            return parse(INLINE, name)
        raise InputError(
            "no such file of rules",
            where=f"--rules {name}",
            mend=f"give {AUTO}, {', '.join(CURATED)}, the path of a TOML file or TOML",
        )
    try:
        return parse(path.name, path.read_text("utf-8"))
    except UnicodeDecodeError as error:
        raise InputError(f"no text file ({error.reason})", where=f"--rules {name}") from error


def _shipped(name: str) -> str:
    return (files("sentiment_validate") / "schemas" / f"{name}.rules.toml").read_text("utf-8")


def parse(name: str, text: str) -> Policy:
    """Parses a file of rules.

    Raises:
        InputError: It is no TOML, or names a rule, a setting or a severity that does not exist.
    """
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"no TOML ({error})", where=f"--rules {name}") from error
    for rule, said in given.items():
        _check(f"--rules {name}, [{rule}]", rule, said)
    return Policy(name, text, given, tomllib.loads(_shipped(DEFAULTS)))


def _check(where: str, rule: str, said: Any) -> None:
    _known(rule, where)
    if not isinstance(said, dict):
        raise InputError(
            "no table of settings", where=where, mend=f"write [{rule}] on its own line"
        )
    names = ("severity", *BY_NAME[rule].settings)
    for name, value in said.items():
        if name not in names:
            raise InputError(f"no setting {name!r}", where=where, mend=f"it has {', '.join(names)}")
        if name == "severity" and value not in SEVERITIES:
            raise InputError(
                f"no severity {value!r}", where=where, mend=f"give {' or '.join(SEVERITIES)}"
            )
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if name != "severity" and not (number and 0 <= value < float("inf")):
            raise InputError(f"{name} is {value!r}, not a number from 0 on", where=where)


def parse_accept(text: str) -> dict[str, str]:
    """Returns the reasons of an ``--accept`` option, by rule.

    Args:
        text: ``RULE=REASON``, several parted by ``;``, or a JSON object; empty for none.

    Raises:
        InputError: A rule does not exist, or has no reason.
    """
    where = "--accept"
    if text.lstrip().startswith("{"):
        try:
            pairs = json.loads(text)
        except ValueError as error:
            raise InputError(f"not JSON ({error})", where=where) from error
    else:
        parts = [part.partition("=") for part in text.split(";") if part.strip()]
        pairs = {name.strip(): reason for name, _, reason in parts}
    for name, reason in pairs.items():
        _known(name, where)
        if not isinstance(reason, str) or not reason.strip():
            raise InputError(
                f"no reason why {name} is accepted",
                where=where,
                mend=f'write "{name}=REASON", several parted by ";", or a JSON object',
            )
    return {name: reason.strip() for name, reason in pairs.items()}


def _known(rule: str, where: str) -> None:
    if rule not in BY_NAME:
        raise InputError(
            f"no rule {rule!r}", where=where, mend=f"the rules are {', '.join(BY_NAME)}"
        )

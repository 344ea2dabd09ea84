"""Chooses and reads the TFDV schema that examples are judged by.

Schemas are curated and committed, never inferred from the data they judge: an inferred schema
accepts the faults it was inferred from.
"""

import os.path
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from sentiment_common.errors import InputError

AUTO = "auto"
TRAINING, SERVING = "TRAINING", "SERVING"
"""Environments of the curated schemas: requests have no label, rating, source or group."""

CURATED = ("default-corpus", "feedback")
INLINE = "inline"
"""What a schema or a file of rules is called that was given as text and not by its path."""


@dataclass(frozen=True)
class NamedSchema:
    """A schema and where it is from.

    Attributes:
        name: ``default-corpus``, ``feedback``, the name of the user's file, or ``inline``.
        text: The protobuf text as it was read, with its comments.
        proto: The parsed schema.
    """

    name: str
    text: str
    proto: schema_pb2.Schema

    def domain(self, column: str) -> list[str]:
        """Returns the values a string column may have; empty where the schema names none."""
        for feature in self.proto.feature:
            if feature.name == column:
                named = {item.name: item for item in self.proto.string_domain}
                domain = named.get(feature.domain, feature.string_domain)
                return list(domain.value)
        return []

    def tolerance(self, column: str) -> float:
        """Returns the share of rows of a string column that may lie outside its domain."""
        for feature in self.proto.feature:
            if feature.name == column and feature.HasField("distribution_constraints"):
                return 1.0 - float(feature.distribution_constraints.min_domain_mass)
        return 0.0

    def bounds(self) -> dict[str, str]:
        """Returns what numbers a column may have, in words, by column."""
        said = {}
        for feature in self.proto.feature:
            for kind in ("int_domain", "float_domain"):
                if feature.HasField(kind):
                    said[feature.name] = _range(getattr(feature, kind))
        return said

    def comparators(self, rule: str) -> dict[str, float]:
        """Returns how far a column may lie from other data, by column.

        Args:
            rule: ``skew`` or ``drift``.
        """
        allowed = {}
        for feature in self.proto.feature:
            comparator = getattr(feature, f"{rule}_comparator")
            for _, measure in comparator.ListFields():
                allowed[feature.name] = float(measure.threshold)
        return allowed


def _range(domain: schema_pb2.IntDomain | schema_pb2.FloatDomain) -> str:
    low, high = (
        f"{getattr(domain, end):.15g}" if domain.HasField(end) else "" for end in ("min", "max")
    )
    if low and high:
        return f"{low} to {high}"
    return f"from {low}" if low else f"up to {high}" if high else "any finite number"


def choose(wanted: str, summary: Mapping[str, Any]) -> NamedSchema:
    """Returns the schema that an option value stands for.

    Args:
        wanted: ``auto``, the name of a curated schema, the path of a protobuf text file, or
            protobuf text. ``auto`` is ``default-corpus`` where the summary says that the examples
            are the default corpus, else ``feedback``.
        summary: The examples' ``summary.json``; empty if there is none.

    Raises:
        InputError: There is no such schema, it is no TFDV schema, or ``auto`` has no summary.
    """
    name = _automatic(summary) if wanted == AUTO else wanted
    if name in CURATED:
        text = (files("sentiment_validate") / "schemas" / f"{name}.pbtxt").read_text("utf-8")
        return parse(name, text)
    path = Path(name)
    if not is_file(name):
        if "{" in name:
            return parse(INLINE, name)
        raise InputError(
            "no such schema",
            where=f"--schema {name}",
            mend=f"give {AUTO}, {', '.join(CURATED)}, the path of a protobuf text file or the text",
        )
    try:
        return parse(path.name, path.read_text("utf-8"))
    except UnicodeDecodeError as error:
        raise InputError(f"no text file ({error.reason})", where=f"--schema {name}") from error


def is_file(wanted: str) -> bool:
    """Tells whether an option's value names a file of the user's."""
    # Other than Path.is_file it takes a text that is too long for a name for no file.
    return wanted not in (AUTO, *CURATED) and os.path.isfile(wanted)  # noqa: PTH113


def parse(name: str, text: str) -> NamedSchema:
    """Parses a schema.

    Raises:
        InputError: The text is no TFDV schema, or one without a column.
    """
    try:
        proto = text_format.Parse(text, schema_pb2.Schema())
    except text_format.ParseError as error:
        raise _no_schema(name, f"line:column {error}") from error
    if not proto.feature:
        raise _no_schema(name, "it names no column")
    return NamedSchema(name, text, proto)


def _no_schema(name: str, reason: str) -> InputError:
    return InputError(
        f"no TFDV schema ({reason})",
        where=f"--schema {name}",
        mend="start from the schema.pbtxt that an earlier run wrote",
    )


def _automatic(summary: Mapping[str, Any]) -> str:
    if "source" not in summary:
        raise InputError(
            "no summary.json says where the examples are from",
            where=f"--schema {AUTO}",
            mend=f"name the schema: {' or '.join(CURATED)}",
        )
    return "default-corpus" if summary["source"] == "default" else "feedback"

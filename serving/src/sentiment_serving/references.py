"""How a model is named: a folder, or an alias or version in a registry."""

import re
from dataclasses import dataclass
from pathlib import Path

from sentiment_common.errors import InputError

MODELS = "models:/"
REFERENCE = re.compile(r"models:/(?P<name>[^/@]+)(?:@(?P<alias>[^/@]+)|/(?P<version>[0-9]+))")
SLOT = re.compile(r"(?P<slot>[A-Za-z0-9._-]{1,64})=(?P<source>.+)")


@dataclass(frozen=True)
class Source:
    """Where a model comes from.

    Attributes:
        text: As it was given, without the slot's name.
        slot: Name that requests pick it by; empty for that of the model.
        name: Registered name; empty for a folder.
        alias: Alias in the registry, or empty.
        version: Version in the registry, or empty.
    """

    text: str
    slot: str = ""
    name: str = ""
    alias: str = ""
    version: str = ""

    @property
    def given(self) -> str:
        """It as ``parse`` reads it."""
        return f"{self.slot}={self.text}" if self.slot else self.text

    @property
    def registered(self) -> bool:
        """Whether it comes from a registry."""
        return bool(self.name)


def parse(text: str) -> Source:
    """Reads ``[SLOT=]FOLDER``, ``[SLOT=]models:/NAME@ALIAS`` or ``[SLOT=]models:/NAME/VERSION``.

    Raises:
        InputError: It begins like a registered model and does not go on like one.
    """
    named = SLOT.fullmatch(text)
    slot, source = (named["slot"], named["source"]) if named else ("", text)
    if not source.startswith(MODELS):
        return Source(str(Path(source).absolute()), slot)
    found = REFERENCE.fullmatch(source)
    if found is None:
        raise InputError(
            "neither a version nor an alias of a registered model", where=source,
            mend="give models:/NAME@ALIAS or models:/NAME/VERSION",
        )  # fmt: skip
    return Source(
        source, slot or found["name"], found["name"], found["alias"] or "", found["version"] or ""
    )

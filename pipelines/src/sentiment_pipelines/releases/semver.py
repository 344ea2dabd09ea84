"""Semantic versions (https://semver.org, version 2.0.0) and how far a change must raise one."""

import re
from enum import IntEnum
from typing import NamedTuple

PATTERN = re.compile(r"(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})")


class Part(IntEnum):
    """What of a version a change raises; the weightier, the greater."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3


class Version(NamedTuple):
    """A version, ordered as versions are."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> "Version":
        """Reads a version such as ``0.4.0``.

        Raises:
            ValueError: It is none; pre-releases and builds are not released here.
        """
        found = PATTERN.fullmatch(text)
        if not found:
            raise ValueError(f"{text!r} is no version such as 0.4.0")
        return cls(*map(int, found.groups()))

    def __str__(self) -> str:
        """Returns e.g. ``0.4.0``."""
        return ".".join(map(str, self))

    def raised(self, part: Part) -> "Version":
        """Returns the next version of a part."""
        return {
            Part.NONE: self,
            Part.PATCH: Version(self.major, self.minor, self.patch + 1),
            Part.MINOR: Version(self.major, self.minor + 1, 0),
            Part.MAJOR: Version(self.major + 1, 0, 0),
        }[part]

    def least_after(self, part: Part) -> "Version":
        """Returns the lowest version that may carry a change to what this one released.

        Below 1.0.0 anything may change (semver.org, 4): what breaks callers raises the minor part.
        """
        return self.raised(min(part, Part.MINOR) if self.major == 0 else part)

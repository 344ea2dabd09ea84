"""The form of every CHANGELOG.md: a title, then a heading a version, the newest first.

::

    # Changelog

    ## 0.5.0

    - What is new, for those who use it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sentiment_pipelines.releases.semver import Version

TITLE = "# Changelog"
HEADING = re.compile(r"^## (.*)$", re.MULTILINE)
CONTAINS = "- Contains "


@dataclass(frozen=True)
class Entry:
    """What a changelog says of a version: its heading's text and what stands below it."""

    heading: str
    body: str

    @property
    def version(self) -> Version | None:
        """The version; None if the heading is none."""
        try:
            return Version.parse(self.heading)
        except ValueError:
            return None


def entries(text: str) -> list[Entry]:
    """Returns the entries of a changelog in their order."""
    _, *parts = HEADING.split(text)
    return [
        Entry(heading.strip(), body.strip())
        for heading, body in zip(parts[::2], parts[1::2], strict=True)
    ]


def complaints(text: str, version: Version) -> list[str]:
    """Returns what is wrong with the changelog of a package of that version, in words."""
    found = entries(text)
    odd = [it.heading for it in found if it.version is None]
    empty = [it.heading for it in found if not it.body]
    versions = [it.version for it in found if it.version is not None]
    newest = max(versions, default=version)
    rules = (
        (not text.startswith(f"{TITLE}\n"), f"does not begin with {TITLE!r}"),
        (odd, f"has the heading {''.join(odd[:1])!r}, which is no version"),
        (version not in versions, f"has no heading '## {version}'"),
        (newest > version, f"is at {newest} already, the version is {version}"),
        (
            versions != sorted(set(versions), reverse=True),
            "has versions that do not fall from the newest to the oldest, each once",
        ),
        (empty, f"says nothing of {''.join(empty[:1])}"),
    )
    return [f"CHANGELOG.md {said}" for broken, said in rules if broken][:1]


def with_entry(text: str, version: Version, lines: Sequence[str], above: Version | None) -> str:
    """Returns a changelog that has an entry for the version to come, with these lines.

    An entry that is there already, under that version or a lower one that was not released, keeps
    what it says; a line on what the package contains takes the place of the former one.

    Args:
        text: The changelog.
        version: The version to come.
        lines: What to add.
        above: The last released version; None if there is none.
    """
    top = next(iter(entries(text)), None)
    unreleased = (
        top is not None and top.version is not None and (above is None or top.version > above)
    )
    if top is None or not unreleased:
        head, _, rest = text.partition("\n")
        body = "\n".join(lines)
        return f"{head or TITLE}\n\n## {version}\n\n{f'{body}{chr(10)}' if body else ''}{rest}"
    kept = top.body.split("\n") if top.body else []
    if any(line.startswith(CONTAINS) for line in lines):
        kept = [line for line in kept if not line.startswith(CONTAINS)]
    body = "\n".join([*kept, *(line for line in lines if line not in kept)])
    before, _, rest = text.partition(f"## {top.heading}")
    after = HEADING.search(rest)
    tail = rest[after.start() :] if after else ""
    return f"{before}## {version}\n\n{body}\n{chr(10) if tail else ''}{tail}"

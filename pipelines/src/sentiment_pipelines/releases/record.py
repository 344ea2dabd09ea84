"""``release.json``: what the last release of a package consisted of.

One entry a line, in order, so that a difference reads well and branches meet only where they
changed the same thing.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sentiment_common.errors import InputError
from sentiment_pipelines.releases import ports
from sentiment_pipelines.releases.interface import Interface, Port
from sentiment_pipelines.releases.packages import RECORD, Package
from sentiment_pipelines.releases.semver import Version

CONFLICT = re.compile(r"^(?:<{7}|={7}|>{7})(?: |$)", re.MULTILINE)


@dataclass(frozen=True)
class Record:
    """A release, in the words of ``packages.Package``."""

    version: Version
    content: Mapping[str, str]
    contains: Mapping[str, Version]
    interface: Interface


def of(package: Package) -> Record:
    """Returns the record of a package as it is now."""
    return Record(package.version, package.content, package.contains, package.interface)


def path(package: Package) -> Path:
    """Returns where a package's record lies."""
    return package.folder / RECORD


def read(package: Package) -> Record | None:
    """Reads the record of a package's last release; None if there was none.

    Raises:
        InputError: It is damaged, or two branches were merged and it was not settled what it says.
    """
    place = path(package)
    if not place.is_file():
        return None
    content = place.read_text(encoding="utf-8", errors="replace")
    mend = f"restore it: git checkout origin/main -- {place.name}, in that folder"
    if CONFLICT.search(content):
        raise InputError("signs of a merge conflict in it", where=str(place), mend=mend)
    try:
        return parsed(json.loads(content))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"no record of a release ({type(error).__name__}: {error})", where=str(place), mend=mend
        ) from error


def parsed(told: Mapping[str, Any]) -> Record:
    """Returns a record from its JSON.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: It is none.
    """
    version, contains = told["version"], told["contains"]
    digests = {str(name): str(digest) for name, digest in told["content"].items()}
    return Record(
        Version.parse(version), digests,
        {name: Version.parse(it) for name, it in contains.items()},
        ports.from_json(told["interface"]),
    )  # fmt: skip


def text(record: Record) -> str:
    """Returns a record as its file has it."""
    parts: dict[str, Mapping[str, Any]] = {
        "contains": {name: str(version) for name, version in record.contains.items()},
        "interface": {name: _told(port) for name, port in record.interface.items()},
        "content": record.content,
    }
    blocks = [f' "version": "{record.version}"']
    blocks += [f" {json.dumps(name)}: {_block(entries)}" for name, entries in parts.items()]
    return "{\n" + ",\n".join(blocks) + "\n}\n"


def _block(entries: Mapping[str, Any]) -> str:
    lines = [f"  {json.dumps(name)}: {json.dumps(entries[name])}" for name in sorted(entries)]
    return "{\n" + ",\n".join(lines) + "\n }" if lines else "{}"


def _told(port: Port) -> dict[str, Any]:
    """Returns the type of a port, and what else of it is not as usual."""
    usual = asdict(Port(""))
    found = asdict(port).items()
    return {name: value for name, value in found if name == "type" or value != usual[name]}

"""Whether every version says what its package has become since its last release."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sentiment_pipelines.releases import changelog, packages, record
from sentiment_pipelines.releases.interface import Change, changes, needed
from sentiment_pipelines.releases.packages import Package
from sentiment_pipelines.releases.record import Record
from sentiment_pipelines.releases.semver import Part, Version

SHOWN = 3


class State(StrEnum):
    """How a package stands to its last release."""

    RELEASED = "released"
    DUE = "due"
    REFUSED = "refused"


@dataclass(frozen=True)
class Difference:
    """What has become of a package since a release.

    Attributes:
        files: Paths of what was changed, added or removed.
        contained: What it contains in other versions, with the new one; None for what is gone.
        interface: What its callers can tell.
    """

    files: tuple[str, ...]
    contained: Mapping[str, Version | None]
    interface: tuple[Change, ...]

    @property
    def part(self) -> Part:
        """What it raises at least."""
        inside = Part.PATCH if self.files or self.contained else Part.NONE
        return max(inside, needed(self.interface))

    def __str__(self) -> str:
        """Returns it in words, shortened."""
        said = [_listed([change.text for change in self.interface])] if self.interface else []
        said += [_listed(list(self.files))] if self.files else []
        names = [f"{name} {version or 'not'}" for name, version in self.contained.items()]
        return "; ".join([*said, *([f"contains {_listed(names)}"] if names else [])])


@dataclass(frozen=True)
class Finding:
    """How a package stands.

    Attributes:
        package: The package.
        released: Its last release; None if there was none.
        difference: What has changed since; None without a release.
        complaints: Why it is refused, each in one line.
    """

    package: Package
    released: Record | None
    difference: Difference | None
    complaints: tuple[str, ...]

    @property
    def state(self) -> State:
        """How it stands."""
        if self.complaints:
            return State.REFUSED
        same = self.released is not None and self.released.version == self.package.version
        return State.RELEASED if same else State.DUE

    @property
    def least(self) -> Version:
        """The lowest version that what it is now may have."""
        if self.released is None or self.difference is None:
            return self.package.version
        return self.released.version.least_after(self.difference.part)


def examine(found: Mapping[str, Package]) -> dict[str, Finding]:
    """Holds every package against its record, by name.

    Raises:
        InputError: A record or changelog cannot be read.
    """
    return {name: _finding(package, found) for name, package in found.items()}


def _finding(package: Package, found: Mapping[str, Package]) -> Finding:
    released = record.read(package)
    difference = between(released, package) if released else None
    complaints = [*_versions(package, released, difference), *_stale(package, found)]
    path = package.folder / packages.CHANGELOG
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    complaints += changelog.complaints(text, package.version)
    return Finding(package, released, difference, tuple(complaints))


def between(released: Record, package: Package) -> Difference:
    """Returns what has become of a package since a release."""
    old, new = released.content, package.content
    files = [name for name in sorted({*old, *new}, key=_own) if old.get(name) != new.get(name)]
    contained = {
        name: package.contains.get(name)
        for name in sorted({*released.contains, *package.contains})
        if released.contains.get(name) != package.contains.get(name)
    }
    return Difference(
        tuple(files), contained, tuple(changes(released.interface, package.interface))
    )


def _own(name: str) -> tuple[bool, str]:
    """Orders a package's own files before those that it shares with others."""
    return name.startswith(".."), name


def _versions(
    package: Package, released: Record | None, difference: Difference | None
) -> Iterator[str]:
    if released is None or difference is None:
        return
    version, bump = package.version, f'make bump ROOMS={package.name} NOTE="..."'
    for name, contained in difference.contained.items():
        before = released.contains.get(name)
        if before is not None and contained is not None and contained < before:
            yield f"contains {name} {contained}, its last release had {before}"
    if version < released.version:
        yield f"{version} is lower than {released.version}, which is released; {bump}"
    elif difference.part and version == released.version:
        least = version.least_after(difference.part)
        yield f"changed under {version}, which is released: {difference}; at least {least}: {bump}"
    elif version < (least := released.version.least_after(difference.part)):
        why = _listed([it.text for it in difference.interface if it.part == difference.part])
        yield f"{version} after {released.version} is too low, at least {least}: {why}; {bump}"


def _stale(package: Package, found: Mapping[str, Package]) -> Iterator[str]:
    """Yields what else names a version of this repository and names the wrong one."""
    present = {it.title: it.version for it in found.values() if not it.is_chart}
    for path, title, version in packages.tags(package.folder):
        if version != present.get(title, version):
            where = path.relative_to(package.folder)
            yield f"{where} names {title}:{version}, the version is {present[title]}; make compile"
    for name, version in package.contains.items() if package.is_chart else ():
        if version != found[name].version:
            now = found[name].version
            yield f"appVersion {version} is not the version of {name}, {now}; set it to {now}"


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def read(root: Path) -> dict[str, Finding]:
    """Examines a tree."""
    return examine(packages.read(root))

"""Raises versions: of what was changed, and of all that contains it."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from sentiment_common.errors import InputError
from sentiment_pipelines.releases import changelog, packages
from sentiment_pipelines.releases.check import Difference, Finding, between
from sentiment_pipelines.releases.packages import Package
from sentiment_pipelines.releases.semver import Part, Version

PROJECT_VERSION = re.compile(r'^(version = ")[^"]*(")', re.MULTILINE)


@dataclass(frozen=True)
class Bump:
    """A package whose version rises, or whose unreleased version is told more of.

    Attributes:
        package: The package as it was.
        version: Its version from now on.
        why: What asks for it, in words.
        changelog: The new text of its CHANGELOG.md.
    """

    package: Package
    version: Version
    why: str
    changelog: str

    @property
    def silent(self) -> bool:
        """Whether the changelog says nothing of the version yet."""
        return not changelog.entries(self.changelog)[0].body


def plan(
    findings: Mapping[str, Finding], chosen: Collection[str], part: Part, note: str
) -> list[Bump]:
    """Returns what rises: what was chosen, and what contains it.

    A version rises once for a release, from the last released one, however often this is asked.

    Args:
        findings: All packages, what is contained before what contains it.
        chosen: Names of packages; all that have changed since their release if there are none.
        part: What rises at least in those that were chosen by name.
        note: For the changelogs of those that were chosen by name, or whose own files have changed;
            empty if theirs say it already.
    """
    asked = set(chosen) or {name for name, it in findings.items() if _has_changed(it)}
    risen: dict[str, Bump] = {}
    for name, finding in findings.items():
        versions = {it: bump.version for it, bump in risen.items()}
        if name not in asked and not versions.keys() & finding.package.contains.keys():
            continue
        least = part if name in chosen else Part.NONE
        own = name in chosen or (finding.difference is not None and finding.difference.files)
        if bump := _bump(finding, findings, versions, least, note if own else ""):
            risen[name] = bump
    return list(risen.values())


def _has_changed(finding: Finding) -> bool:
    return finding.difference is not None and finding.difference.part > Part.NONE


def _bump(
    finding: Finding,
    others: Mapping[str, Finding],
    risen: Mapping[str, Version],
    part: Part,
    note: str,
) -> Bump | None:
    package, released = finding.package, finding.released
    if released is None:
        return None  # its first release has the version that it has
    present = {name: risen.get(name, others[name].package.version) for name in package.contains}
    difference = between(released, replace(package, contains=present))
    version = released.version.least_after(difference.part)
    if part > Part.NONE:
        version = max(version, released.version.raised(part))
    path = package.folder / packages.CHANGELOG
    text = path.read_text(encoding="utf-8") if path.is_file() else f"{changelog.TITLE}\n"
    # Who has written a heading has said what the version is to be.
    headings = [it.version for it in changelog.entries(text) if it.version]
    version = max(version, package.version, *headings)
    if version == released.version:
        return None
    lines = list(_lines(difference, others, note))
    return Bump(
        package, version, str(difference) or "asked for",
        changelog.with_entry(text, version, lines, released.version),
    )  # fmt: skip


def _lines(difference: Difference, others: Mapping[str, Finding], note: str) -> Iterator[str]:
    if note:
        yield f"- {note}"
    contained = [
        f"{others[name].package.title} {version}"
        for name, version in difference.contained.items()
        if version
    ]
    if contained:
        yield f"{changelog.CONTAINS}{', '.join(contained)}."


def edits(bumps: Collection[Bump], all_: Collection[Package]) -> dict[Path, str]:
    """Returns the new text of each file that names a version which rises.

    Args:
        bumps: What rises.
        all_: All packages: whose compiled files may name an image of what rises.

    Raises:
        InputError: A file does not say its version where it is looked for.
    """
    images = {it.package.title: it.version for it in bumps if not it.package.is_chart}
    found: dict[Path, str] = {}
    for bump in bumps:
        package = bump.package
        text = package.versioned.read_text(encoding="utf-8")
        found[package.versioned] = _with_version(package, bump.version, images, text)
        found[package.folder / packages.CHANGELOG] = bump.changelog
    for path in {path for package in all_ for path, _, _ in packages.tags(package.folder)}:
        found[path] = packages.IMAGE.sub(
            lambda it: f"{it[1]}{it[2]}:{images.get(it[2], it[3])}",
            path.read_text(encoding="utf-8"),
        )
    return {path: text for path, text in found.items() if _text_of(path) != text}


def _with_version(
    package: Package, version: Version, images: Mapping[str, Version], text: str
) -> str:
    if package.is_chart:
        changed, count = packages.CHART_VERSION.subn(str(version), text, count=1)
        if package.contains and package.title in images:
            changed = packages.APP_VERSION.sub(f'"{images[package.title]}"', changed, count=1)
    else:
        changed, count = PROJECT_VERSION.subn(rf"\g<1>{version}\g<2>", text, count=1)
    if count != 1:
        raise InputError(
            "no line with the version", where=str(package.versioned), mend='write version = "0.1.0"'
        )
    return changed


def _text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""

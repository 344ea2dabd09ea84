"""``sentiment-pipelines releases``: versions of rooms and charts, from a change to a tag."""

import argparse
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sentiment_common.errors import InputError
from sentiment_pipelines.environments import ROOT

if TYPE_CHECKING:
    pass

EXIT_REFUSED = 2
PARTS = ("auto", "patch", "minor", "major")


def add(commands: Any) -> None:
    """Adds the command."""
    releases = commands.add_parser("releases", help="check and raise versions, release, tag")
    releases.add_argument("--root", type=Path, default=ROOT, help="of the tree (default: this one)")
    steps = releases.add_subparsers(metavar="STEP", required=True)
    check = steps.add_parser("check", help="refuse changed packages under released versions")
    check.set_defaults(command=_check)
    bump = steps.add_parser("bump", help="raise versions, and those of all that contains them")
    _rooms(bump, "all that have changed")
    bump.add_argument("--part", choices=PARTS, default="auto", help="(default: as it must be)")
    bump.add_argument("--note", default="", help="one line for their changelogs")
    bump.set_defaults(command=_bump)
    release = steps.add_parser("release", help="record what is due; once committed, tag it")
    _rooms(release, "all that are due")
    release.add_argument("--dry-run", action="store_true", help="say what would be done")
    release.add_argument(
        "--at", default="", metavar="REVISION", help="record what has no record as it was there"
    )
    release.set_defaults(command=_release)


def _rooms(parser: argparse.ArgumentParser, default: str) -> None:
    parser.add_argument("rooms", nargs="*", help=f"rooms and charts (default: {default})")


def _check(arguments: argparse.Namespace) -> int:
    from sentiment_pipelines.releases import check
    from sentiment_pipelines.releases.check import State

    found = check.read(arguments.root)
    for name, finding in found.items():
        for complaint in finding.complaints:
            print(f"{name}: {complaint}", file=sys.stderr)
    counts = {state: [name for name, it in found.items() if it.state is state] for state in State}
    print(", ".join(f"{len(names)} {state}" for state, names in counts.items() if names))
    if counts[State.DUE]:
        print(f"due for release: {', '.join(counts[State.DUE])}")
    if counts[State.REFUSED]:
        print("one command raises what has changed: make bump", file=sys.stderr)
    return EXIT_REFUSED if counts[State.REFUSED] else 0


def _bump(arguments: argparse.Namespace) -> int:
    from sentiment_pipelines.releases import bumping, check
    from sentiment_pipelines.releases.semver import Part

    part = Part.NONE if arguments.part == "auto" else Part[arguments.part.upper()]
    found = check.read(arguments.root)
    chosen = _known(arguments.rooms, found)
    bumps = bumping.plan(found, chosen, part, " ".join(arguments.note.split()))
    changed = bumping.edits(bumps, [it.package for it in found.values()])
    for path, text in changed.items():
        path.write_text(text, encoding="utf-8")
    for bump in bumps:
        package = bump.package
        if package.version != bump.version:
            print(f"{package.name} {package.version} → {bump.version}: {bump.why}")
        elif package.folder / "CHANGELOG.md" in changed:
            print(f"{package.name} {bump.version}, which is not released yet: {bump.why}")
        if bump.silent:
            print(f"  write under ## {bump.version} of its CHANGELOG.md what is new")
    print("next: make compile versions-check" if changed else "nothing rises")
    return 0


def _release(arguments: argparse.Namespace) -> int:
    from sentiment_pipelines.releases import check, publication, record

    if arguments.at:
        return _release_at(arguments)
    found = check.read(arguments.root)
    chosen = _known(arguments.rooms, found)
    would = "would " if arguments.dry_run else ""
    due = [it.package for it in publication.due(found, chosen)]
    publication.refuse_taken(arguments.root, due)
    for package in due:
        print(f"{would}record {package.name} {package.version}")
        if not arguments.dry_run:
            record.path(package).write_text(record.text(record.of(package)), encoding="utf-8")
    if due:
        print("next: commit it; then the same command again tags that commit")
        return 0
    untagged = publication.untagged(arguments.root, found, chosen)
    for package in untagged:
        print(f"{would}tag {package.tag}")
        if not arguments.dry_run:
            publication.tag(arguments.root, package)
    if not untagged:
        print("nothing is due: every version is recorded and tagged")
    elif not arguments.dry_run:
        print("next: git push --follow-tags")
    return 0


def _release_at(arguments: argparse.Namespace) -> int:
    from sentiment_pipelines.releases import packages, publication, record

    with publication.at(arguments.root, arguments.at) as tree:
        then = packages.read(tree)
        for name in _known(arguments.rooms, then) or then:
            folder = arguments.root / then[name].folder.relative_to(tree.resolve())
            path = folder / packages.RECORD
            if folder.is_dir() and not path.is_file():
                print(f"{'would ' if arguments.dry_run else ''}record {name} {then[name].version}")
                if not arguments.dry_run:
                    path.write_text(record.text(record.of(then[name])), encoding="utf-8")
    return 0


def _known(names: Collection[str], found: "Mapping[str, Any]") -> list[str]:
    unknown = [name for name in names if name not in found]
    if unknown:
        raise InputError(f"no room {unknown[0]!r}", mend=f"there are {', '.join(found)}")
    return list(names)

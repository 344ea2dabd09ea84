"""Writes what is released down, and names the commit that has it by tags."""

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sentiment_common.errors import InputError
from sentiment_pipelines import versions
from sentiment_pipelines.releases import changelog, packages, record
from sentiment_pipelines.releases.check import Finding, State
from sentiment_pipelines.releases.packages import Package


def due(findings: Mapping[str, Finding], chosen: Collection[str]) -> list[Finding]:
    """Returns what is to be released: of what was chosen, of all if nothing was.

    Raises:
        InputError: Something of it is refused, or contains what is not released and was not chosen.
    """
    wanted = [findings[name] for name in chosen or findings]
    _accepted(wanted)
    found = [it for it in wanted if it.state is State.DUE]
    names = {it.package.name for it in found}
    for finding in found:
        for inner in finding.package.contains:
            if inner not in names and findings[inner].state is not State.RELEASED:
                version = findings[inner].package.version
                raise InputError(
                    f"{finding.package.name} contains {inner} {version}, which is not released",
                    mend=f'make release ROOMS="{inner} {finding.package.name}"',
                )
    return found


def _accepted(wanted: Collection[Finding]) -> None:
    refused = [it for it in wanted if it.complaints]
    if refused:
        more = f", and {len(refused) - 1} more" if len(refused) > 1 else ""
        raise InputError(
            f"{refused[0].package.name}: {refused[0].complaints[0]}{more}",
            mend="see `make versions-check`",
        )


def refuse_taken(root: Path, packages_: Collection[Package]) -> None:
    """Refuses versions that a tag has already, where there is git; without it nobody can tell.

    Raises:
        InputError: A tag has one of them: it was released, here or by somebody else.
    """
    tags = set((versions.git(root, "tag", "--list") or "").split())
    for package in packages_:
        if package.tag in tags:
            raise InputError(
                f"the tag {package.tag} is there, and its release is not recorded here",
                mend="merge the branch that has it, or raise the version further",
            )


def untagged(root: Path, findings: Mapping[str, Finding], chosen: Collection[str]) -> list[Package]:
    """Returns the released packages whose version no tag names yet.

    Raises:
        InputError: This is no place to tag, or a tag names another content.
    """
    _complete(root)
    tags = set(git(root, "tag", "--list").split())
    wanted = [findings[name] for name in chosen or findings]
    _accepted(wanted)
    released = [it.package for it in wanted if it.state is State.RELEASED]
    for package in released:
        if package.tag in tags:
            _holds(root, package)
    return [package for package in released if package.tag not in tags]


def _complete(root: Path) -> None:
    if git(root, "rev-parse", "--is-shallow-repository").strip() == "true":
        raise InputError(
            "this clone is shallow and may lack tags", where=str(root),
            mend="git fetch --unshallow --tags",
        )  # fmt: skip
    changed = git(root, "status", "--porcelain").splitlines()
    if changed:
        raise InputError(
            f"{len(changed)} files are not committed, e.g. {changed[0][3:]}",
            mend="commit them: a tag names a commit",
        )


def _holds(root: Path, package: Package) -> None:
    """Refuses a tag under which another content was released."""
    path = record.path(package).relative_to(root.resolve()).as_posix()
    shown = subprocess.run(
        ["git", "-C", str(root), "show", f"{package.tag}:{path}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if shown.returncode or shown.stdout != record.path(package).read_text(encoding="utf-8"):
        raise InputError(
            f"the tag {package.tag} names another content than {path} has",
            mend=f"a released version stays what it is: make bump ROOMS={package.name}",
        )


def tag(root: Path, package: Package) -> None:
    """Names the commit that is checked out by a package's version, with its changelog's entry.

    Raises:
        InputError: git refuses.
    """
    text = (package.folder / packages.CHANGELOG).read_text(encoding="utf-8")
    said = next(it.body for it in changelog.entries(text) if it.version == package.version)
    message = f"{package.title} {package.version}\n\n{said}\n"
    git(root, "tag", "--annotate", "--cleanup=verbatim", "--message", message, package.tag)


def git(root: Path, *arguments: str) -> str:
    """Returns what git answers in a folder.

    Raises:
        InputError: It fails, or is not on this machine.
    """
    command = ["git", "-C", str(root), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise InputError("git is not installed here", mend="install it: tags are its") from error
    if done.returncode:
        reason = (done.stderr.strip().split("\n") or [""])[-1]
        raise InputError(f"git {arguments[0]}: {reason}", where=str(root))
    return done.stdout


@contextmanager
def at(root: Path, revision: str) -> Iterator[Path]:
    """Lends the tree of a commit.

    Raises:
        InputError: There is no such commit.
    """
    commit = git(root, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
    command = ["git", "-C", str(root), "archive", "--format=tar", commit.strip()]
    done = subprocess.run(command, capture_output=True, check=True)
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            archive.extractall(folder, filter="data")
        yield Path(folder)

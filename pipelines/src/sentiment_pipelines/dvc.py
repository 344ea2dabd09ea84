"""Keeps user data under DVC: the few steps that people need, by DVC's own command line.

DVC lies in an environment of its own, made when somebody first versions data. What is kept lies
below ``data/`` of the git repository one stands in; what a run was trained on is told by
``versions``, which needs no DVC.
"""

import configparser
import contextlib
import os
import shutil
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator, Sequence
from pathlib import Path

from sentiment_common.errors import InputError
from sentiment_pipelines import environments, versions
from sentiment_pipelines.environments import ROOT, Room
from sentiment_pipelines.versions import SUFFIX

ROOM = Room("pipelines-data", ROOT / "pipelines", "data")
FOLDER = "data"
REMOTE = "storage"
"""Name of the one remote."""


def repository() -> Path:
    """Returns the top of the git repository that the command runs in.

    Raises:
        InputError: It runs outside of one.
    """
    top = versions.top_of(Path.cwd())
    if top is None:
        raise InputError(
            "no git repository", where=str(Path.cwd()),
            mend="versions of data are kept by git: `git init`, and commit once",
        )  # fmt: skip
    return top


def tracked(top: Path) -> list[Path]:
    """Returns the ``.dvc`` files below ``data/``."""
    return sorted(it for it in (top / FOLDER).rglob(f"*{SUFFIX}") if it.is_file())


def add(top: Path, file: Path) -> Path:
    """Keeps a file or folder as it is now; one from elsewhere is copied below ``data/`` first.

    Args:
        top: The repository.
        file: The file or folder.

    Returns:
        Its ``.dvc`` file, which git is to keep.

    Raises:
        InputError: There is no such file, or what it would replace is kept nowhere.
    """
    if not file.exists():
        raise InputError("there is no such file", where=str(file))
    _prepare(top)
    target = versions.place_of(file)
    if not target.is_relative_to(top / FOLDER):
        target = top / FOLDER / file.name
        beside = target.with_name(f"{target.name}{SUFFIX}")
        if target.exists() and versions.md5(target) != versions.md5(file):
            _check_kept(beside)
        _copy(file, target)
    _dvc(top, "add", "--quiet", str(target))
    return target.with_name(f"{target.name}{SUFFIX}")


def push(top: Path, remote: str, endpoint: str) -> None:
    """Copies every version that is here to the remote.

    Args:
        top: The repository.
        remote: Address of the remote from now on, e.g. ``s3://bucket/reviews`` or a folder; empty
            for the one that is set.
        endpoint: Address of the S3 service, where it is not Amazon's; empty for that.

    Raises:
        InputError: The remote cannot be written, or none is set.
    """
    _prepare(top)
    if remote:
        _set_remote(top, remote, endpoint)
    # What older commits name as well: whoever goes back needs it.
    with _remote_for_all_commits(top):
        _dvc(top, "push", "--all-commits")


def pull(top: Path) -> None:
    """Fetches what the ``.dvc`` files name and puts it in its place.

    Raises:
        InputError: It is neither here nor on the remote, or would replace what is kept nowhere.
    """
    files = tracked(top)
    for file in files:
        _check_kept(file)
    _place(top, files)


def check_out(top: Path, revision: str, names: Sequence[Path]) -> list[Path]:
    """Puts data back as they were at a commit; all that ``data/`` had there if none are named.

    The ``.dvc`` files become those of that commit, and git sees them as changed.

    Args:
        top: The repository.
        revision: A commit, tag or branch.
        names: The files or folders.

    Returns:
        Their ``.dvc`` files.

    Raises:
        InputError: There is no such revision, it has no such data, their content is lost, or would
            replace what is kept nowhere.
    """
    files = list(_at(top, revision, names))
    before = {it: it.read_bytes() if it.is_file() else None for it in files}
    for file in files:
        _check_kept(file)
    listed = [str(it.relative_to(top)) for it in files]
    try:
        _git(top, "restore", "--source", revision, "--worktree", "--", *listed)
        _place(top, files)
    except InputError:
        for file, content in before.items():
            file.unlink(missing_ok=True) if content is None else file.write_bytes(content)
        raise
    return files


def _at(top: Path, revision: str, names: Sequence[Path]) -> Iterator[Path]:
    """Yields the ``.dvc`` files of a commit."""
    commit = versions.git(top, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if commit is None:
        raise InputError(
            f"{revision!r} is no commit, tag or branch here",
            mend="`sentiment-pipelines data` lists the commits that gave data a version",
        )
    told = versions.git(top, "ls-tree", "-r", "-z", "--name-only", commit.strip(), "--", FOLDER)
    known = [top / name for name in (told or "").split("\0") if name.endswith(SUFFIX)]
    if not known:
        raise InputError(f"no version of it at {revision}", where=FOLDER)
    for name in names:
        place = versions.place_of(name)
        if place.with_name(f"{place.name}{SUFFIX}") not in known:
            raise InputError(f"no version of it at {revision}", where=str(name))
        yield place.with_name(f"{place.name}{SUFFIX}")
    yield from () if names else known


def _check_kept(file: Path) -> None:
    """Refuses to replace content that no commit names: nobody could go back to it."""
    target = file.with_suffix("")
    if target.exists():
        digest = versions.md5(target)
        if all(it.md5 != digest for it in versions.commits(file)):
            raise InputError(
                "it is in no commit and would be lost", where=str(target),
                mend="keep it (`make data-add FILE=`, then commit), or delete it",
            )  # fmt: skip


def _place(top: Path, files: Sequence[Path]) -> None:
    """Puts content in its place, from here or else from the remote."""
    listed = [str(it) for it in files]
    try:
        _dvc(top, "checkout", "--quiet", "--force", *listed)
    except InputError as error:
        if not _has_remote(top):
            raise InputError(
                "its content is not on this machine, and no remote is set",
                where=", ".join(str(it.with_suffix("").relative_to(top)) for it in files),
                mend="`make data-push REMOTE=URL` where it is, then commit .dvc/config",
            ) from error
        _dvc(top, "pull", "--force", *listed)


def _prepare(top: Path) -> None:
    """Makes the repository one of DVC's that reports its use to nobody."""
    if not (top / ".dvc" / "config").is_file():
        _dvc(top, "init", "--quiet")
        _dvc(top, "config", "core.analytics", "false")


def _has_remote(top: Path) -> bool:
    settings = configparser.RawConfigParser()
    settings.read([top / ".dvc" / name for name in ("config", "config.local")], encoding="utf-8")
    return settings.has_option("core", "remote")


def _set_remote(top: Path, address: str, endpoint: str) -> None:
    parts = urllib.parse.urlsplit(address)
    if parts.password or (parts.scheme and parts.username):
        raise InputError(
            "there is a password in the address, and git would keep it", where="--remote",
            mend="use AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a file of theirs",
        )  # fmt: skip
    place = address if parts.scheme else str(Path(address).absolute())
    _dvc(top, "remote", "add", "--quiet", "--force", "--default", REMOTE, place)
    if endpoint:
        _dvc(top, "remote", "modify", REMOTE, "endpointurl", endpoint)


@contextlib.contextmanager
def _remote_for_all_commits(top: Path) -> Iterator[None]:
    """Lets DVC find the remote for commits older than it: it reads each commit's own settings."""
    local = top / ".dvc" / "config.local"
    before = local.read_bytes() if local.is_file() else None
    merged = configparser.RawConfigParser()
    merged.read([top / ".dvc" / "config", local], encoding="utf-8")
    with local.open("w", encoding="utf-8") as stream:
        merged.write(stream)
    try:
        yield
    finally:
        local.unlink() if before is None else local.write_bytes(before)


def _copy(file: Path, target: Path) -> None:
    partial = target.with_name(f".{target.name}.partial")
    target.parent.mkdir(parents=True, exist_ok=True)
    if file.is_dir():
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(file, partial)
        shutil.rmtree(target, ignore_errors=True)
    else:
        shutil.copyfile(file, partial)
    partial.replace(target)


def _git(top: Path, *arguments: str) -> None:
    if versions.git(top, *arguments) is None:
        raise InputError(f"`git {' '.join(arguments)}` failed", where=str(top))


def _dvc(top: Path, *arguments: str) -> None:
    """Runs DVC; a person at a terminal sees its progress."""
    environments.sync(ROOM)
    watched = sys.stderr.isatty()
    done = subprocess.run(
        [str(ROOM.environment / "bin" / "dvc"), *arguments], cwd=top, text=True, check=False,
        env={**os.environ, "DVC_NO_ANALYTICS": "1"},
        stdout=None if watched else subprocess.PIPE, stderr=None if watched else subprocess.PIPE,
    )  # fmt: skip
    if done.returncode:
        said = (done.stderr or "").partition("ERROR: ")[2].partition("\nHaving any troubles")[0]
        raise InputError(said or "it failed, see above", where=f"dvc {arguments[0]}")

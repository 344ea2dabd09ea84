"""Versions of user data: which one a file is, as DVC's ``.dvc`` file and git tell it.

Whoever adds a file to DVC gets a small ``.dvc`` file beside it, with the MD5 of the content, and
commits that to git. It is read here without DVC, so that every run can say what it was trained on.
"""

import glob
import hashlib
import json
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from sentiment_common.addresses import NAMED, SEPARATOR
from sentiment_common.errors import InputError

SUFFIX = ".dvc"
SHORT = 12
BLOCK = 1 << 20


@dataclass(frozen=True)
class DataVersion:
    """The version that a file or folder is.

    Attributes:
        path: Where it lies, from the top of its repository.
        md5: MD5 that the ``.dvc`` file names; of a folder it ends with ``.dir``.
        size: In bytes.
        commit: The latest commit that gave the ``.dvc`` file what it says; empty if none did.
        modified: Whether the content is another than the ``.dvc`` file says.
    """

    path: str
    md5: str
    size: int
    commit: str
    modified: bool

    @property
    def state(self) -> str:
        """``committed``, ``uncommitted`` (the ``.dvc`` file is) or ``modified``."""
        if self.modified:
            return "modified"
        return "committed" if self.commit else "uncommitted"

    def __str__(self) -> str:
        """Returns e.g. ``data/reviews.csv 0f3d2c1b9a8e of commit 5bd22a9c4f1a``."""
        if self.modified:
            return f"{self.path} modified since {self.md5[:SHORT]}"
        origin = f"of commit {self.commit[:SHORT]}" if self.commit else "uncommitted"
        return f"{self.path} {self.md5[:SHORT]} {origin}"


@dataclass(frozen=True)
class Commit:
    """A commit that gave a file or folder a version.

    Attributes:
        commit: Its hash.
        date: When, ISO 8601.
        author: Who.
        subject: The first line of its message.
        md5: The version's MD5; empty where the commit ended the tracking.
        size: In bytes.
    """

    commit: str
    date: str
    author: str
    subject: str
    md5: str = ""
    size: int = 0


def of(path: Path) -> DataVersion | None:
    """Returns the version that a file or folder is, or that of the tracked folder it lies in.

    Args:
        path: The file or folder.

    Returns:
        The version; None if DVC does not track it.

    Raises:
        InputError: Its ``.dvc`` file is none.
    """
    tracked = _tracked(place_of(path))
    if tracked is None:
        return None
    target = tracked.with_suffix("")
    told = read(tracked.read_text(encoding="utf-8"), str(tracked))
    modified = not target.exists() or md5(target) != told["md5"]
    top = top_of(tracked.parent)
    shown = target.relative_to(top).as_posix() if top else target.name
    return DataVersion(
        shown, told["md5"], int(told.get("size", 0)), _commit_of(tracked), modified
    )  # fmt: skip


def of_source(source: str) -> list[DataVersion]:
    """Returns the versions of the tracked files among a run's sources, each once.

    Args:
        source: The run's ``source``: paths, patterns and addresses as
            ``sentiment_sources.parse_sources`` takes them, paths absolute.
    """
    found = (of(path) for path in paths(source))
    return list(dict.fromkeys(it for it in found if it is not None))


def tags(found: list[DataVersion]) -> dict[str, str]:
    """Returns what the experiment tracker is told of the data; nothing if none are versioned."""
    return {"sentiment.data": ", ".join(map(str, found))} if found else {}


def as_json(found: list[DataVersion]) -> list[dict[str, Any]]:
    """Returns what ``run.json`` says of the data."""
    return [{**asdict(it), "state": it.state} for it in found]


def read(content: str, where: str) -> dict[str, Any]:
    """Returns what a ``.dvc`` file says of its data: ``md5``, ``size``, ``path``.

    Args:
        content: The file's content.
        where: What errors call it.

    Raises:
        InputError: It says no such thing.
    """
    try:
        (told,) = yaml.safe_load(content)["outs"]
        return {**told, "md5": str(told["md5"]), "path": str(told["path"])}
    except (yaml.YAMLError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            "no file of DVC with one output", where=where,
            mend="restore it from git, or add the data again",
        ) from error  # fmt: skip


def md5(path: Path) -> str:
    """Returns the MD5 that DVC knows a file or folder by."""
    if not path.is_dir():
        digest = hashlib.md5(usedforsecurity=False)
        with path.open("rb") as stream:
            while block := stream.read(BLOCK):
                digest.update(block)
        return digest.hexdigest()
    files = (it for it in path.rglob("*") if it.is_file())
    listed = sorted((it.relative_to(path).as_posix(), md5(it)) for it in files)
    text = json.dumps([{"md5": digest, "relpath": name} for name, digest in listed])
    return f"{hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()}.dir"


def commits(tracked: Path) -> list[Commit]:
    """Returns the commits that changed a ``.dvc`` file, the latest first, on any branch."""
    return [
        Commit(it["commit"], it["date"], it["author"], it["subject"], *_at(tracked, it["blob"]))
        for it in _log(tracked, "--all")
    ]


def place_of(path: Path) -> Path:
    """Returns where a path leads, as git sees it; the last part may be DVC's link to its cache."""
    return path.parent.resolve() / path.name


def top_of(folder: Path) -> Path | None:
    """Returns the top of the git repository that a folder lies in; None outside of one."""
    found = git(folder, "rev-parse", "--show-toplevel")
    return Path(found.strip()) if found else None


def git(folder: Path, *arguments: str) -> str | None:
    """Returns what git answers in a folder; None if it fails, or is not on this machine."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None


def _tracked(path: Path) -> Path | None:
    for place in (path, *path.parents):
        beside = place.parent / f"{place.name}{SUFFIX}"
        if place.name and beside.is_file():
            return beside
    return None


def _commit_of(tracked: Path) -> str:
    blob = (git(tracked.parent, "hash-object", str(tracked)) or "").strip()
    found = (it["commit"] for it in _log(tracked, "--all") if it["blob"] == blob)
    return next(found, "")


def _log(tracked: Path, *options: str) -> Iterator[Mapping[str, str]]:
    """Yields the commits that changed a file, with the name of its new content in git."""
    told = git(
        tracked.parent, "log", *options, "--raw", "--no-abbrev", "--no-renames",
        "--format=%x00%H%x01%cI%x01%an%x01%s", "--", str(tracked),
    )  # fmt: skip
    for entry in (told or "").split("\0")[1:]:
        head, _, changed = entry.partition("\n")
        names = ("commit", "date", "author", "subject")
        # A merge that took a side as it was changes nothing.
        if changed.strip():
            blob = changed.split()[3]
            yield {**dict(zip(names, head.split("\1"), strict=True)), "blob": blob}


def _at(tracked: Path, blob: str) -> tuple[str, int]:
    content = git(tracked.parent, "cat-file", "blob", blob) if set(blob) != {"0"} else None
    if content is None:
        return "", 0
    told = read(content, f"{tracked} of {blob[:SHORT]}")
    return told["md5"], int(told.get("size", 0))


def paths(source: str) -> Iterator[Path]:
    """Yields the files and folders on this machine that a source names, absolute as above."""
    for part in SEPARATOR.split(source):
        text = part.strip()
        named = NAMED.fullmatch(text)
        place = named["uri"] if named else text
        # A run's own files are named from the root; anything else is an address or a keyword.
        if place.startswith("/"):
            yield from _matching(Path(place))


def _matching(path: Path) -> Iterator[Path]:
    if path.suffix == ".toml" and path.is_file():
        for uri in _listed(path):
            yield from () if "://" in uri else _matching(path.parent / uri)
    elif path.exists():
        yield path  # a name may hold the signs of a pattern
    else:
        yield from map(Path, sorted(glob.glob(str(path), recursive=True)))  # noqa: PTH207


def _listed(path: Path) -> list[str]:
    try:
        listed = tomllib.loads(path.read_text(encoding="utf-8")).get("source", [])
        return [str(it["uri"]) for it in listed]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"no list of sources ({error})", where=str(path), mend="give [[source]] tables with uri"
        ) from error

"""What became of a text or of a file later: labels, gathered rows, examples made from it."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sentiment_common.artifacts import EXAMPLES, file_sha256
from sentiment_common.errors import InputError
from sentiment_common.request_log import Entry
from sentiment_pipelines import versions
from sentiment_pipelines.champion import PRODUCER
from sentiment_pipelines.labelling import store
from sentiment_pipelines.labelling.store import Row
from sentiment_pipelines.lineage.chain import Place, Store
from sentiment_pipelines.retraining import journal
from sentiment_pipelines.retraining.journal import Line
from sentiment_pipelines.runs import Run

REVISION = "@"


@dataclass(frozen=True)
class Gathered:
    """A file of labelled rows from traffic that has a text.

    Attributes:
        file: Its name.
        sha256: Digest of its bytes, by which examples name it as a source.
        label: The label that the row has there.
        by: Who said so.
    """

    file: str
    sha256: str
    label: str
    by: str


@dataclass(frozen=True)
class Wanted:
    """A version of a file.

    Attributes:
        path: The file, as a person wrote it.
        md5: What DVC knows it by; empty if DVC does not track it.
        sha256: Digest of its bytes; empty if this version is not here.
        commit: The commit that gave it this version; empty if none did.
    """

    path: str
    md5: str
    sha256: str
    commit: str

    def __str__(self) -> str:
        """Returns e.g. ``data/reviews.csv 0f3d2c1b9a8e of commit 5bd22a9c4f1a``."""
        name = self.md5[: versions.SHORT] or f"sha256 {self.sha256[: versions.SHORT]}"
        of = f" of commit {self.commit[: versions.SHORT]}" if self.commit else ""
        return f"{self.path} {name}{of}"


def labels(path: Path, entry: Entry) -> tuple[list[Row], str]:
    """Returns what people labelled a text, and the label that it comes to; empty if to none.

    Args:
        path: The file of human labels; there may be none.
        entry: The answered text. Labels of the same text in another request are its as well.

    Raises:
        InputError: The file is damaged.
    """
    found = [
        it
        for it in store.read(path)
        if (it.request_id, it.position) == (entry.request_id, entry.position)
        or (entry.text is not None and it.text == entry.text)
    ]
    return found, next((it.label for it in store.settled(found)), "")


def gathered(folder: Path, name: str) -> list[Gathered]:
    """Returns the files of rows from traffic that have a text.

    Args:
        folder: Where they lie; it may not be there.
        name: ``REQUEST_ID:POSITION``.
    """
    found = []
    for path in sorted(folder.glob("*.csv")):
        # Most files do not have it: their bytes are looked at before their rows are read.
        if name.encode() in path.read_bytes():
            found += [
                Gathered(path.name, file_sha256(path), it["label"], it.get("by", ""))
                for it in _rows(path) if it.get("id") == name
            ]  # fmt: skip
    return found


def decision(lines: Sequence[Line], run: str) -> Line | None:
    """Returns the decision to retrain that began a run, None if a person began it.

    Args:
        lines: The decision log.
        run: The run's name.
    """
    name = next((it.id for it in lines if it.run == run), None)
    decided = (it for it in lines if it.kind == journal.DECISION and it.id == name)
    return next(decided, None)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as stream:
            yield from csv.DictReader(stream)


def data_of(text: str) -> Wanted:
    """Returns the version that ``FILE`` or ``FILE@REVISION`` names.

    Raises:
        InputError: There is no such file, or DVC and git know no such version of it.
    """
    name, at, revision = text.rpartition(REVISION)
    if not at or Path(text).exists():
        name, revision = text, ""
    path = versions.place_of(Path(name))
    tracked = path.with_name(f"{path.name}{versions.SUFFIX}")
    if revision.startswith("-"):
        raise InputError("no revision of git", where=revision)
    if revision:
        return _at(name, tracked, revision)
    if not path.exists():
        raise InputError(
            "no such file", where=name, mend="FILE@REVISION names a version that git has"
        )
    sha256 = file_sha256(path) if path.is_file() else ""
    found = versions.of(path)
    if found is None:
        return Wanted(name, "", sha256, "")
    return Wanted(name, versions.md5(path), sha256, "" if found.modified else found.commit)


def _at(name: str, tracked: Path, revision: str) -> Wanted:
    top = versions.top_of(tracked.parent) if tracked.parent.is_dir() else None
    if top is None:
        raise InputError("it lies in no git repository", where=name, mend="leave out @REVISION")
    relative = tracked.relative_to(top).as_posix()
    content = versions.git(top, "show", f"{revision}:{relative}")
    if content is None:
        raise InputError(
            f"git has no {relative} at {revision!r}", where=name,
            mend="`make data` lists the versions there are",
        )  # fmt: skip
    md5 = versions.read(content, f"{relative} of {revision}")["md5"]
    known = (it.commit for it in versions.commits(tracked) if it.md5 == md5)
    target = tracked.with_suffix("")
    here = target.is_file() and versions.md5(target) == md5
    return Wanted(name, md5, file_sha256(target) if here else "", next(known, ""))


def examples_of(wanted: Wanted, available: Store) -> list[str]:
    """Returns the digests of the examples that were made from a version of a file.

    Args:
        wanted: The version.
        available: The artifacts of all runs.
    """
    found = {
        it.manifest.digest: None
        for it in available.places
        if it.manifest.kind == EXAMPLES.name
        and it.manifest.producer != PRODUCER
        and (_has_source(it, wanted) or _of_run_with(it, wanted))
    }
    return list(found)


def _has_source(place: Place, wanted: Wanted) -> bool:
    return bool(wanted.sha256) and any(it.sha256 == wanted.sha256 for it in place.manifest.sources)


def _of_run_with(place: Place, wanted: Wanted) -> bool:
    """Tells whether the run that made it was given this version, by what DVC calls it."""
    given = Run(place.maker).facts.get("data", ()) if place.maker and wanted.md5 else ()
    return any(it["md5"] == wanted.md5 and it.get("state") != "modified" for it in given)

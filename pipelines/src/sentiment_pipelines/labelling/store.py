"""``data/labels.csv``: what people have said of texts, one row for each text and labeller.

Rows are only ever added. Who changes their mind adds a row, and the last one counts; one without a
label takes back what was said. The file is written anew beside the old one and put in its place:
whoever reads it sees all of an import or nothing, a killed writer leaves it as it was, and where it
is DVC's link to its cache the cache stays what it was.
"""

import contextlib
import csv
import fcntl
import io
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sentiment_common.errors import InputError
from sentiment_models.bundle import LABELS
from sentiment_pipelines import versions

FOLDER, FILE = "data", "labels.csv"
WITHDRAWN = ""
"""What stands for a label that was taken back."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one person said of one text; the columns of a row.

    Attributes:
        request_id: The ``X-Request-Id`` of the request that brought the text.
        position: Place of the text in its request, from 0.
        text: The text, as the request log has kept it.
        label: negative, neutral or positive; empty if it was taken back.
        by: Who says so.
        labelled_at: When it arrived here, ISO 8601 in UTC to the millisecond.
        batch: The batch that asked for it.
        reason: Why that batch asked.
    """

    request_id: str
    position: int
    text: str
    label: str
    by: str
    labelled_at: str
    batch: str
    reason: str


@dataclass(frozen=True, slots=True)
class Settled:
    """The one label that people gave a text.

    Attributes:
        request_id: Of the request that brought the text.
        position: Place of the text in its request.
        text: The text.
        label: What most say.
        by: Who says so, in alphabetical order.
        labelled_at: When the last of all its labels arrived.
        votes: How many have labelled it, whatever they said.
    """

    request_id: str
    position: int
    text: str
    label: str
    by: tuple[str, ...]
    labelled_at: str
    votes: int


COLUMNS = tuple(Row.__dataclass_fields__)


def default() -> Path:
    """Returns where the labels lie: ``data/`` of the git repository, else of the folder, here."""
    here = Path.cwd()
    return (versions.top_of(here) or here) / FOLDER / FILE


def now() -> str:
    """Returns the time as rows have it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read(path: Path) -> list[Row]:
    """Reads what counts: of each labeller the last label of each text, none that was taken back.

    Args:
        path: The file; if it is not there, nobody has labelled anything.

    Raises:
        InputError: It is no file of labels, or damaged.
    """
    return standing(history(path))


def history(path: Path) -> list[Row]:
    """Reads every row that was ever added, in that order, as ``read`` does what counts of them.

    Raises:
        InputError: It is no file of labels, or damaged.
    """
    if not path.parent.is_dir():
        return []
    with alone(path.parent, fcntl.LOCK_SH):
        content = _content(path)
    return list(_rows(content, path))


def standing(rows: Iterable[Row]) -> list[Row]:
    """Returns what counts of rows: of each labeller the last of each text that stands."""
    found: dict[tuple[str, str], Row] = {}
    for row in rows:
        found.pop((row.text, row.by), None)  # so that the order is that of the last words
        found[row.text, row.by] = row
    return [row for row in found.values() if row.label != WITHDRAWN]


def settled(rows: Iterable[Row]) -> list[Settled]:
    """Returns one label per text: what most of its labellers say; texts with a tie are left out.

    Args:
        rows: As ``read`` returns them.
    """
    return [it for group in _by_text(rows) if (it := _settled(group)) is not None]


def tied(rows: Iterable[Row]) -> list[list[Row]]:
    """Returns the rows of each text whose labellers are at odds: somebody else has to look."""
    return [group for group in _by_text(rows) if _settled(group) is None]


def append(path: Path, choose: Callable[[list[Row]], Sequence[Row]]) -> list[Row]:
    """Adds rows; they are on the disk when it returns, all or none of them.

    Args:
        path: The file; made if it is not there.
        choose: Is given what counts so far, and returns what to add. Until it has, and what it
            returned is written, no other process adds anything.

    Returns:
        What was added.

    Raises:
        InputError: The file is damaged, or ``choose`` says so.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with alone(path.parent):
        before = _content(path)
        added = list(choose(standing(_rows(before, path))))
        if added:
            _replace(path, before + _lines(astuple(it) for it in added))
    return added


@contextlib.contextmanager
def alone(folder: Path, kind: int = fcntl.LOCK_EX) -> Iterator[None]:
    """Waits for who writes below a folder; a lock on itself leaves no file among the data."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, kind)
        yield
    finally:
        os.close(descriptor)


def _by_text(rows: Iterable[Row]) -> list[list[Row]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.text].append(row)
    return list(groups.values())


def _settled(group: Sequence[Row]) -> Settled | None:
    (label, votes), *others = Counter(row.label for row in group).most_common()
    if others and others[0][1] == votes:
        return None
    by = sorted(row.by for row in group if row.label == label)
    first, last = group[0], max(row.labelled_at for row in group)
    return Settled(first.request_id, first.position, first.text, label, tuple(by), last, len(group))


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return _lines([COLUMNS])
    except IsADirectoryError as error:
        raise _damaged(str(path), error) from error


def _rows(content: bytes, path: Path) -> Iterator[Row]:
    try:
        text = content.decode()
    except ValueError as error:
        raise _damaged(str(path), error) from error
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        if tuple(next(lines, ())) != COLUMNS:
            raise ValueError(f"its columns are not {', '.join(COLUMNS)}")
        for cells in lines:
            fields: dict[str, Any] = dict(zip(COLUMNS, cells, strict=True))
            if fields["label"] not in (*LABELS, WITHDRAWN):
                raise ValueError(f"{fields['label']!r} is no label")
            yield Row(**{**fields, "position": int(fields["position"])})
    except (ValueError, csv.Error) as error:
        raise _damaged(f"{path}, line {lines.line_num}", error) from error


def _damaged(where: str, error: Exception) -> InputError:
    mend = f"restore it: `make data-checkout REV=HEAD FILE={FOLDER}/{FILE}`"
    return InputError(f"no file of labels ({error})", where=where, mend=mend)


def _lines(rows: Iterable[Sequence[object]]) -> bytes:
    # With every cell in quotes a text may contain whatever ends a cell or a line.
    stream = io.StringIO(newline="")
    csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    return stream.getvalue().encode()


def _replace(path: Path, content: bytes) -> None:
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

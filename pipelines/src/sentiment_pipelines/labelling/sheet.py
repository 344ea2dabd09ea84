"""Texts to label as a file for a spreadsheet, and what comes back from one.

Out: UTF-8 with the mark that spreadsheets look for, commas, one row per text. A cell that a
spreadsheet would take for a formula begins with an apostrophe (OWASP, "CSV Injection"). In: what
spreadsheets make of it, with semicolons or tabs, in UTF-8, UTF-16 or cp1252, rows in another order,
columns added. What was asked must not have changed; what is doubtful is refused by row and column.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sentiment_common.errors import InputError
from sentiment_models.bundle import LABELS
from sentiment_pipelines.labelling.batches import Ask

COLUMNS = ("id", "text", "label", "reason", "batch")
NEEDED = ("id", "text", "label")
FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
"""What a cell begins with that a spreadsheet would run."""
TIME = re.compile(r"[\d:. ]+")
"""What it may take for a time of day, of an id such as ``17:0``."""
VALUE = re.compile(r"(?=.*\d)([\d\W]+|.{1,24})|true|false", re.IGNORECASE)
"""What it may take for a date, a number or a truth, of a text, and write in its own way: ``10/10``
would come back as the tenth of October."""
CELL = 32_767
"""Characters that a cell of the common spreadsheets holds."""
MOST_BYTES = 256 << 20
DELIMITERS = (",", ";", "\t")
BYTE_ORDER = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Returned:
    """What a file says.

    Attributes:
        labels: Label by id, those alone that were filled in.
        empty: Rows without a label.
        repeated: Rows that say once more what another row says.
    """

    labels: Mapping[str, str]
    empty: int
    repeated: int


def write(path: Path, asks: Iterable[Ask], batch: str) -> None:
    """Writes texts to be labelled; the file appears whole.

    Raises:
        InputError: The file cannot be written.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("w", encoding="utf-8-sig", newline="") as stream:
            lines = csv.writer(stream, lineterminator="\r\n")
            lines.writerow(COLUMNS)
            for it in asks:
                id_ = f"'{it.id}" if TIME.fullmatch(it.id) else defused(it.id)
                lines.writerow([id_, shielded(it.text), "", it.reason, batch])
        partial.replace(path)
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror})", where=str(path)) from error
    finally:
        partial.unlink(missing_ok=True)


def defused(cell: str) -> str:
    """Returns a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if FORMULA.match(cell.lstrip(" ")) else cell


def shielded(text: str) -> str:
    """Returns a text as a cell that a spreadsheet takes for text, and leaves as it is."""
    return f"'{text}" if VALUE.fullmatch(text.strip(" ")) else defused(text)


def read(path: Path, asked: Mapping[str, str]) -> Returned:
    """Reads what labellers have filled in.

    Args:
        path: The file.
        asked: Text by id, of all that was ever asked.

    Raises:
        InputError: The file is none of these, or a row contradicts another or what was asked.
    """
    labels: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for row, cells in _rows(path):
        id_, label = _checked(cells, asked, f"{path}, row {row}")
        if not label:
            counts["empty"] += 1
        elif labels.setdefault(id_, label) != label:
            raise InputError(
                f"{id_} is {labels[id_]} in one row and {label} in this one",
                where=f"{path}, row {row}, column label", mend="keep one of them",
            )  # fmt: skip
        counts["rows"] += bool(label)
    return Returned(labels, counts["empty"], counts["rows"] - len(labels))


def _checked(cells: Mapping[str, str], asked: Mapping[str, str], where: str) -> tuple[str, str]:
    """Returns the id and the label of a row, empty if none is given."""
    id_ = cells["id"].strip()
    if id_ not in asked:
        id_ = id_.removeprefix("'")
    if id_ not in asked:
        raise InputError(
            f"nobody was asked about {cells['id']!r}", where=f"{where}, column id",
            mend="take ids from a file of `make label-sample` on this machine",
        )  # fmt: skip
    if not _same(cells["text"], asked[id_]):
        raise InputError(
            f"the text is not the one that was asked about: {_short(cells['text'])!r}, "
            f"not {_short(asked[id_])!r}", where=f"{where}, column text",
            mend="restore it, or delete the row",
        )  # fmt: skip
    label = cells["label"].strip().casefold()
    if label and label not in LABELS:
        raise InputError(
            f"unknown label {_short(cells['label'])!r}", where=f"{where}, column label",
            mend=f"it is one of {', '.join(LABELS)}, or empty",
        )  # fmt: skip
    return id_, label


def _same(returned: str, text: str) -> bool:
    """Whether a cell holds a text, as far as a spreadsheet can keep it.

    It may lose the apostrophe, the kind of line ends, spaces at either end, what is beyond a cell's
    length and, in cp1252, what that does not have; and the bytes of cp1252 may pass for UTF-8.
    """
    known = {form for it in (text, shielded(text)) for form in (it, *_as_cp1252(it))}
    return any(_plain(returned) == _plain(form) for form in known)


def _as_cp1252(text: str) -> tuple[str, str]:
    saved = text.encode("cp1252", "replace")
    return saved.decode("cp1252", "replace"), saved.decode("utf-8", "replace")


def _plain(text: str) -> str:
    return " ".join(text[:CELL].split())


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yields the number of each row, 1 for the header, and its needed cells."""
    text = _decoded(path)
    first, _, rest = text.partition("\n")
    if said := re.fullmatch(r"\"?sep=(.)\"?\s*", first):
        text, delimiter, head = rest, said[1], 2
    else:
        delimiter, head = max(DELIMITERS, key=first.count), 1
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [cell.strip().casefold() for cell in next(lines, [])]
        _check_header(header, path)
        for row, cells in enumerate(lines, start=head + 1):
            if any(cell.strip() for cell in cells):
                yield row, _named(header, cells, f"{path}, row {row}")
    except csv.Error as error:
        raise InputError(
            f"no CSV ({error})", where=f"{path}, line {lines.line_num}", mend="save it as CSV again"
        ) from error


def _named(header: Sequence[str], cells: Sequence[str], where: str) -> dict[str, str]:
    found = {name: place for place, name in enumerate(header) if name in NEEDED}
    if len(cells) <= max(found["id"], found["text"]):
        raise InputError(f"it has {len(cells)} cells", where=where, mend="save it as CSV again")
    # Some spreadsheets leave empty cells at the end of a row out.
    return {name: cells[place] if place < len(cells) else "" for name, place in found.items()}


def _check_header(header: Sequence[str], path: Path) -> None:
    counts = Counter(header)
    for name in NEEDED:
        if counts[name] != 1:
            raise InputError(
                f"{counts[name] or 'no'} columns {name!r}", where=f"{path}, row 1",
                mend=f"keep the columns {', '.join(NEEDED)} as `make label-sample` wrote them",
            )  # fmt: skip


def _decoded(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"more than {MOST_BYTES >> 20} MB", where=str(path))
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=str(path)) from error
    encoding = "utf-16" if content.startswith(BYTE_ORDER) else "utf-8-sig"
    for name in (encoding, "cp1252"):
        try:
            return content.decode(name)
        except UnicodeDecodeError:
            continue
    raise InputError(
        "neither UTF-8 nor UTF-16 nor cp1252", where=str(path), mend="save it as CSV UTF-8"
    )

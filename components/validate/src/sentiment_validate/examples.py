"""Reads examples and derives the columns that let a schema judge text."""

import contextlib
import json
import math
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from sentiment_common.errors import InputError
from sentiment_common.text.language import is_foreign

SPLITS = ("train", "validation", "test")

# The characters that UTF-8's continuation bytes become in cp1252; five bytes are undefined there,
# and decoders keep those as control characters.
_TRAIL = "[{}\x81\x8d\x8f\x90\x9d]".format(bytes(range(0x80, 0xC0)).decode("cp1252", "ignore"))
MOJIBAKE = re.compile(
    f"\ufffd|[\u00c2-\u00df]{_TRAIL}|[\u00e0-\u00ef]{_TRAIL}{{2}}|[\u00f0-\u00f4]{_TRAIL}{{3}}"
)
"""The replacement character, or a UTF-8 sequence of two to four bytes decoded as cp1252."""

FLAGS = {
    "is_empty": "empty or only white space",
    "mojibake": "garbled by a wrong character encoding",
    "foreign": "in another language than English",
    "repeated": "repeated within the split",
}
"""Derived columns with the values yes and no, and what yes says about a text."""

LENGTHS = tuple(sorted({math.isqrt(2**power - 1) + 1 for power in range(33)}))
"""Where ranges of numbers of words begin: half a power of two apart, 1, 2, 3, 4, 6, 8, 12 ..."""

BYTES, BYTES_PER_ROW, TIMES_SIZE = 640_000_000, 500, 5
"""Peak memory of the stage: of its libraries, a row, and a byte of all columns before Parquet packs
them; as benchmarks/scale.py measures it, rounded up."""

DERIVED = ("n_chars", "n_words", "length", *FLAGS)


@dataclass(frozen=True)
class Extent:
    """How much there is to judge.

    Attributes:
        rows: Rows of all splits.
        size: Bytes of all their columns, unpacked.
    """

    rows: int
    size: int

    @property
    def memory(self) -> int:
        """The bytes of memory that judging takes at its peak."""
        return BYTES + self.rows * BYTES_PER_ROW + self.size * TIMES_SIZE


def extent(folder: Path) -> Extent:
    """Returns how much an examples artifact holds, from the footers of its files alone.

    Raises:
        InputError: A split is missing, or a file is no readable Parquet.
    """
    rows = size = 0
    for split in SPLITS:
        for path in _files(folder / split):
            with _said_of(path), pq.ParquetFile(path) as file:
                footer = file.metadata
            rows += footer.num_rows
            groups = map(footer.row_group, range(footer.num_row_groups))
            size += sum(group.total_byte_size for group in groups)
    return Extent(rows, size)


def read_splits(folder: Path) -> dict[str, pd.DataFrame]:
    """Reads every split of an examples artifact.

    Args:
        folder: The artifact's folder.

    Returns:
        The rows of each split as they lie on disk, by split.

    Raises:
        InputError: A split is missing, or a file is no readable Parquet.
    """
    return {split: _read_split(folder / split) for split in SPLITS}


def read_summary(folder: Path) -> dict[str, Any]:
    """Returns what ingest said of the examples in ``summary.json``; nothing if it is not there.

    Raises:
        InputError: The file is not a JSON object.
    """
    path = folder / "summary.json"
    if not path.is_file():
        return {}
    try:
        summary = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise InputError(f"not JSON ({error})", where=str(path)) from error
    if not isinstance(summary, dict):
        raise InputError("not a JSON object", where=str(path))
    return summary


def _read_split(folder: Path) -> pd.DataFrame:
    return pd.concat([_read_file(path) for path in _files(folder)], ignore_index=True)


def _files(folder: Path) -> list[Path]:
    files = sorted(folder.glob("*.parquet"))
    if not files:
        raise InputError(
            "no Parquet file of this split", where=str(folder), mend="run sentiment-ingest again"
        )
    return files


@contextlib.contextmanager
def _said_of(path: Path) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        reason = str(error).split("\n")[0]
        raise InputError(
            f"no readable Parquet ({reason})", where=str(path), mend="run sentiment-ingest again"
        ) from error


def _read_file(path: Path) -> pd.DataFrame:
    with _said_of(path):
        table = pq.ParquetFile(path).read()
        table.validate(full=True)
    for field in table.schema:
        if pa.types.is_nested(field.type):
            raise InputError(
                f"several values in one row ({field.type})",
                where=f"{path}, column {field.name}",
                mend="give one text, number or date per row",
            )
    return _plain(table).to_pandas()


def _plain(table: pa.Table) -> pa.Table:
    """Decodes dictionary columns: TFDV drops pandas categories without a word."""
    for index, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            plain = table.column(index).cast(field.type.value_type)
            table = table.set_column(index, field.name, plain)
    return table


def is_text(column: pd.Series) -> bool:
    """Tells whether a column holds strings, with or without nulls."""
    return all(isinstance(value, str) for value in column.dropna())


def fold(text: str) -> str:
    """Returns a text with case and white space folded: what equal texts are recognised by."""
    return " ".join(text.split()).casefold()


def derive(frame: pd.DataFrame) -> pd.DataFrame:
    """Adds columns that say of each text what TFDV cannot see in it.

    ``n_chars`` and ``n_words`` (split at white space) are counts; ``length`` is the range of
    ``n_words``, to compare distributions by; the ``FLAGS`` say yes or no, because TFDV tolerates a
    share of unexpected values (a schema's ``min_domain_mass``) in string columns only. A null text
    counts as empty. A text is repeated if an earlier row of the split has it, but for case and
    white space; empty texts are not counted again. The language of a garbled text is not judged.

    Args:
        frame: The rows of one split.

    Returns:
        The rows with the derived columns; the frame itself where there is no column of texts.
    """
    if "text" not in frame or not is_text(frame["text"]):
        return frame
    texts = frame["text"].fillna("")
    empty = texts.str.strip() == ""
    counts = texts.map(lambda text: len(text.split()))
    garbled = texts.map(lambda text: MOJIBAKE.search(text) is not None).astype(bool)
    return frame.assign(
        n_chars=texts.map(len).astype("int64"),
        n_words=counts.astype("int64"),
        length=counts.map(length_range).astype(object),
        is_empty=_yes_no(empty),
        mojibake=_yes_no(garbled),
        foreign=_yes_no(texts.map(is_foreign).astype(bool) & ~garbled),
        repeated=_yes_no(texts.map(fold).duplicated() & ~empty),
    )


def length_range(words: int) -> str:
    """Returns the range that a number of words lies in, such as ``8-11``.

    The scale is fixed: TFDV's own histograms divide all between the least and the most evenly, so
    that one endless text would put the others into one bin.
    """
    at = bisect_right(LENGTHS, words)
    if at == len(LENGTHS):
        return f"{LENGTHS[-1]}-"
    low, high = LENGTHS[at - 1] if at else 0, LENGTHS[at] - 1
    return str(low) if low == high else f"{low}-{high}"


def _yes_no(column: pd.Series) -> pd.Series:
    return column.astype(bool).map({True: "yes", False: "no"}).astype(object)

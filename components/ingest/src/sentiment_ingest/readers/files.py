"""What all readers of files share: bytes to text, and the errors that name columns and places."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from sentiment_common.errors import InputError

UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_text(path: Path) -> str:
    r"""Returns a file's text, which is UTF-8 with or without a byte order mark.

    Line ends stay as they are: ``\n`` alone separates lines, and NEL or LINE SEPARATOR are text.

    Raises:
        InputError: The file cannot be read, holds nothing, or is not UTF-8.
    """
    content = read_bytes(path)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if content.startswith(UTF16_MARKS):
            raise InputError(
                "UTF-16, not UTF-8", where=str(path), mend="save it as UTF-8"
            ) from error
        # The codec counts from behind the mark that it took off.
        offset = error.start + (3 if content.startswith(b"\xef\xbb\xbf") else 0)
        row = content.count(b"\n", 0, offset) + 1
        raise InputError(
            f"not UTF-8: byte 0x{content[offset]:02x} at offset {offset}",
            where=f"{path}, row {row}",
            mend=f"save it as UTF-8, e.g. iconv -f WINDOWS-1252 -t UTF-8 {path.name}",
        ) from error
    if not text.strip():
        raise empty_file(path)
    return text


def read_bytes(path: Path) -> bytes:
    """Returns a file's bytes.

    Raises:
        InputError: The operating system does not let us.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"cannot be read ({error.strerror})", where=str(path), mend="check the file"
        ) from error


def empty_file(path: Path) -> InputError:
    """Returns the error for a file without any row."""
    return InputError("holds no rows", where=str(path), mend="give a file with rows of feedback")


def check_columns(path: Path, wanted: Sequence[str], there: Iterable[str]) -> None:
    """Checks that each wanted column is there exactly once.

    Raises:
        InputError: One is missing or ambiguous; the message lists the columns there are.
    """
    names = list(there)
    for name in wanted:
        if names.count(name) != 1:
            what = f"no column {name!r}" if name not in names else f"two columns {name!r}"
            listing = ", ".join(repr(column) for column in names) or "none"
            raise InputError(what, where=str(path), mend=f"the columns are {listing}")

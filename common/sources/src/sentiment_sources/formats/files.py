"""What all readers of files share: bytes to text, and the errors that name columns and places."""

from collections.abc import Iterable

from sentiment_common.errors import InputError
from sentiment_sources.content import Content

UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_text(content: Content) -> str:
    r"""Returns a file's text, which is UTF-8 with or without a byte order mark.

    Line ends stay as they are: ``\n`` alone separates lines, and NEL or LINE SEPARATOR are text.

    Raises:
        InputError: The file cannot be read, holds nothing, or is not UTF-8.
    """
    given = read_bytes(content)
    try:
        text = given.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if given.startswith(UTF16_MARKS):
            raise InputError(
                "UTF-16, not UTF-8", where=content.place, mend="save it as UTF-8"
            ) from error
        # The codec counts from behind the mark that it took off.
        offset = error.start + (3 if given.startswith(b"\xef\xbb\xbf") else 0)
        row = given.count(b"\n", 0, offset) + 1
        raise InputError(
            f"not UTF-8: byte 0x{given[offset]:02x} at offset {offset}",
            where=f"{content.place}, row {row}",
            mend=f"save it as UTF-8, e.g. iconv -f WINDOWS-1252 -t UTF-8 {content.name}",
        ) from error
    if not text.strip():
        raise empty_file(content)
    return text


def read_bytes(content: Content) -> bytes:
    """Returns a file's bytes.

    Raises:
        InputError: The operating system does not let us.
    """
    try:
        with content.open() as stream:
            return stream.read()
    except OSError as error:
        raise InputError(
            f"cannot be read ({error.strerror})", where=content.place, mend="check the file"
        ) from error


def empty_file(content: Content) -> InputError:
    """Returns the error for a file without any row."""
    return InputError(
        "holds no rows", where=content.place, mend="give a file with rows of feedback"
    )


def check_columns(content: Content, wanted: Iterable[str], there: Iterable[str]) -> None:
    """Checks that each wanted column is there exactly once.

    Raises:
        InputError: One is missing or ambiguous; the message lists the columns there are.
    """
    names = list(there)
    for name in wanted:
        if names.count(name) != 1:
            what = f"no column {name!r}" if name not in names else f"two columns {name!r}"
            listing = ", ".join(repr(column) for column in names) or "none"
            raise InputError(what, where=content.place, mend=f"the columns are {listing}")

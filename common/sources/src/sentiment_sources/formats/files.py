"""What all readers of files share: opening them, what they are not, and values nobody can use."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO

from sentiment_common.errors import InputError
from sentiment_sources.content import Content

HEAD = 1024 * 1024
"""Bytes at the beginning of a file that guesses are made from."""

ROW_LIMIT = 16 * 1024 * 1024
"""Characters in one row. A longer one is damage, mostly a quotation mark that nobody closed."""

REREAD_LIMIT = 2 * ROW_LIMIT
"""Characters that may be read again, beside as many as are done with, to find the rows behind
damaged ones: the time grows with the file and not faster."""

SPREADSHEET = "save it as CSV (UTF-8)"
SIGN_IN = "download it again, signed in, or give the address of the file itself"
SIGNATURES: Mapping[bytes, tuple[str, str]] = {
    b"PK\x03\x04": ("a zip archive or a workbook", SPREADSHEET),
    b"\xd0\xcf\x11\xe0": ("a workbook of old Excel", SPREADSHEET),
    b"%PDF-": ("a PDF", "export its table as CSV"),
    b"PAR1": ("a Parquet file", "pin format=parquet"),
    b"\x1f\x8b": ("compressed", "name it .gz"),
    b"<!doctype html": ("a web page", SIGN_IN),
    b"<html": ("a web page", SIGN_IN),
    b"<?xml": ("an XML document", "export it as CSV or JSON"),
}
"""First bytes, in lower case where they are letters, of what is often given in a text's stead."""


@contextmanager
def opened(content: Content) -> Iterator[BinaryIO]:
    """Opens a file for reading.

    Raises:
        InputError: The operating system does not let us, now or while it is read.
    """
    try:
        with content.open() as stream:
            yield stream
    except OSError as error:
        raise InputError(
            f"cannot be read ({error.strerror or error})",
            where=content.place,
            mend="check the file",
        ) from error


def read_head(content: Content) -> bytes:
    """Returns the first ``HEAD`` bytes of what should be text.

    Raises:
        InputError: The file cannot be read, or is plainly no text.
    """
    with opened(content) as stream:
        head = stream.read(HEAD)
    start = head[:1024].lstrip()
    for signature, (what, mend) in SIGNATURES.items():
        if start.startswith(signature) or start.lower().startswith(signature):
            raise InputError(f"{what}, not text", where=content.place, mend=mend)
    return head


def empty_file(content: Content) -> InputError:
    """Returns the error for a file without any row."""
    return InputError(
        "holds no rows", where=content.place, mend="give a file with rows of feedback"
    )


def unusable(values: Mapping[str, Any]) -> tuple[str, str]:
    """Returns the problem and its detail where a value is no text that could be kept, else blanks.

    Args:
        values: Values by role.
    """
    for role, value in values.items():
        if isinstance(value, str):
            if "\0" in value:
                return "NUL character", f"in the {role}"
            try:
                value.encode()
            except UnicodeEncodeError:
                # JSON can spell half a surrogate pair, which is no character.
                return "half a surrogate pair", f"in the {role}"
    return "", ""

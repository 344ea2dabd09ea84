"""Compressed files and archives, unpacked while they are read."""

import bz2
import contextlib
import gzip
import io
import lzma
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePath
from typing import Any, BinaryIO, cast

from sentiment_common.errors import InputError
from sentiment_sources.content import Content
from sentiment_sources.places.local import opener

ZIP = ".zip"
MAGIC: Mapping[str, tuple[bytes, ...]] = {
    ".gz": (b"\x1f\x8b\x08",),
    # A frame to skip may come first: parallel compressors write its size there.
    ".zst": (b"\x28\xb5\x2f\xfd", *(bytes([kind]) + b"\x2a\x4d\x18" for kind in range(80, 96))),
    ".bz2": tuple(b"BZh%d" % level for level in range(1, 10)),
    ".xz": (b"\xfd7zXZ\x00",),
    ZIP: (b"PK\x03\x04", b"PK\x05\x06"),
}
"""What the bytes of a compressed file begin with, by its extension."""
SPREADSHEET = "[Content_Types].xml"
"""The member by which a zip file is known as a document of an office program."""
SEEKING = frozenset({".parquet", ".xlsx"})
"""Formats that are read from their end: they are unpacked to disk."""
UNSUSPECTED = 1024**3
"""Bytes that any file may unpack to; beyond, ``RATIO`` times its size."""
RATIO = 200
"""Customer feedback packs to a tenth, repetitive logs to a fiftieth; zeros to a thousandth."""
BLOCK = 1024 * 1024
BROKEN = (
    EOFError, OSError, ValueError, RuntimeError, NotImplementedError, struct.error, zlib.error,
    lzma.LZMAError, zipfile.BadZipFile,
)  # fmt: skip
"""What the libraries raise for bytes that they did not write."""
Opened = Callable[[], Sequence[BinaryIO]]
"""Opens a stream, and gives it with those below it, all of which are to be closed."""


def unpacked(content: Content, size: int, tell: Callable[[str], None]) -> Iterator[Content]:
    """Yields the files in a file: itself if it is not compressed, each member of an archive.

    Args:
        content: The file as it lies there.
        size: Its bytes.
        tell: Is told what was guessed.

    Raises:
        InputError: It is not what its name says, or cannot be unpacked.
    """
    suffix = PurePath(content.name).suffix.lower()
    found = _compression(content)
    if suffix in MAGIC and found != suffix:
        raise InputError(
            f"named {suffix}, and its bytes are {f'those of {found}' if found else 'not'}",
            where=content.place,
            mend="name it by what it holds, or fetch it again",
        )
    if not found or (found == ZIP and suffix != ZIP and _is_spreadsheet(content)):
        yield content
        return
    if found != suffix:
        tell(f"{content.name}: compressed, though its name does not say so: unpacked as {found}")
    if found == ZIP:
        yield from _members(content, tell)
        return
    name = content.name[: -len(found)] if found == suffix else content.name
    opening = partial(_checked, partial(_opened, content, found), content.place, size)
    with _seekable(Content(name, content.place, opening)) as whole:
        yield whole


def _compression(content: Content) -> str:
    with content.open() as stream:
        head = stream.read(8)
    return next((suffix for suffix, marks in MAGIC.items() if head.startswith(marks)), "")


def _is_spreadsheet(content: Content) -> bool:
    with content.open() as stream, contextlib.suppress(*BROKEN):
        return SPREADSHEET in zipfile.ZipFile(stream).namelist()
    return False


def _opened(content: Content, suffix: str) -> Sequence[BinaryIO]:
    stream = content.open()
    if suffix == ".zst":
        return cast("BinaryIO", _Zstandard(stream)), stream
    readers: Mapping[str, Callable[[BinaryIO], Any]] = {
        ".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open,
    }  # fmt: skip
    return readers[suffix](stream), stream


def _members(content: Content, tell: Callable[[str], None]) -> Iterator[Content]:
    """Yields the files in a zip archive, in its order.

    Nothing is written under the names that it gives: they may name what they like.
    """
    with contextlib.ExitStack() as stack:
        try:
            archive = stack.enter_context(zipfile.ZipFile(stack.enter_context(content.open())))
        except BROKEN as error:
            raise _corrupt(error, content.place) from error
        members = [member for member in archive.infolist() if not member.is_dir()]
        wanted = [member for member in members if not _is_litter(member.filename)]
        if len(wanted) < len(members):
            left = len(members) - len(wanted)
            tell(f"{content.name}: {left} of {len(members)} files left out as the system's own")
        if not wanted:
            raise InputError(
                "an archive without files", where=content.place, mend="give one with feedback"
            )
        for member in wanted:
            with _seekable(_member(content, archive, member)) as unpacked_member:
                yield unpacked_member


def _member(content: Content, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Content:
    name = "".join(sign if sign.isprintable() else "\ufffd" for sign in member.filename)
    place = f"{content.place}!{name}"
    if member.flag_bits & 1:
        raise InputError("encrypted", where=place, mend="give it decrypted")
    suffix = PurePath(name).suffix.lower()
    if suffix in MAGIC:
        raise InputError(
            "compressed once more inside the archive", where=place, mend="unpack the outer one"
        )

    def opened() -> Sequence[BinaryIO]:
        return (cast("BinaryIO", archive.open(member)),)

    opening = partial(_checked, opened, place, member.compress_size)
    return Content(f"{content.name}!{name}", place, opening)


def _is_litter(name: str) -> bool:
    """Tells whether a member is what macOS and Windows put beside people's files."""
    path = PurePath(name)
    return "__MACOSX" in path.parts or path.name in (".DS_Store", "Thumbs.db", "desktop.ini")


@contextlib.contextmanager
def _seekable(content: Content) -> Iterator[Content]:
    """Unpacks a file to disk if its format needs that; it is there while the context lasts."""
    if PurePath(content.name).suffix.lower() not in SEEKING:
        yield content
        return
    with tempfile.TemporaryDirectory(prefix="sentiment-sources-") as folder:
        path = Path(folder) / "file"
        with content.open() as source, path.open("wb") as target:
            shutil.copyfileobj(source, target, BLOCK)
        yield replace(content, open=opener(path), path=path)


def _checked(opened: Opened, place: str, size: int) -> BinaryIO:
    try:
        streams = opened()
    except BROKEN as error:
        raise _corrupt(error, place) from error
    return io.BufferedReader(_Checked(streams, place, size), BLOCK)


def _corrupt(error: Exception, place: str) -> InputError:
    reason = str(error) or type(error).__name__
    return InputError(
        f"cannot be unpacked ({reason})", where=place, mend="fetch it again, or pack it again"
    )


class _Checked(io.RawIOBase):
    """An unpacked stream whose failures the user can read, and through which no bomb gets."""

    def __init__(self, streams: Sequence[BinaryIO], place: str, size: int) -> None:
        self._streams, self._place = streams, place
        self._most, self._count = max(UNSUSPECTED, RATIO * size), 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            chunk = self._streams[0].read(len(buffer))
        except BROKEN as error:
            raise _corrupt(error, self._place) from error
        buffer[: len(chunk)] = chunk
        self._count += len(chunk)
        if self._count > self._most:
            raise InputError(
                f"unpacks to more than {RATIO} times its size: no feedback does",
                where=self._place,
                mend="unpack it yourself if it is",
            )
        return len(chunk)

    def close(self) -> None:
        for stream in self._streams:
            stream.close()
        super().close()


class _Zstandard(io.RawIOBase):
    """The frames of a Zstandard file; the library's own reader takes a cut one for its end."""

    def __init__(self, stream: BinaryIO) -> None:
        import zstandard

        self._stream, self._error = stream, zstandard.ZstdError
        self._decompressor = zstandard.ZstdDecompressor()
        self._frame = self._decompressor.decompressobj()
        self._begun, self._ready = False, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._ready:
            rest = self._frame.unused_data if self._frame.eof else b""
            if self._frame.eof:
                self._frame, self._begun = self._decompressor.decompressobj(), False
            given = rest or self._stream.read(BLOCK // 8)
            if not given:
                if self._begun:
                    raise EOFError("it ends in the middle")
                return 0
            self._begun = True
            try:
                self._ready = self._frame.decompress(given)
            except self._error as error:
                raise EOFError(str(error)) from error
        chunk, self._ready = self._ready[: len(buffer)], self._ready[len(buffer) :]
        buffer[: len(chunk)] = chunk
        return len(chunk)

"""From bytes to lines of text, as a stream: which encoding it is, and which lines are damaged."""

import codecs
import re
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from sentiment_common.errors import InputError
from sentiment_sources.content import Content
from sentiment_sources.formats.files import HEAD, empty_file, opened, read_head

CHUNK = 1024 * 1024
UNDECODABLE = "sentiment_sources.undecodable"
MARKS = (
    # UTF-32 first: its little-endian mark begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
LATIN = ("cp1252", "cp1250", "cp1254", "mac_roman")
OTHER = ("cp1251", "cp1253", "koi8_r", "shift_jis", "euc_jp", "gb18030", "big5", "euc_kr")
"""What a file that is not UTF-8 may be; a choice of hundreds finds odd ones in short texts."""

STRAY = 0.05
"""Share of lines with bytes that cp1252 has not, up to which these are damage and the rest is it:
in text of a Macintosh they are frequent letters."""

LATIN_SHARE = 0.3
"""Texts in Latin letters have fewer letters beyond ASCII than this, texts in others more."""

SAMPLE = 64 * 1024
"""Bytes of lines that are not UTF-8 by which their encoding is told."""

_OUTSIDE_CP1252 = re.compile(b"[\x81\x8d\x8f\x90\x9d]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def _keep_byte(error: UnicodeError) -> tuple[str, int]:
    """Puts U+DC00 + byte in the place of each byte that cannot be decoded.

    Python's own surrogateescape refuses bytes below 128, on which UTF-16 and ISO-2022 can choke.
    """
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    return "".join(chr(0xDC00 + byte) for byte in bad), error.end


codecs.register_error(UNDECODABLE, _keep_byte)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some decoded text.

    Attributes:
        text: The text; a byte that cannot be decoded is U+DC00 + byte.
        suspect: Whether it holds such bytes or NUL characters.
        offset: Bytes before it.
    """

    text: str
    suspect: bool
    offset: int


@dataclass(frozen=True)
class Text:
    """How the bytes of a file are its text.

    Attributes:
        content: The file.
        encoding: Name of the codec.
        head: Its beginning, decoded; up to the last whole line if it is not all of it.
        end: What ends a line: a line feed, or a carriage return if there is no line feed.
    """

    content: Content
    encoding: str
    head: str
    end: str

    def chunks(self) -> Iterator[Chunk]:
        """Yields the text in pieces of about ``CHUNK`` bytes, without its byte order mark."""
        for number, chunk in enumerate(_decode(self.content, self.encoding)):
            if number == 0 and chunk.text.startswith("\ufeff"):
                marked = chunk.offset + self.size("\ufeff")
                yield replace(chunk, text=chunk.text[1:], offset=marked)
            else:
                yield chunk

    def size(self, text: str) -> int:
        """Returns the bytes that a piece of the text takes; 0 if it is not UTF-8."""
        return len(text.encode("utf-8", "surrogateescape")) if self.encoding == "utf-8" else 0

    def damage(self, piece: str, offset: int = 0) -> tuple[str, str]:
        """Returns the problem and its detail where a piece of the text is damaged, else blanks.

        Args:
            piece: The piece.
            offset: Bytes before it.
        """
        bad = _SURROGATE.search(piece)
        if bad:
            byte = f"byte 0x{ord(bad[0]) & 0xFF:02x}"
            where = offset + self.size(piece[: bad.start()])
            detail = f"{byte} at offset {where}" if self.encoding == "utf-8" else byte
            return f"not {self.encoding.upper()}", detail
        return ("NUL character", "") if "\0" in piece else ("", "")


def open_text(content: Content, pins: Mapping[str, str], tell: Callable[[str], None]) -> Text:
    """Finds out how to decode a file.

    A byte order mark decides, then the pattern of NUL bytes that UTF-16 and UTF-32 make. Otherwise
    all lines are looked at: the file is UTF-8 unless more than half of those that are not plain
    ASCII are not; then its encoding is guessed by the lines that are not.

    Args:
        content: The file, which is read once to its end if nothing else decides.
        pins: ``encoding`` if it is not to be guessed.
        tell: Is told a guess, in words.

    Raises:
        InputError: The file cannot be read, is empty or no text, or there is no such encoding.
    """
    head = read_head(content)
    encoding = _encoding(content, head, pins.get("encoding", ""), tell)
    text = head.decode(encoding, UNDECODABLE).removeprefix("\ufeff")
    end = _line_end(text)
    if len(head) < HEAD:
        text = text.rstrip("\x1a")
        if not text.strip():
            raise empty_file(content)
    else:
        text = text[: text.rfind(end) + 1] or text
    return Text(content, encoding, text, end)


def _encoding(content: Content, head: bytes, pin: str, tell: Callable[[str], None]) -> str:
    mark = next((name for mark, name in MARKS if head.startswith(mark)), "")
    wide = "" if mark else _wide(head)
    if pin:
        encoding = _known(pin)
        if encoding not in ("utf-16", "utf-32"):
            return encoding
        # Without a mark the codec has no byte order to go by.
        return next((w for w in (mark, wide) if w.startswith(encoding)), f"{encoding}-le")
    if wide:
        tell(f"{content.name}: read as {wide} (by its NUL bytes); pin with encoding={wide}")
    return mark or wide or _guess(content, tell)


def _known(name: str) -> str:
    try:
        # Some codecs are not of text, and some cannot work piece by piece or go on behind damage.
        b"a".decode(name, UNDECODABLE)
        codecs.getincrementaldecoder(name)
    except (LookupError, ValueError) as error:
        raise InputError(
            f"no encoding {name!r}", where="encoding", mend="give one, e.g. utf-8 or cp1252"
        ) from error
    return codecs.lookup(name).name


def _wide(head: bytes) -> str:
    """Returns UTF-16 or UTF-32 with its byte order if that is where the NUL bytes stand.

    Latin letters, digits, delimiters and spaces have them; a share of 0.3 is enough.
    """
    start = head[:4096]
    start = start[: len(start) // 4 * 4]
    if not start:
        return ""
    quarter = len(start) / 4
    zeros = [start[at::4].count(0) / quarter for at in range(4)]
    patterns = {
        "utf-32-le": (0, 1, 1, 1), "utf-32-be": (1, 1, 1, 0),
        "utf-16-le": (0, 1, 0, 1), "utf-16-be": (1, 0, 1, 0),
    }  # fmt: skip
    for name, pattern in patterns.items():
        if all((share > 0.3) == bool(high) for share, high in zip(zeros, pattern, strict=True)):
            return name
    return ""


def _line_end(head: str) -> str:
    outside = re.sub('"[^"]*"', "", head)
    return "\r" if "\r" in outside and "\n" not in outside else "\n"


def _decode(content: Content, encoding: str) -> Iterator[Chunk]:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    offset = 0
    with opened(content) as stream:
        while True:
            given = stream.read(CHUNK)
            state = decoder.getstate()
            suspect = False
            try:
                text = decoder.decode(given, final=not given)
            except UnicodeDecodeError:
                decoder.setstate(state)
                decoder.errors = UNDECODABLE
                text = decoder.decode(given, final=not given)
                decoder.errors = "strict"
                suspect = True
            if text:
                pending = len(state[0])
                yield Chunk(text, suspect or "\0" in text, offset - pending)
            if not given:
                return
            offset += len(given)


@dataclass
class _Census:
    """What the lines of a file are, taken as UTF-8.

    Attributes:
        valid: Lines that are, and not ASCII alone.
        bad: Lines that are not.
        first: Where the first bad one is, and by which byte.
        sample: Some bad lines, as bytes.
    """

    valid: int = 0
    bad: int = 0
    first: str = ""
    sample: bytes = b""

    def add(self, line: str, row: int) -> None:
        bad = _SURROGATE.search(line)
        if not bad:
            self.valid += not line.isascii()
            return
        self.bad += 1
        self.first = self.first or f"byte 0x{ord(bad[0]) & 0xFF:02x} in line {row}"
        if len(self.sample) < SAMPLE:
            self.sample += line[:SAMPLE].encode("utf-8", "surrogateescape") + b"\n"


def _guess(content: Content, tell: Callable[[str], None]) -> str:
    census, row = _Census(), 1
    for chunk in _decode(content, "utf-8"):
        end = "\n" if "\n" in chunk.text else "\r"
        if not chunk.text.isascii():
            lines = chunk.text.split(end)
            if chunk.suspect:
                for number, line in enumerate(lines):
                    census.add(line, row + number)
            else:
                census.valid += sum(not line.isascii() for line in lines)
        row += chunk.text.count(end)
    if not census.bad:
        return "utf-8"
    encoding = "utf-8" if census.bad <= census.valid else _legacy(census.sample)
    read = f"read as {encoding} ({census.first} is not UTF-8)"
    if encoding == "utf-8":
        read = f"read as utf-8, and lines that are not ({census.first}) left out: {census.bad}"
    tell(f"{content.name}: {read}; pin with encoding={encoding}")
    return encoding


def _legacy(sample: bytes) -> str:
    """Returns the encoding from before Unicode that some text is likely in.

    charset-normalizer takes the first of several that fit, by name: cp1250 for Western letters,
    which are the same bytes in cp1252. That one is by far the most frequent.
    """
    from charset_normalizer import from_bytes

    beyond = sum(byte > 127 for byte in sample)
    letters = beyond + sum(byte in string.ascii_letters.encode() for byte in sample)
    candidates = LATIN if beyond < LATIN_SHARE * letters else OTHER
    lines = sample.splitlines()
    fitting = [line for line in lines if not _OUTSIDE_CP1252.search(line)]
    if candidates is LATIN and len(fitting) >= (1 - STRAY) * len(lines):
        sample = b"\n".join(fitting)
    matches = from_bytes(sample, cp_isolation=list(candidates))
    best = matches.best()
    if best is None or best.encoding == "cp1252":
        return "cp1252"
    western = sample.decode("cp1252", "replace")
    fits = any(match.encoding == "cp1252" for match in matches) or str(best) == western
    return "cp1252" if best.encoding == "cp1250" and fits else best.encoding

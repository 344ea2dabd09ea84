"""Plain text: one text a line."""

from collections.abc import Callable, Iterator, Mapping

from sentiment_common.errors import InputError
from sentiment_sources.content import Content
from sentiment_sources.formats.decoding import open_text
from sentiment_sources.formats.files import empty_file
from sentiment_sources.formats.lines import Lines
from sentiment_sources.records import Record


def read_plain_text(
    content: Content,
    columns: Mapping[str, str],
    pins: Mapping[str, str],
    tell: Callable[[str], None],
) -> Iterator[Record]:
    """Yields one record per line that is not blank: its text, whatever that column is called."""
    other = [name for role, name in columns.items() if role != "text"]
    if other:
        raise InputError(
            f"no column {other[0]!r}",
            where=content.place,
            mend="a .txt file has texts alone: pin format=csv or format=tsv if it has columns",
        )
    file = open_text(content, pins, tell)
    if all("\t" in line for line in file.head.split(file.end) if line.strip()):
        tell(f"{content.name}: each line is a text, with tabs in it; pin format=tsv for columns")
    lines = Lines(file)
    count = 0
    for number, line in enumerate(lines, start=1):
        problem, detail = lines.damage.pop(number, ("", ""))
        text = line.rstrip("\r\n")
        if problem or text.strip():
            count += 1
            yield Record(content.name, number, {} if problem else {"text": text}, problem, detail)
    if not count:
        raise empty_file(content)

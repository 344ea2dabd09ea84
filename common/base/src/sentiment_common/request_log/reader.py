"""Reads the request log of all processes, and accounts for what is not in it."""

import gzip
import io
import itertools
import json
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

from sentiment_common.errors import InputError
from sentiment_common.request_log import files
from sentiment_common.request_log.entry import SCHEMA_VERSION, Entry, from_fields


@dataclass
class Account:
    """What a log holds and what it lacks; complete when the log was read to its end.

    Attributes:
        entries: Entries that were read.
        dropped: Texts that the service could not log, by reason, as it has counted them.
        lost: Texts that a killed process had taken and not yet written.
        pending: Texts that a running process has not written yet.
        cut_lines: Lines that break off: their entries are among the lost.
        unknown: Processes that ended without a word and left no count of what they were given.
        tolerant: Whether damaged lines are counted and passed over; else one ends the reading.
        damaged: Damaged lines, and files that could not be read to their end.
    """

    entries: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    pending: int = 0
    cut_lines: int = 0
    unknown: int = 0
    tolerant: bool = False
    damaged: int = 0

    def __str__(self) -> str:
        """Returns one line for people."""
        dropped = sum(self.dropped.values())
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in sorted(self.dropped.items()))
        parts = [f"{self.entries:,} entries", f"{self.lost:,} lost", f"{self.pending:,} pending"]
        parts.append(f"{dropped:,} dropped{f' ({reasons})' if dropped else ''}")
        if self.cut_lines or self.unknown:
            parts.append(f"{self.cut_lines} cut lines, {self.unknown} ends unknown")
        if self.damaged:
            parts.append(f"{self.damaged:,} damaged")
        return ", ".join(parts)


def read_log(folder: Path, account: Account | None = None, since: float = 0.0) -> Iterator[Entry]:
    """Reads the entries, process by process, each in the order of its answers.

    It may be read while it is written.

    Args:
        folder: The folder of the log.
        account: Is filled while entries are read.
        since: Files that were last written before, in seconds since 1970, are passed over.

    Raises:
        InputError: There is no log, or one of a later schema; a line in the middle is damaged and
            the account is not tolerant.
    """
    if not folder.is_dir() or not (found := files.parts(folder)):
        raise InputError("no request log here", where=str(folder), mend="name its folder")
    account = account or Account()
    found = [part for part in found if files.written_since(part.path, since)]
    for process, group in itertools.groupby(found, key=lambda part: part.process):
        yield from _read_process(folder, process, list(group), account)


def _read_process(
    folder: Path, process: str, parts: list[files.Part], account: Account
) -> Iterator[Entry]:
    # Looked at before the lines: what is written meanwhile is then pending at worst.
    living = files.is_written(parts[-1].path)
    counts = files.read_counts(folder, process)
    begun: dict[str, Any] | None = None
    last: dict[str, Any] = {}
    read = 0
    for part in parts:
        for fields in _lines(part.path, account):
            if "mark" in fields:
                begun, last = begun or fields, fields
            else:
                read += 1
                account.entries += 1
                yield from_fields(fields)
    account.dropped.update(last.get("dropped", {}))
    if last.get("closed"):
        given, dropped = last["given"], sum(last["dropped"].values())
    elif counts:
        given, dropped = counts
        if (untold := dropped - sum(last.get("dropped", {}).values())) > 0:
            account.dropped["not said"] += untold
    else:
        # A process without any line has none that could be missing: its files have been deleted.
        account.unknown += begun is not None
        return
    missing = max(0, given - dropped - read - (begun or {}).get("written", 0))
    account.pending += missing if living else 0
    account.lost += 0 if living else missing


def _lines(path: Path, account: Account) -> Iterator[dict[str, Any]]:
    try:
        with _opened(path) as stream:
            for number, line in enumerate(stream, start=1):
                if not line.endswith(b"\n"):
                    account.cut_lines += 1
                    return
                if fields := _parsed(line, path, number, account):
                    yield fields
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        if account.tolerant:
            account.damaged += 1
            return
        raise InputError(
            f"damaged ({error})", where=str(path), mend="restore or delete the file"
        ) from error


def _opened(path: Path) -> BinaryIO:
    """Opens a file, which may have been compressed or deleted since it was listed."""
    if path.suffix != ".gz":
        try:
            return path.open("rb")
        except FileNotFoundError:
            path = path.with_name(f"{path.name}.gz")
    try:
        return cast(BinaryIO, gzip.open(path))
    except FileNotFoundError:
        return io.BytesIO()


def _parsed(line: bytes, path: Path, number: int, account: Account) -> dict[str, Any]:
    where = f"{path}, line {number}"
    try:
        fields = json.loads(line)
        if "mark" not in fields:
            from_fields(fields)
        elif fields["schema"] > SCHEMA_VERSION:
            raise InputError(
                f"wanted schema {SCHEMA_VERSION}, got {fields['schema']}", where=where,
                mend="read it with the version that wrote it",
            )  # fmt: skip
    except (ValueError, TypeError, KeyError) as error:
        if account.tolerant:
            account.damaged += 1
            return {}
        raise InputError(
            f"no line of a request log ({error})", where=where, mend="restore or delete the file"
        ) from error
    return dict(fields)

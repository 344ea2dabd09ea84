"""Reads damaged files for as long as one likes: no crash, no hang, no silent loss.

Files of every format are damaged at random. One that is answered in a new way (other problems,
guesses or errors) joins those that are damaged next. What breaks a rule is written to a folder.
"""

import argparse
import hashlib
import io
import json
import random
import re
import signal
import time
import traceback
from collections import Counter
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sentiment_common.errors import InputError
from sentiment_sources.content import Content
from sentiment_sources.formats import records

COLUMNS = {"text": "text", "rating": "stars"}
SECONDS = 10  # for one file of some hundred bytes
PINS = (
    {}, {}, {}, {"encoding": "utf-8"}, {"encoding": "utf-16"}, {"encoding": "shift_jis"},
    {"delimiter": ";"}, {"quotes": "escaped"}, {"quotes": "none"}, {"quotes": "spaced"},
    {"header": "no"}, {"header": "text,stars"}, {"header": "yes"}, {"header": "2"},
)  # fmt: skip
PIECES = (
    b'"', b'""', b"\n", b"\r", b"\r\n", b",", b";", b"\t", b"|", b"\0", b"\xff", b"\xe2\x80",
    b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0", b"{", b"}", b"[", b"]", b"\\",
    b'\\"', b"\x1a", b"sep=;\n", b"text,stars\n", b"\xed\xa0\x80", b"\x85", b"\xe2\x80\xa8", b"NaN",
    b'"text":', b"1e999", b"\\ud800", b"<html", b"PAR1", b"PK\x03\x04", b"=1+1", b"5.69587E+17",
    b"\\N", b"Table 1\n", b"\x81",
)  # fmt: skip


def main() -> None:
    """Prints what was tried and found, and exits 1 if anything broke a rule."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--out", type=Path, default=Path("fuzz-findings"))
    arguments, _ = parser.parse_known_args()
    rng = random.Random(arguments.seed)
    corpora = {name: [content] for name, content in seeds().items()}
    runs, errors, findings, seen = Counter(), Counter(), Counter(), set()
    end = time.monotonic() + 60 * arguments.minutes
    while time.monotonic() < end:
        name = rng.choice(list(corpora))
        content = damage(rng, corpora[name])
        pins = rng.choice(PINS)
        answer, broken = examine(name, content, pins)
        runs[name] += 1
        errors[name] += answer.startswith("error")
        if broken:
            findings[name] += 1
            keep(arguments.out, name, content, pins, broken)
        if (name, answer) not in seen and len(content) < 20_000:
            seen.add((name, answer))
            corpora[name].append(content)
    print("| format | files | refused in one line | ways to answer | rules broken |")
    print("|---|---|---|---|---|")
    for name, corpus in corpora.items():
        figures = f"{runs[name]:,} | {errors[name] / max(1, runs[name]):.0%} | {len(corpus)}"
        print(f"| {name.partition('.')[2]} | {figures} | {findings[name]} |")
    print(f"\n{sum(runs.values()):,} files in {arguments.minutes:g} minutes")
    raise SystemExit(bool(findings))


def seeds() -> dict[str, bytes]:
    """Returns a valid file of each format by its name."""
    parquet = io.BytesIO()
    table = {"text": ["good", "naïve", None] * 20, "stars": ["5", "1", "3"] * 20}
    pq.write_table(pa.table(table), parquet, row_group_size=16)
    rows = [{"text": 'naïve "one"', "stars": n, "user": {"a": [n]}} for n in range(3)]
    return {
        "a.csv": 'text,stars\n"good, ""really""",5\nnaïve,1\n"two\nlines",3\n'.encode() * 2,
        "b.csv": "\ufefftext;stars\r\ngood;4,5\r\n".encode("utf-16-le"),
        "a.tsv": "id\ttext\tstars\n7\tcafé\t5\n8\tfine\t1\n".encode("cp1252"),
        "a.jsonl": "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode(),
        "a.json": json.dumps(rows, indent=1).encode(),
        "a.txt": "good\nnaïve\r\n\nlast".encode(),
        "a.parquet": parquet.getvalue(),
    }


def damage(rng: random.Random, corpus: list[bytes]) -> bytes:
    """Returns a file of the corpus with some bytes changed, taken out, doubled or put in."""
    content = bytearray(rng.choice(corpus))
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        at = rng.randrange(len(content) + 1)
        end = min(len(content), at + rng.choice((0, 0, 1, 4, 40)))
        kind = rng.randrange(5)
        if kind == 0 and content:
            content[min(at, len(content) - 1)] ^= 1 << rng.randrange(8)
        elif kind == 1:
            content[at:at] = content[at:end] * rng.choice((1, 2, 50))
        elif kind == 2:
            other = rng.choice(corpus)
            start = rng.randrange(len(other) + 1)
            content[at:end] = other[start : start + rng.choice((1, 10, 100))]
        else:
            content[at:end] = rng.choice(PIECES)
    return bytes(content)


def examine(name: str, content: bytes, pins: dict[str, str]) -> tuple[str, str]:
    """Reads a file twice.

    Returns:
        How it is answered, without names and numbers; and which rule that breaks, if any.
    """
    file = Content(name, name, partial(io.BytesIO, content))
    signal.signal(signal.SIGALRM, _too_slow)
    signal.alarm(SECONDS)
    try:
        first, second = answer(file, pins), answer(file, pins)
    except Exception:  # noqa: BLE001 (whatever it is, it is the finding)
        return "broken", traceback.format_exc()
    finally:
        signal.alarm(0)
    broken = "" if first == second else "read twice, it is answered differently"
    rows, told, error = first
    if "\n" in error:
        broken = "an error of more than one line"
    if not error and not rows:
        broken = "neither rows nor an error"
    for row, problem, values in rows:
        if row < 1 or bool(problem) == bool(values):
            broken = f"row {row}: {problem!r} with {values!r}"
        if any(isinstance(value, str) and not _is_text(value) for value in values.values()):
            broken = f"row {row}: {values!r} cannot be written"
    if name == "a.txt" and not error and set(pins) <= {"encoding"} and b"\r" not in content:
        broken = broken or _recount(content, pins, len(rows))
    problems = Counter(problem for _, problem, _ in rows)
    shape = sorted((problem, min(count, 4)) for problem, count in problems.items())
    error, *told = (re.sub(r"'.*'|0x..|\d+", "", each) for each in (error, *sorted(told)))
    return f"{error and 'error'}{error}{shape}{told}", broken


def answer(file: Content, pins: dict[str, str]) -> tuple[list[tuple], list[str], str]:
    """Returns a file's rows, what was told, and the error."""
    columns = {"text": "text"} if file.name.endswith(".txt") else COLUMNS
    rows, told = [], []
    try:
        for record in records(file, columns, pins, told.append):
            rows.append((record.row, record.problem, dict(record.values)))
    except InputError as error:
        return rows, told, str(error)
    return rows, told, ""


def _is_text(value: str) -> bool:
    return "\0" not in value and not re.search("[\ud800-\udfff]", value)


def _recount(content: bytes, pins: dict[str, str], rows: int) -> str:
    if pins.get("encoding") != "utf-8":
        return ""
    text = content.decode("utf-8", "replace").removeprefix("\ufeff").rstrip("\x1a")
    lines = sum(bool(line.strip()) for line in text.split("\n"))
    return "" if lines == rows else f"{lines} lines, {rows} rows"


def _too_slow(*_: object) -> None:
    raise TimeoutError(f"more than {SECONDS} seconds")


def keep(folder: Path, name: str, content: bytes, pins: dict[str, str], broken: str) -> None:
    """Writes a finding: the file itself, and beside it the pins and what was wrong."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{hashlib.sha256(content).hexdigest()[:12]}-{name}"
    path.write_bytes(content)
    path.with_suffix(path.suffix + ".txt").write_text(f"{pins}\n{broken}\n")


if __name__ == "__main__":
    main()

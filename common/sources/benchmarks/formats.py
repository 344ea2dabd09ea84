"""How fast each format is read and how much memory that takes, beside bare parsers."""

import argparse
import csv
import importlib.util
import json
import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from sentiment_sources.content import Content
from sentiment_sources.formats import records

SENTENCE = "The parcel came late, the box was wet and nobody answered: “naïve” me. Order {:010d}."
COLUMNS = {"id": "id", "text": "text", "rating": "stars"}


def main() -> None:
    """Prints a table of formats and peers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=500_000)
    arguments, _ = parser.parse_known_args()
    print(f"{arguments.rows:,} rows of three columns, about 100 characters each\n")
    print(
        "| file | reader | CPU seconds | rows/s | memory above the start |\n|---|---|---|---|---|"
    )
    with tempfile.TemporaryDirectory() as folder:
        for name, write in FILES.items():
            path = Path(folder) / name
            write(path, arguments.rows)
            size = f"{name}, {path.stat().st_size / 1e6:,.0f} MB"
            for reader, read in {"this": read_records, **PEERS.get(name, {})}.items():
                seconds, rows, memory = measure(read, path)
                assert rows == arguments.rows, (name, reader, rows)
                print(
                    f"| {size} | {reader} | {seconds:.1f} | {rows / seconds:,.0f} | {memory} MB |"
                )
            path.unlink()


def measure(read: Callable[[Path], int], path: Path) -> tuple[float, int, int]:
    """Returns CPU seconds, rows and megabytes, measured in a process of its own."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_timed, (read, path))


def _timed(read: Callable[[Path], int], path: Path) -> tuple[float, int, int]:
    before = _peak()
    started = time.process_time()
    rows = read(path)
    return time.process_time() - started, rows, (_peak() - before) // 1024


def _peak() -> int:
    """Returns the largest memory this process has had, in KiB."""
    # getrusage would count what the parent had when it started this one.
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


def read_records(path: Path) -> int:
    """Reads with this package: guesses, checks and a record per row included."""
    content = Content(path.name, path.name, partial(path.open, "rb"), path)
    columns = {"text": "text"} if path.suffix == ".txt" else COLUMNS
    return sum(not record.problem for record in records(content, columns, {}, lambda _: None))


def read_csv_module(path: Path) -> int:
    """Reads with the csv module on a text that is known to be UTF-8."""
    with path.open(newline="", encoding="utf-8") as stream:
        return sum(1 for _ in csv.DictReader(stream))


def read_pyarrow_csv(path: Path) -> int:
    """Reads batch by batch into columns, and no row becomes a Python object."""
    options = pa.csv.ParseOptions(newlines_in_values=True)
    return sum(batch.num_rows for batch in pa.csv.open_csv(path, parse_options=options))


def read_pandas_csv(path: Path) -> int:
    """Reads the whole file into columns."""
    import pandas

    return len(pandas.read_csv(path))


def read_json_module(path: Path) -> int:
    """Reads line by line with the json module."""
    with path.open(encoding="utf-8") as stream:
        return sum(1 for line in stream if json.loads(line))


def read_json_array(path: Path) -> int:
    """Reads the whole file with the json module."""
    return len(json.loads(path.read_text("utf-8")))


def read_pyarrow_parquet(path: Path) -> int:
    """Reads batch by batch into Python objects, unchecked."""
    with pq.ParquetFile(path) as file:
        return sum(len(batch.to_pylist()) for batch in file.iter_batches())


def _rows(count: int) -> Iterator[dict[str, object]]:
    for n in range(count):
        yield {"id": n, "text": SENTENCE.format(n), "stars": n % 5 + 1}


def _write_csv(path: Path, count: int, encoding: str = "utf-8") -> None:
    with path.open("w", newline="", encoding=encoding, errors="replace") as stream:
        writer = csv.DictWriter(stream, ["id", "text", "stars"])
        writer.writeheader()
        writer.writerows(_rows(count))


def _write_lines(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8") as stream:
        stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in _rows(count))


def _write_array(path: Path, count: int) -> None:
    path.write_text(json.dumps(list(_rows(count)), ensure_ascii=False), encoding="utf-8")


def _write_text(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8") as stream:
        stream.writelines(f"{row['text']}\n" for row in _rows(count))


def _write_parquet(path: Path, count: int) -> None:
    pq.write_table(pa.Table.from_pylist(list(_rows(count))), path)


FILES: dict[str, Callable[[Path, int], None]] = {
    "utf8.csv": _write_csv,
    "cp1252.csv": partial(_write_csv, encoding="cp1252"),
    "utf16.csv": partial(_write_csv, encoding="utf-16"),
    "lines.jsonl": _write_lines,
    "array.json": _write_array,
    "texts.txt": _write_text,
    "table.parquet": _write_parquet,
}
_PANDAS = {"pandas.read_csv": read_pandas_csv} if importlib.util.find_spec("pandas") else {}
PEERS: dict[str, dict[str, Callable[[Path], int]]] = {
    "utf8.csv": {
        "csv.DictReader": read_csv_module, "pyarrow.csv": read_pyarrow_csv, **_PANDAS,
    },
    "lines.jsonl": {"json.loads": read_json_module},
    "array.json": {"json.loads of the file": read_json_array},
    "table.parquet": {"pyarrow": read_pyarrow_parquet},
}  # fmt: skip

if __name__ == "__main__":
    main()

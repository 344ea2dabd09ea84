"""Increments through the whole stage: nothing is lost, nothing is counted twice."""

import json

import pyarrow.parquet as pq
import pytest

from sentiment_common.artifacts import payload_digest
from sentiment_common.errors import InputError
from sentiment_ingest.increments import parse_since, watermarks
from sentiment_ingest.rows import Example
from sentiment_ingest.split import SPLITS

HEADER = "text,stars,id,date\n"
FLAGS = ("--rating-column", "stars", "--created-at-column", "date")


def row(number, date, text=""):
    return f"{text or f'text number {number}'},{number % 5 + 1},{number},{date}\n"


def days(first, last):
    """Two rows a day."""
    return [row(2 * day + it, f"2025-01-{day:02d}") for day in range(first, last) for it in (0, 1)]


@pytest.fixture(params=[(), ("--id-column", "id")], ids=["made-up ids", "given ids"])
def flags(request):
    return (*FLAGS, *request.param)


@pytest.fixture
def step(ingest, tmp_path):
    """Ingests rows after the artifact of the step before, and returns the new artifact."""
    steps = []

    def step(lines, *options):
        source = tmp_path / "own.csv"
        source.write_text(HEADER + "".join(lines))
        previous = ["--previous-examples", steps[-1]] if steps else []
        done = ingest("--source", source, *previous, *options)
        assert done.returncode == 0, done.stderr
        steps.append(tmp_path / f"examples-{len(steps)}")
        (tmp_path / "out" / "examples").rename(steps[-1])
        return steps[-1]

    return step


def kept(folder):
    rows = {}
    for split in SPLITS:
        for it in pq.read_table(folder / split / "examples.parquet").to_pylist():
            rows[it["text"]] = (split, it["id"], it["label"], it["created_at"])
    return rows


def summary(folder):
    return json.loads((folder / "summary.json").read_text())


def test_the_new_artifact_is_the_old_one_and_what_is_new(step, flags):
    old = step(days(1, 15), *flags)
    new = step(days(15, 20), *flags, "--since", "auto")
    assert kept(old).items() <= kept(new).items()
    assert len(kept(new)) == len(kept(old)) + 10
    assert summary(new)["rows"]["read"] == 38
    assert summary(new)["watermarks"] == {"own": "2025-01-19T00:00:00"}


def test_the_same_data_twice_give_the_same_bytes(step, flags):
    lines = [
        *days(1, 15), row(90, "2025-01-14", "TEXT number 2"), row(91, "", "no date"),
        row(92, "some day"), "too,few\n", row(3, "2025-02-01", "id of another"),
        row(94, "2025-02-02", "text number 9"),
    ]  # fmt: skip
    old = step(lines, *flags)
    assert summary(old)["rows"]["dropped"] >= 4
    assert payload_digest(step(lines, *flags, "--since", "auto")) == payload_digest(old)
    assert payload_digest(step(lines, *flags, "--since", "auto")) == payload_digest(old)


def test_rows_of_the_last_moment_that_come_late_are_not_lost(step, flags):
    step(days(1, 15), *flags)
    late = [row(500, "2025-01-14", "late but of the last day"), row(501, "2025-01-13", "too late")]
    new = step([*days(1, 15), *late], *flags, "--since", "auto")
    assert "late but of the last day" in kept(new)
    assert "too late" not in kept(new)


def test_an_earlier_date_finds_what_came_late_and_counts_what_lies_before(step, flags):
    old = step(days(1, 15), *flags)
    late = row(501, "2025-01-13", "came late")
    new = step([*days(1, 15), late], *flags, "--since", "2025-01-10")
    assert kept(new).keys() - kept(old).keys() == {"came late"}
    assert summary(new)["before_since"] == 18
    assert summary(new)["rows"]["read"] == 29


def test_a_source_that_is_new_is_read_whole(step, ingest, tmp_path, flags):
    step(days(5, 20), *flags)
    other = tmp_path / "other.csv"
    other.write_text(HEADER + "".join(row(700 + it, "2025-01-01") for it in range(3)))
    source = f"{tmp_path}/own.csv | {other}"
    previous = ("--previous-examples", tmp_path / "examples-0", "--since", "auto")
    done = ingest("--source", source, *flags, *previous)
    assert done.returncode == 0, done.stderr
    assert len(kept(tmp_path / "out" / "examples")) == 33


def test_without_earlier_examples_everything_is_read(step, flags):
    assert len(kept(step(days(1, 15), *flags, "--since", "auto"))) == 28


def test_earlier_rows_are_redacted_with_the_new_ones(step, flags):
    lines = [*days(1, 15), row(100, "2025-01-14", "write to joe@mail.example now")]
    step(lines, *flags)
    new = step(lines, *flags, "--since", "auto", "--redact", "true")
    assert "write to redacted@email.invalid now" in kept(new)
    assert summary(new)["personal_data"] == {"email": 1}
    assert all("joe@" not in path.read_text("utf-8", "replace") for path in new.glob("*.json*"))
    again = step(lines, *flags, "--since", "auto", "--redact", "true")
    assert payload_digest(again) == payload_digest(new)


def test_the_watermark_is_the_last_date_of_each_source_whatever_its_zone():
    rows = [
        Example("1", "a", "neutral", None, "a", "1", "2025-01-01T23:00:00-05:00"),
        Example("2", "b", "neutral", None, "a", "2", "2025-01-02T03:00:00"),
        Example("3", "c", "neutral", None, "b", "3", None),
    ]
    assert watermarks(rows) == {"a": "2025-01-01T23:00:00-05:00"}


def test_a_date_is_iso_8601():
    assert parse_since("auto") is parse_since("") is None
    assert parse_since("2025-01-31").isoformat() == "2025-01-31T00:00:00+00:00"
    with pytest.raises(InputError, match="--since: '31/1' is no date; give auto or a date"):
        parse_since("31/1")


def test_rows_that_came_late_or_were_changed_are_told_and_not_lost_in_silence(
    ingest, step, tmp_path
):
    lines = [*days(1, 15), row(95, "2025-01-03", "text number 2"), row(96, "some day")]
    old = step(lines, *FLAGS, "--id-column", "id")
    changed = [row(4, "2025-01-02", "another text under a known id"), *lines[1:]]
    changed += [row(97, "2025-01-05", "a text that came late")]
    flags = (*FLAGS, "--id-column", "id", "--previous-examples", old, "--since", "auto")
    for name, rows, told in (("same", lines, False), ("changed", changed, True)):
        source = tmp_path / name / "own.csv"
        source.parent.mkdir()
        source.write_text(HEADER + "".join(rows))
        done = ingest("--source", source, *flags)
        assert done.returncode == 0, done.stderr
        assert ("left out 2 rows from before" in done.stderr) == told
        assert ("came late" in done.stderr) == told

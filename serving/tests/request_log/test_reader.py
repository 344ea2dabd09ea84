import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_common.request_log import Account, files, read_log


def only_file(folder):
    (path,) = folder.glob("requests-*.jsonl")
    return path


def test_what_is_written_can_be_read_while_more_is_written(opened, answered, folder):
    log = opened(flush_seconds=30)
    log.record(answered("one"))
    log.close()
    other = opened(flush_seconds=30)
    other.record(answered("two", "three"))
    account = Account()
    assert [entry.text for entry in read_log(folder, account)] == ["one"]
    other.close()
    account = Account()
    assert [entry.text for entry in read_log(folder, account)] == ["one", "two", "three"]
    assert account == Account(entries=3)


def test_a_line_that_breaks_off_is_counted_and_so_is_its_entry(opened, answered, folder):
    log = opened()
    log.record(answered("one", "two"))
    log.close()
    path = only_file(folder)
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join(lines[:2]) + b"\n" + lines[2][:20])
    account = Account()
    assert [entry.text for entry in read_log(folder, account)] == ["one"]
    assert (account.cut_lines, account.unknown) == (1, 1)
    assert "1 cut lines" in str(account)


@given(data=st.binary(min_size=1).filter(lambda data: b"\n" not in data))
def test_a_damaged_line_is_named(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("log")
    path = folder / "requests-20260102T030405.000006Z-77-000000.jsonl"
    path.write_bytes(data + b"\n")
    with pytest.raises(InputError, match=r"000000\.jsonl, line 1: no line of a request log"):
        list(read_log(folder))


def test_a_log_of_a_later_schema_is_refused(opened, answered, folder):
    log = opened()
    log.record(answered("one"))
    log.close()
    path = only_file(folder)
    begin, rest = path.read_text().split("\n", 1)
    path.write_text(json.dumps(json.loads(begin) | {"schema": 3}) + "\n" + rest)
    with pytest.raises(InputError, match="wanted schema 2, got 3"):
        list(read_log(folder))


def test_a_folder_without_a_log_is_refused(tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(InputError, match="no request log here"):
            list(read_log(folder))


def test_a_damaged_compressed_file_is_named(opened, answered, folder):
    log = opened()
    log.record(answered(*("text" * 50 for _ in range(50))))
    log.close()
    files.tidy(folder, 10**9)
    (path,) = folder.glob("*.gz")
    whole = path.read_bytes()
    for damaged in (whole[:-20], b"nothing", whole[:60] + bytes(20) + whole[80:]):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match=r"000000\.jsonl\.gz.*restore or delete"):
            list(read_log(folder))


def test_a_file_that_is_compressed_or_deleted_while_others_are_read_is_no_mistake(
    opened, answered, folder
):
    for text in ("one", "two", "three"):
        log = opened()
        log.record(answered(text))
        log.close()
    account = Account()
    reading = read_log(folder, account)
    assert next(reading).text == "one"
    files.tidy(folder, 10**9)
    files.parts(folder)[1].path.unlink()
    assert [entry.text for entry in reading] == ["three"]
    assert account == Account(entries=2)

"""The decision log: nothing that was said to be kept is lost, and nothing is changed unseen."""

import json
import os
import resource
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_pipelines.retraining import journal
from sentiment_pipelines.retraining.journal import Line

NOW = "2026-11-23T10:00:00.000Z"


def line(reason="why", **facts):
    return Line(**{"kind": "decision", "id": "a", "time": NOW, "reasons": [reason], **facts})


@pytest.fixture
def path(tmp_path):
    return tmp_path / "retraining" / "decisions.jsonl"


@given(reasons=st.lists(st.text(), max_size=5), mark=st.lists(st.text()))
def test_what_is_appended_is_read_again(tmp_path_factory, reasons, mark):
    path = tmp_path_factory.mktemp("journal") / "decisions.jsonl"
    for reason in reasons:
        journal.append(path, line(reason, watermark=mark, rows={"total": 3}))
    found = journal.read(path)
    assert not found.doubts
    assert [it.reasons[0] for it in found.lines] == reasons
    assert all(it.watermark == mark for it in found.lines)


def test_without_a_file_nothing_was_ever_decided(path):
    assert journal.read(path) == journal.Journal()


def test_every_line_has_the_fields_that_readers_rely_on(path):
    journal.append(path, line())
    (stored,) = map(json.loads, path.read_text().splitlines())
    assert set(journal.ALWAYS) <= set(stored)
    assert stored["schema"] == 1


def test_a_line_that_broke_off_counts_for_nothing_and_the_next_is_whole(path):
    journal.append(path, line("first"))
    with path.open("a") as stream:
        stream.write('{"schema":1,"kind":"sta')
    assert [it.reasons[0] for it in journal.read(path).lines] == ["first"]
    journal.append(path, line("second"))
    found = journal.read(path)
    assert [it.reasons[0] for it in found.lines] == ["first", "second"]
    assert found.doubts == [
        "decisions.jsonl, line 2: it broke off while it was written, and counts for nothing."
    ]


def test_a_line_that_was_changed_or_taken_out_is_noticed(path):
    for reason in ("first", "second", "third"):
        journal.append(path, line(reason))
    whole = path.read_text().splitlines(keepends=True)
    path.write_text(whole[0] + whole[2])
    assert "line 2: the line before it was changed" in journal.read(path).doubts[0]
    path.write_text("".join(whole).replace("second", "SECOND"))
    assert "line 3: the line before it was changed" in journal.read(path).doubts[0]


def test_fields_of_a_later_time_are_passed_over_and_a_later_schema_is_not(path):
    path.parent.mkdir()
    path.write_text(json.dumps({"kind": "note", "id": "a", "time": NOW, "news": 1}) + "\n")
    assert journal.read(path).lines[0].kind == "note"
    path.write_text(json.dumps({"kind": "note", "id": "a", "time": NOW, "schema": 2}) + "\n")
    with pytest.raises(InputError, match="wanted schema 1, got 2"):
        journal.read(path)


def test_many_writers_at_once_lose_nothing(path):
    code = (
        "import sys\nfrom pathlib import Path\nfrom sentiment_pipelines.retraining import journal\n"
        "for number in range(50):\n"
        "    journal.append(Path(sys.argv[1]), journal.Line('decision', sys.argv[2], "
        f"'{NOW}', reasons=[str(number)]))\n"
    )
    with ThreadPoolExecutor(3) as pool:
        command = [sys.executable, "-c", code, str(path)]
        list(pool.map(lambda name: subprocess.run([*command, name], check=True), "abc"))
    found = journal.read(path)
    assert (len(found.lines), found.doubts) == (150, [])


def test_a_full_disk_leaves_the_log_as_it_was(path):
    journal.append(path, line("first"))
    before = path.read_bytes()
    process = os.fork()
    if process == 0:
        # A file may grow no further: the system tells it as it tells of a full disk.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 40, len(before) + 40))
        try:
            journal.append(path, line("second " * 50))
        except OSError:
            os._exit(7)
        os._exit(1)
    _, status = os.waitpid(process, 0)
    assert os.waitstatus_to_exitcode(status) == 7
    assert path.read_bytes() == before

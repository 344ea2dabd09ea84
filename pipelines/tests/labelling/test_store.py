import json
import multiprocessing
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_models.bundle import LABELS
from sentiment_pipelines.labelling import store

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
ROWS = st.lists(
    st.builds(
        store.Row, request_id=st.sampled_from("abc"), position=st.integers(0, 9), text=TEXTS,
        label=st.sampled_from([*LABELS, store.WITHDRAWN]), by=st.sampled_from(["anna", "ben"]),
        labelled_at=st.just("2026-11-20T00:00:00.000Z"), batch=st.just("b"), reason=TEXTS,
    ),
    max_size=12,
)  # fmt: skip


def row(text, label, by, **facts):
    made = {
        "request_id": "r1", "position": 0, "labelled_at": store.now(), "batch": "b",
        "reason": "random", **facts,
    }  # fmt: skip
    return store.Row(text=text, label=label, by=by, **made)


@settings(max_examples=60, deadline=None)
@given(ROWS, ROWS)
def test_whatever_is_added_is_read_again_and_nothing_before_it_is_touched(first, second):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data" / "labels.csv"
        store.append(path, lambda known: first)
        before = path.read_bytes() if first else b""
        store.append(path, lambda known: second)
        assert not second or path.read_bytes().startswith(before)
        counts = {(it.text, it.by): it for it in [*first, *second]}
        assert {(it.text, it.by): it for it in store.read(path)} == {
            key: it for key, it in counts.items() if it.label
        }


def test_before_anybody_has_labelled_there_is_nothing(tmp_path):
    assert store.read(tmp_path / "labels.csv") == []


def test_of_what_one_labeller_said_the_last_counts_and_a_withdrawal_ends_it(tmp_path):
    path = tmp_path / "labels.csv"
    said = [row("fine", "neutral", "anna"), row("fine", "positive", "anna")]
    store.append(path, lambda known: [*said, row("bad", "negative", "anna")])
    store.append(path, lambda known: [row("bad", store.WITHDRAWN, "anna")])
    assert [(it.text, it.label) for it in store.read(path)] == [("fine", "positive")]
    assert len(store.history(path)) == 4, "nothing that was ever said is gone"


def test_the_majority_settles_a_text_and_a_tie_is_left_open():
    rows = [
        row("a", "negative", "anna"), row("a", "negative", "carol"), row("a", "neutral", "ben"),
        row("b", "negative", "anna"), row("b", "positive", "ben"), row("c", "positive", "ben"),
    ]  # fmt: skip
    found = {it.text: it for it in store.settled(rows)}
    assert set(found) == {"a", "c"}
    assert (found["a"].label, found["a"].by, found["a"].votes) == ("negative", ("anna", "carol"), 3)
    assert [[it.by for it in group] for group in store.tied(rows)] == [["anna", "ben"]]


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_each_labelled_text_is_settled_or_tied_and_never_both(rows):
    rows = [it for it in {(it.text, it.by): it for it in rows}.values() if it.label]
    settled = [it.text for it in store.settled(rows)]
    tied = [group[0].text for group in store.tied(rows)]
    assert sorted(settled + tied) == sorted({it.text for it in rows})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"id,label\n", "line 1: no file of labels"),
        (b"", "its columns are not"),
        (b"\xff\xfe", "no file of labels"),
        ((",".join(store.COLUMNS) + "\nr1,0,fine,good,anna,t,b,r\n").encode(), "'good' is no"),
        ((",".join(store.COLUMNS) + "\nr1,0,fine\n").encode(), "line 2"),
        ((",".join(store.COLUMNS) + "\nr1,x,fine,neutral,a,t,b,r\n").encode(), "line 2"),
        ((",".join(store.COLUMNS) + '\nr1,0,"fin').encode(), "line 2"),
    ],
)
def test_a_damaged_file_is_refused_in_one_line_and_left_alone(tmp_path, content, said):
    path = tmp_path / "labels.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=said):
        store.append(path, lambda known: [row("fine", "neutral", "anna")])
    assert path.read_bytes() == content


def test_what_is_refused_while_it_is_chosen_changes_nothing(tmp_path):
    path = tmp_path / "labels.csv"
    store.append(path, lambda known: [row("fine", "neutral", "anna")])
    before = path.read_bytes()

    def refuse(known):
        raise InputError("no")

    with pytest.raises(InputError):
        store.append(path, refuse)
    assert path.read_bytes() == before
    assert [it.name for it in tmp_path.iterdir()] == ["labels.csv"]


def test_a_link_to_a_cache_is_replaced_and_the_cache_stays_what_it_was(tmp_path):
    cached, path = tmp_path / "cached", tmp_path / "data" / "labels.csv"
    store.append(cached, lambda known: [row("fine", "neutral", "anna")])
    before = cached.read_bytes()
    path.parent.mkdir()
    path.hardlink_to(cached)
    store.append(path, lambda known: [row("bad", "negative", "anna")])
    assert cached.read_bytes() == before and len(store.read(path)) == 2


def test_a_folder_in_the_place_of_the_file_is_one_line(tmp_path):
    with pytest.raises(InputError, match="no file of labels"):
        store.read(tmp_path)


def test_while_dvc_has_taken_the_file_away_nobody_reads_or_adds(tmp_path):
    path = tmp_path / "labels.csv"
    store.append(path, lambda known: [row("fine", "neutral", "anna")])
    with ThreadPoolExecutor(2) as pool:
        with store.alone(tmp_path):
            aside = path.rename(tmp_path / "aside")
            reader = pool.submit(store.read, path)
            writer = pool.submit(store.append, path, lambda known: [row("bad", "negative", "ben")])
            time.sleep(0.1)
            assert not reader.done() and not writer.done()
            aside.rename(path)
        assert reader.result(10) and writer.result(10)
    assert [it.text for it in store.read(path)] == ["fine", "bad"]


def _label_many(path, by):
    for number in range(20):
        store.append(path, lambda known: [row(f"text {number}", "neutral", by)])  # noqa: B023


def test_two_writers_at_once_lose_nothing_of_each_other(tmp_path):
    path = tmp_path / "labels.csv"
    made = multiprocessing.get_context("fork")
    writers = [made.Process(target=_label_many, args=(path, by)) for by in ("anna", "ben")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    assert len(store.read(path)) == 40


ENDLESS = """
import itertools, json, sys
from pathlib import Path
from sentiment_pipelines.labelling import store
for number in itertools.count():
    row = store.Row("r", number, f"text {number}", "neutral", "anna", store.now(), "b", "random")
    store.append(Path(sys.argv[1]), lambda known: [row])
    print(json.dumps(number), flush=True)
"""


def test_a_writer_that_is_killed_loses_nothing_that_it_acknowledged(tmp_path):
    path = tmp_path / "labels.csv"
    process = subprocess.Popen(
        [sys.executable, "-c", ENDLESS, path], stdout=subprocess.PIPE, text=True
    )
    told = [json.loads(process.stdout.readline()) for _ in range(25)]
    process.send_signal(signal.SIGKILL)
    told += [json.loads(line) for line in process.stdout if line.endswith("\n")]
    process.wait()
    kept = [it.position for it in store.read(path)]
    assert kept == list(range(len(kept))) and len(kept) >= len(told)
    store.append(path, lambda known: [row("next", "neutral", "anna")])
    assert len(store.read(path)) == len(kept) + 1

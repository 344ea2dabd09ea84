"""Labelled rows of live traffic: from a real log, as it is while services write it."""

import csv
import gzip
import hashlib
import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_common.request_log import Entry, Feedback, files
from sentiment_common.request_log.entry import entry_line, to_line
from sentiment_common.request_log.feedback import feedback_fields
from sentiment_pipelines.labelling import store
from sentiment_pipelines.retraining import labels as labels_
from sentiment_pipelines.retraining.rows import COLUMNS, gather

LABELS = ("negative", "neutral", "positive")
REQUESTS = "requests-20261123T100000.000000Z-{}-000000.jsonl"
FEEDBACK = "feedback-20261123T100000.000000Z-{}-000000.jsonl"
PROBABILITIES = {"negative": 0.5, "neutral": 0.3, "positive": 0.2}


def moment(seconds):
    return f"2026-11-23T10:{seconds // 60:02d}:{seconds % 60:02d}.000Z"


class Traffic:
    """The log and the labels of a service, as files; several processes may write them."""

    def __init__(self, folder):
        self.log, self.labels, self.out = folder / "log", folder / "labels.csv", folder / "out"
        self.log.mkdir(parents=True)
        self._seq = 0

    def asked(self, request, text, at=0, process=1, **fields):
        """An answered text; its text is kept unless it is None."""
        entry = Entry(
            seq=self._seq, time=moment(at), request_id=request, position=fields.pop("position", 0),
            model="champion", digest="sha256:a", variant="", text=text,
            text_kept="none" if text is None else "raw", label="negative",
            probabilities=fields.pop("probabilities", PROBABILITIES), latency_ms=1.0,
            caller=fields.pop("caller", ""), **fields,
        )  # fmt: skip
        self._seq += 1
        self.write(REQUESTS.format(process), entry_line(entry))

    def told(self, request, label, at=60, process=1, position=0, by=""):
        feedback = Feedback(moment(at), request, position, label, by)
        self.write(FEEDBACK.format(process), to_line(feedback_fields(feedback)))

    def labelled(self, request, text, label, by="anna", at=120):
        row = store.Row(request, 0, text, label, by, moment(at), "batch", "random")
        store.append(self.labels, lambda standing: [row])

    def write(self, name, content):
        with (self.log / name).open("ab") as stream:
            stream.write(content)

    def gather(self, since=None):
        # As a journal keeps it.
        since = since and json.loads(json.dumps(since))
        return gather(self.log, self.labels, since, self.out)


@pytest.fixture
def traffic(tmp_path):
    return Traffic(tmp_path / "traffic")


def read(gathered):
    with gathered.path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == gathered.rows == gathered.by_label.total()
    return {row["id"]: row for row in rows}


def test_a_row_is_a_text_with_its_label_and_says_where_both_are_from(traffic):
    traffic.asked("r1", "it broke", at=5, caller="c0ffee")
    traffic.told("r1", "negative", at=65, by="customer")
    gathered = traffic.gather()
    assert read(gathered) == {
        "r1:0": {
            "id": "r1:0", "text": "it broke", "label": "negative", "source": "traffic/2026-11-23",
            "group": "c0ffee", "created_at": moment(5), "labelled_at": moment(65),
            "by": "caller c0ffee",
        }
    }  # fmt: skip
    assert tuple(read(gathered)["r1:0"]) == COLUMNS
    assert gathered.by_labeller == {"caller c0ffee": 1} and gathered.passed_over == {}
    assert gathered.path.stem == hashlib.sha256(gathered.path.read_bytes()).hexdigest()


def test_the_last_feedback_counts_and_a_person_counts_more(traffic):
    for request in ("r1", "r2", "r3"):
        traffic.asked(request, f"text of {request}")
        traffic.told(request, "negative", at=70, process=1)
        traffic.told(request, "neutral", at=80, process=2)
    traffic.labelled("r2", "text of r2", "positive", by="anna")
    traffic.labelled("r3", "text of r3", "positive", by="anna")
    traffic.labelled("r3", "text of r3", "negative", by="bob")
    rows = read(gathered := traffic.gather())
    assert {key: row["label"] for key, row in rows.items()} == {
        "r1:0": "neutral", "r2:0": "positive",
    }  # fmt: skip
    assert rows["r2:0"]["by"] == "anna"
    assert gathered.passed_over == {"labellers disagree": 1}
    traffic.labelled("r3", "text of r3", "negative", by="eva")
    (row,) = read(later := traffic.gather(gathered.watermark)).values()
    assert (row["id"], row["label"], row["by"]) == ("r3:0", "negative", "bob, eva")
    assert later.by_labeller == {"bob": 1, "eva": 1}


def test_feedback_is_held_against_sure_answers_and_people_are_not(traffic):
    sure = {"negative": 0.8, "neutral": 0.1, "positive": 0.1}
    for request, label in (("r1", "negative"), ("r2", "positive"), ("r3", "neutral")):
        traffic.asked(request, f"text of {request}", probabilities=sure)
        traffic.told(request, label)
    traffic.asked("r4", "an answer that was not sure")
    traffic.told("r4", "positive")
    traffic.labelled("r3", "text of r3", "positive")
    gathered = traffic.gather()
    assert (gathered.rows, gathered.sure, gathered.agreed) == (4, 2, 1)


def test_no_later_feedback_takes_the_label_of_people_over(traffic):
    traffic.asked("r1", "well, well")
    traffic.labelled("r1", "well, well", "negative")
    first = traffic.gather()
    traffic.asked("r2", "Well,  well", at=300, caller="attacker")
    traffic.told("r2", "positive", at=310)
    second = traffic.gather(first.watermark)
    (row,) = read(second).values()
    assert (row["label"], row["by"], row["labelled_at"]) == ("negative", "anna", moment(310))
    assert second.early == 0


def test_of_a_text_asked_about_twice_a_changed_mind_counts_for_both_requests(traffic):
    for request in ("r1", "r2"):
        traffic.asked(request, "well, well")
        traffic.told(request, "positive")
    traffic.labelled("r1", "well, well", "negative", by="anna")
    traffic.labelled("r2", "well, well", "negative", by="ben")
    first = traffic.gather()
    assert [it["label"] for it in read(first).values()] == ["negative"]
    traffic.labelled("r1", "well, well", "neutral", by="anna", at=200)
    tied = traffic.gather(first.watermark)
    assert (tied.rows, tied.passed_over) == (0, {"labellers disagree": 2})
    traffic.labelled("r2", "well, well", "neutral", by="ben", at=210)
    for since in (first.watermark, tied.watermark):
        (row,) = read(traffic.gather(since)).values()
        assert (row["label"], row["by"]) == ("neutral", "anna, ben")


def test_what_makes_no_row_is_counted_by_reason(traffic):
    traffic.asked("shadow", "said by a shadow", shadow=True)
    traffic.asked("none", None)
    traffic.asked("half", "half \ud83d")
    traffic.asked("unknown", "label of another scheme")
    for text in ("one text", "another text"):
        traffic.asked("twice", text)
    for number in range(3):
        traffic.asked(f"same{number}", ("Fine.", " fine. ", "FINE.")[number], caller=f"c{number}")
        traffic.told(f"same{number}", LABELS[number > 0])
    for request in ("shadow", "none", "half", "twice", "nobody"):
        traffic.told(request, "neutral")
    traffic.told("unknown", "angry")
    traffic.write(FEEDBACK.format(9), b"not JSON\n")
    gathered = traffic.gather()
    assert set(read(gathered)) == {"same1:0"}
    assert gathered.passed_over == {
        "unknown request": 2, "text not kept": 1, "unreadable text": 1, "unknown label": 1,
        "request id of several texts": 1, "repeated text": 1, "damaged line": 1,
        "repeated text with another label": 1,
    }  # fmt: skip


def test_one_caller_has_one_voice_about_a_text(traffic):
    for number in range(5):
        traffic.asked(f"a{number}", "great", caller="attacker")
        traffic.told(f"a{number}", "negative", at=90)
    for number in range(2):
        traffic.asked(f"h{number}", "great", caller=f"honest{number}")
        traffic.told(f"h{number}", "positive")
    (row,) = read(traffic.gather()).values()
    assert row["label"] == "positive"


def test_feedback_without_a_caller_is_of_one_whom_nobody_knows(traffic):
    for number in range(4):
        traffic.asked(f"r{number}", f"text {number}")
        traffic.told(f"r{number}", LABELS[number % 3], by=f"customer {number}")
    assert traffic.gather().by_labeller == {"": 4}


def test_nothing_is_taken_twice_and_a_changed_label_is_taken_again(traffic):
    traffic.asked("r1", "first")
    traffic.told("r1", "negative")
    first = traffic.gather()
    assert traffic.gather(first.watermark).rows == 0
    traffic.told("r1", "negative", at=200, process=2)
    second = traffic.gather(first.watermark)
    assert (second.rows, second.passed_over) == (0, {"label as before": 1})
    traffic.labelled("r1", "first", "positive")
    third = traffic.gather(second.watermark)
    assert read(third)["r1:0"]["label"] == "positive"
    traffic.labelled("r1", "first", store.WITHDRAWN)
    fourth = traffic.gather(third.watermark)
    assert read(fourth)["r1:0"]["label"] == "negative"


def test_what_was_not_trained_on_is_gathered_again_into_the_same_file(traffic):
    traffic.asked("r1", "first")
    traffic.told("r1", "negative")
    first, again = traffic.gather(), traffic.gather()
    assert first.path == again.path and len(list(traffic.out.iterdir())) == 1


@contextmanager
def living_process(traffic, given, process):
    """A process that has answered so many texts and keeps its files open."""
    path = traffic.log / REQUESTS.format(process)
    descriptor = files.create(path)
    counts = files.Counts(path.with_name(path.name.removesuffix("-000000.jsonl") + ".count"))
    counts.store(given, 0)
    try:
        yield
    finally:
        os.close(descriptor)
        counts.remove()


def test_a_label_that_is_faster_than_its_log_waits_for_it_once(traffic):
    with living_process(traffic, given=1, process=7):
        traffic.told("slow", "neutral")
        traffic.told("made up", "neutral")
        first = traffic.gather()
        assert (first.rows, first.passed_over) == (0, {})
        traffic.asked("slow", "written a moment later", process=7)
        second = traffic.gather(first.watermark)
    assert list(read(second)) == ["slow:0"]
    assert second.passed_over == {"unknown request": 1}
    assert traffic.gather(second.watermark).rows == 0


def test_a_log_that_is_compressed_cut_or_damaged_gives_what_it_has(traffic):
    for process in (1, 2):
        for number in range(3):
            traffic.asked(f"p{process}r{number}", f"text {process} {number}", process=process)
            traffic.told(f"p{process}r{number}", "neutral", process=process)
    plain = traffic.log / REQUESTS.format(1)
    plain.with_name(f"{plain.name}.gz").write_bytes(gzip.compress(plain.read_bytes(), mtime=0))
    plain.unlink()
    traffic.write(REQUESTS.format(2), b"damaged\n" + b'{"cut')
    traffic.write(FEEDBACK.format(2), b'{"cut')
    gathered = traffic.gather()
    assert len(read(gathered)) == 6 and gathered.passed_over == {"damaged line": 1}
    traffic.write(FEEDBACK.format(2), b"\n")
    assert traffic.gather(gathered.watermark).passed_over == {"damaged line": 1}  # of feedback
    (traffic.log / FEEDBACK.format(2)).unlink()
    assert traffic.gather(gathered.watermark).rows == 0


def test_a_clock_that_was_moved_back_loses_no_label(traffic):
    traffic.asked("r1", "first", at=100)
    traffic.asked("r2", "second", at=101)
    traffic.told("r1", "negative", at=160)
    first = traffic.gather()
    traffic.told("r2", "negative", at=30)
    second = traffic.gather(first.watermark)
    assert list(read(second)) == ["r2:0"] and (first.early, second.early) == (0, 1)
    assert second.watermark["time"] == moment(160)


def test_a_file_that_lost_rows_is_one_line_and_nothing_is_taken(traffic):
    traffic.asked("r1", "first")
    traffic.told("r1", "negative")
    traffic.labelled("r1", "first", "positive")
    watermark = traffic.gather().watermark
    traffic.labels.unlink()
    with pytest.raises(InputError, match=r"labels.csv: 0 rows, and 1 were read before; restore it"):
        traffic.gather(watermark)
    (traffic.log / FEEDBACK.format(1)).write_bytes(b"")
    with pytest.raises(InputError, match=r"0 rows, and 1 were read before"):
        traffic.gather(watermark)


def test_what_is_no_watermark_or_cannot_be_written_is_one_line(traffic, tmp_path):
    with pytest.raises(InputError, match="is no watermark of labels"):
        traffic.gather({"time": ""})
    traffic.told("r1", "negative")
    with pytest.raises(InputError, match="no request log here"):
        traffic.gather()
    traffic.asked("r1", "first")
    traffic.out.write_text("a file where the folder should be")
    with pytest.raises(InputError, match="the gathered rows cannot be written"):
        traffic.gather()


def test_without_labels_the_log_is_not_even_read_and_the_file_has_no_rows(traffic):
    shutil.rmtree(traffic.log)
    traffic.log.mkdir()
    assert read(traffic.gather()) == {}


STEP = st.one_of(
    st.tuples(st.just("asked"), st.integers(0, 9), st.integers(1, 2)),
    st.tuples(st.just("told"), st.integers(0, 9), st.integers(1, 2), st.integers(0, 22),
              st.sampled_from(LABELS)),
    st.tuples(st.just("labelled"), st.integers(0, 9), st.sampled_from(LABELS)),
    st.just(("gather",)),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(steps=st.lists(STEP, max_size=25))
def test_any_interleaving_of_gathers_takes_each_row_once_for_each_label_it_gets(steps):
    with tempfile.TemporaryDirectory() as name:
        traffic, taken, told, watermark = Traffic(Path(name) / "t"), {}, {}, None
        for number in range(10):
            traffic.asked(f"r{number}", f"text number {number}", at=number)
        for place, step in enumerate([*steps, ("gather",)]):
            if step[0] == "told":
                _, number, process, at, label = step
                at = 25 * at + place  # whatever a clock says, and never the same twice
                traffic.told(f"r{number}", label, at, process)
                if told.get(f"r{number}:0", (0, ""))[0] <= at:
                    told[f"r{number}:0"] = (at, label)
            elif step[0] == "labelled":
                traffic.labelled(f"r{step[1]}", f"text number {step[1]}", step[2])
                told[f"r{step[1]}:0"] = (1_000, step[2])
            elif step[0] == "gather":
                gathered = traffic.gather(watermark)
                watermark = gathered.watermark
                rows = {key: row["label"] for key, row in read(gathered).items()}
                assert all(taken.get(key) != label for key, label in rows.items())
                taken |= rows
                assert taken == {key: label for key, (_, label) in told.items()}


@given(st.builds(
    labels_.Watermark, st.text(), st.dictionaries(st.text(), st.integers(0, 9)),
    st.lists(st.tuples(st.text(), st.integers(0, 9))).map(tuple),
))  # fmt: skip
def test_a_watermark_survives_a_journal(watermark):
    assert labels_.from_json(json.loads(json.dumps(watermark.as_json()))) == watermark

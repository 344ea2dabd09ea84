"""A window of the log: what counts, and what is said of the rest."""

import json
from datetime import UTC, datetime

import numpy as np
import pytest

from sentiment_common.errors import InputError
from sentiment_common.request_log import Feedback
from sentiment_monitor.collecting import Asked, collect

START, HOUR, DAY = datetime(2026, 11, 2, tzinfo=UTC).timestamp(), 3_600.0, 86_400.0


def iso(moment):
    """A time as the log has it."""
    return datetime.fromtimestamp(moment, UTC).isoformat()


def asked(digest, **fields):
    """The day from START on, read long after."""
    given = {
        "since": START, "until": START + DAY, "model": "tiny", "digest": digest,
        "lookback": START - 6 * DAY, "texts": 50, "now": START + 300 * DAY,
    }  # fmt: skip
    return Asked(**{**given, **fields})


def test_only_answers_of_the_model_between_the_two_times_count(log, digest, draw, tmp_path):
    made = draw(40, 3)
    log.day(made[:10]).day(made[10:15], START - DAY).day(made[15:20], START + DAY)
    log.day(made[20:26], shadow=True).day(made[26:30], digest="sha256:" + "f" * 64, model="other")
    window = collect(log.write(tmp_path / "log"), asked(digest))
    assert len(window.answers) == 10
    assert len(window.judgeable) == 15
    assert window.doubts.shadows == 6
    assert window.doubts.models == {"other sha256:ffffffffffff": 4}
    assert np.all(np.diff(window.judgeable.time) >= 0)


def test_rotation_and_compression_change_nothing(log, digest, draw, tmp_path):
    log.day(draw(200, 3), judged=0.5)
    whole = collect(log.write(tmp_path / "whole"), asked(digest))
    parts = collect(log.write(tmp_path / "parts", parts=4), asked(digest))
    assert whole.texts == parts.texts
    assert np.array_equal(whole.sample, parts.sample)
    assert np.array_equal(whole.answers.truth, parts.answers.truth)


def test_the_sample_is_even_and_belongs_to_its_answers(log, digest, draw, tmp_path):
    log.day(draw(2_000, 3))
    window = collect(log.write(tmp_path / "log"), asked(digest, texts=400))
    assert len(window.texts) == 400
    assert np.mean(window.sample) == pytest.approx(1_000, abs=100)
    lengths = [len(text) for text in window.texts]
    assert window.answers.length[window.sample].tolist() == lengths


def test_the_last_feedback_counts_and_what_fits_nothing_is_counted(log, digest, draw, tmp_path):
    made = draw(4, 3)
    log.day(made)
    for hour, label in [(30, "negative"), (29, "positive"), (31, "neutral")]:
        log.feedback.append(Feedback(iso(START + hour * HOUR), "request-1", 0, label))
    log.feedback.append(Feedback(iso(START + HOUR), "request-1", 5, "neutral"))
    log.feedback.append(Feedback(iso(START + HOUR), "request-2", 0, "furious"))
    window = collect(log.write(tmp_path / "log"), asked(digest))
    assert window.answers.truth.tolist() == [-1, 1, -1, -1]
    assert window.answers.judged[1] == START + 31 * HOUR
    assert (window.doubts.unmatched, window.doubts.labels) == (1, 1)
    assert window.known == START + 31 * HOUR


def test_damaged_lines_are_counted_and_the_rest_is_read(log, digest, draw, tmp_path):
    log.day(draw(20, 3), judged=1)
    folder = log.write(tmp_path / "log")
    (path,) = folder.glob("requests-*.jsonl")
    lines = path.read_bytes().split(b"\n")
    lines[3] = b'{"no": "entry"}'
    lines[5] = lines[5][:20]
    fields = json.loads(lines[7])
    lines[7] = json.dumps({**fields, "probabilities": "high"}).encode()
    lines[9] = json.dumps({**json.loads(lines[9]), "time": "yesterday"}).encode()
    path.write_bytes(b"\n".join(lines))
    (said,) = folder.glob("feedback-*.jsonl")
    said.write_bytes(b"nonsense\n" + said.read_bytes())
    window = collect(folder, asked(digest))
    assert len(window.answers) == 16
    assert window.doubts.damaged == 5


def test_a_truncated_archive_gives_what_it_holds(log, digest, draw, tmp_path):
    folder = log.day(draw(900, 3)).write(tmp_path / "log", parts=2)
    (path,) = folder.glob("*.gz")
    path.write_bytes(path.read_bytes()[:-200])
    window = collect(folder, asked(digest))
    assert 450 <= len(window.answers) < 900
    assert window.doubts.damaged == 1
    assert window.account.lost + len(window.answers) == 900


def test_a_last_line_that_breaks_off_is_no_damage(log, digest, draw, tmp_path):
    folder = log.day(draw(20, 3)).write(tmp_path / "log")
    (path,) = folder.glob("requests-*.jsonl")
    path.write_bytes(b"\n".join(path.read_bytes().split(b"\n")[:11])[:-5])
    window = collect(folder, asked(digest))
    assert len(window.answers) == 9
    assert (window.doubts.damaged, window.account.cut_lines) == (0, 1)


def test_a_clock_that_moved_is_said_and_answers_count_by_their_time(log, digest, draw, tmp_path):
    made = draw(30, 3)
    log.day(made[:10], START + HOUR, HOUR).day(made[10:20], START, HOUR)
    log.day(made[20:], START + 400 * DAY, HOUR)
    window = collect(log.write(tmp_path / "log"), asked(digest))
    assert len(window.answers) == 20
    assert window.doubts.disordered == 1
    assert window.doubts.future == 10
    assert window.known == START + DAY


def test_texts_that_were_not_kept_are_no_texts(log, digest, draw, tmp_path):
    log.day(draw(9, 3), text=None, text_kept="none")
    window = collect(log.write(tmp_path / "log"), asked(digest))
    assert window.texts == ()
    assert set(window.answers.length.tolist()) == {-1}
    assert window.text_kept == {"none": 9}


def test_an_empty_window_is_a_window(log, digest, draw, tmp_path):
    log.day(draw(9, 3), START - 30 * DAY)
    window = collect(log.write(tmp_path / "log"), asked(digest))
    assert len(window.answers) == len(window.judgeable) == 0


def test_no_log_is_said(digest, tmp_path):
    with pytest.raises(InputError, match="no request log here"):
        collect(tmp_path / "none", asked(digest))

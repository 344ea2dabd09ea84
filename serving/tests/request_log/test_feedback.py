import json
import resource
import signal
import time

import pytest

from sentiment_common.errors import InputError
from sentiment_common.request_log import Account, Feedback, last_feedback, read_feedback, read_log
from sentiment_common.request_log.feedback import feedback_fields
from sentiment_serving.request_log import FeedbackLog, FeedbackReader
from sentiment_serving.request_log import feedback as module

MOMENT = "2026-11-23T00:00:0{}.000Z"


def say(request_id, label="positive", position=0, second=0):
    return Feedback(MOMENT.format(second), request_id, position, label, "agent")


@pytest.fixture
def kept(folder):
    """Opens feedback logs in the folder of a request log, and closes them in the end."""
    folder.mkdir()
    logs = []

    def open_log():
        logs.append(FeedbackLog(folder, flush_seconds=0.02))
        return logs[-1]

    yield open_log
    for log in logs:
        log.close()


def wait_until(condition):
    for _ in range(500):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it did not happen")


def test_what_is_said_is_read_again_in_order(kept, folder):
    log = kept()
    said = [say(f"r-{number}", position=number) for number in range(300)]
    for each in said:
        assert log.record([each])
    log.close()
    assert list(read_feedback(folder)) == said
    assert (log.written, log.lost) == (300, 0)
    (path,) = folder.glob("feedback-*.jsonl")
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_last_word_on_a_text_counts_whichever_process_took_it(kept, folder):
    first, second = kept(), kept()
    second.record([say("r", "negative", second=1), say("r", "neutral", position=1, second=3)])
    first.record([say("r", "positive", second=2), say("r", "positive", position=1, second=2)])
    first.close()
    second.close()
    assert {key: each.label for key, each in last_feedback(folder).items()} == {
        ("r", 0): "positive", ("r", 1): "neutral",
    }  # fmt: skip


def test_what_does_not_fit_is_refused_as_a_whole(folder, monkeypatch):
    folder.mkdir()
    monkeypatch.setattr(module, "MOST_WAITING", 3)
    log = FeedbackLog(folder, flush_seconds=60)
    assert log.record([say("a"), say("b")])
    assert not log.record([say("c"), say("d")])
    log.close()
    assert log.written == 2
    assert not log.record([say("e")])


def test_a_disk_that_takes_no_more_loses_feedback_by_number_and_goes_on(kept, folder):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    log = kept()
    log.record([say("before")])
    wait_until(lambda: log.written == 1)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (400, hard))
        log.record([say(f"r-{number}") for number in range(20)])
        wait_until(lambda: log.lost == 20)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    log.record([say("after")])
    log.close()
    assert [each.request_id for each in read_feedback(folder)] == ["before", "after"]


def test_what_others_write_is_read_as_it_comes_and_once(kept, folder):
    before = kept()
    before.record([say("before")])
    before.close()
    reader, log = FeedbackReader(folder), kept()
    assert reader.fresh() == []
    log.record([say("one")])
    wait_until(lambda: log.written == 1)
    assert [each.request_id for each in reader.fresh()] == ["one"]
    log.record([say("two")])
    wait_until(lambda: log.written == 2)
    assert [each.request_id for each in reader.fresh()] == ["two"]
    assert reader.fresh() == []


def test_a_flood_is_read_bit_by_bit_and_whole(kept, folder, monkeypatch):
    monkeypatch.setattr(module, "READ_AT_ONCE", 1_000)
    kept()
    reader, said = FeedbackReader(folder), [say(f"r-{number}") for number in range(100)]
    for name, part in (("1", said[:60]), ("2", said[60:])):
        lines = [json.dumps(feedback_fields(each)) for each in part]
        (folder / f"feedback-{name}.jsonl").write_text("\n".join(lines) + "\n")
    found = []
    while fresh := reader.fresh():
        assert len(fresh) < 10
        found += fresh
    assert found == said


def test_a_line_that_breaks_off_is_passed_over_and_a_damaged_one_is_not(folder):
    folder.mkdir()
    line = json.dumps(feedback_fields(say("r")))
    path = folder / "feedback-1.jsonl"
    path.write_text(f"{line}\n{line[:20]}")
    assert len(list(read_feedback(folder))) == 1
    path.write_text(f"{line}\nnothing\n{line}\n")
    with pytest.raises(InputError, match="line 2: no line of feedback"):
        list(read_feedback(folder))


def test_files_are_closed_by_size_and_the_oldest_deleted(kept, folder, monkeypatch):
    monkeypatch.setattr(module, "ROTATE_BYTES", 2_000)
    monkeypatch.setattr(module, "KEEP_BYTES", 5_000)
    log = kept()
    for number in range(60):
        log.record([say(f"r-{number}")] * 5)
        wait_until(lambda wanted=5 * (number + 1): log.written == wanted)
    log.close()
    found = list(folder.glob("feedback-*.jsonl"))
    assert 1 < len(found) < 6
    assert list(read_feedback(folder))[-1].request_id == "r-59"


def test_feedback_is_no_part_of_the_account_of_the_log(kept, folder, opened, answered):
    log = opened()
    log.record(answered("good"))
    kept().record([say("r-1")])
    log.close()
    account = Account()
    assert len(list(read_log(folder, account))) == 1
    assert account == Account(entries=1)

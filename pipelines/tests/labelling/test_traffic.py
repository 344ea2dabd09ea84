import pytest

from sentiment_common.errors import InputError
from sentiment_pipelines.labelling import traffic

FEEDBACK = (
    '{"time": "2026-11-20T00:00:09.000Z", "request_id": "r1", "position": 0, '
    '"label": "neutral", "by": ""}\n'
)


def collect(log, span, labelled=(), seed=13, unsure=10):
    return traffic.collect(log.write(), span, set(labelled), seed, unsure)


def texts(answers):
    return [it.text for it in answers]


def test_what_nobody_was_told_or_what_has_no_text_is_passed_over_and_counted(log, span):
    log.answer("fine").answer("fine too", shadow=True).answer(None, text_kept="none").answer("  ")
    found = collect(log, span)
    assert (found.population, texts(found.sample)) == (1, ["fine"])
    assert sorted(found.passed_over.values()) == [1, 1, 1]


def test_only_the_window_counts_and_its_end_is_outside(log, span):
    log.answer("before", time="2026-11-19T23:59:59.999Z").answer(
        "first", time="2026-11-20T00:00:00Z"
    )
    log.answer("after", time="2026-11-21T00:00:00Z")
    assert texts(collect(log, span).sample) == ["first"]


def test_the_least_certain_come_first_and_those_that_were_judged_do_not_come(log, span):
    log.answer("sure", margin=0.9).answer("said", margin=0.01).answer("half", margin=0.3)
    log.answer("labelled", margin=0.02).answer("torn", margin=0.05)
    (log.folder / "feedback-1.jsonl").write_text(FEEDBACK)
    found = collect(log, span, labelled=["labelled"], unsure=2)
    assert texts(found.unsure) == ["torn", "half"]
    assert found.population == 5 and len(found.sample) == 5


def test_the_sample_depends_on_the_seed_and_not_on_the_order_of_the_log(log, span):
    for number in range(50):
        log.answer(f"text {number}")
    first = collect(log, span)
    log.entries.reverse()
    assert collect(log, span).sample == first.sample
    assert collect(log, span, seed=14).sample != first.sample


def test_a_long_log_leaves_an_even_sample_of_the_same_beginning(log, span, monkeypatch):
    for number in range(50):
        log.answer(f"text {number}")
    whole = collect(log, span)
    monkeypatch.setattr(traffic, "SAMPLE", 20)
    cut = collect(log, span)
    assert cut.sample == whole.sample[:20] and cut.population == 50


def test_damaged_lines_are_counted_and_half_a_surrogate_pair_is_none(log, span):
    log.answer("fine \ud800").answer("odd", time="yesterday").answer("nan", margin=float("nan"))
    found = collect(log, span)
    assert texts(found.sample) == ["fine ?"] and found.account.damaged == 2


@pytest.mark.parametrize(("length", "until"), [("soon", ""), ("0d", ""), ("7d", "tomorrow")])
def test_a_window_that_makes_no_sense_is_refused_in_one_line(length, until):
    with pytest.raises(InputError, match=r"--(window|until): .*is no (length|time)"):
        traffic.window(length, until)


def test_without_a_log_it_says_so(tmp_path, span):
    with pytest.raises(InputError, match="no request log here"):
        traffic.collect(tmp_path, span, set(), 13, 10)

import asyncio
import logging
import shutil
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from sentiment_common.request_log import Feedback
from sentiment_models.reference import EXAMINED_CHARACTERS, Examiner
from sentiment_serving.signals.watched import EXAMINED_TEXTS

SURE = [0.0, 0.0, 1.0]


def tick(signals, *models):
    asyncio.run(signals.tick(models))
    signals.publish()


def value(signals, line):
    found = [each for each in signals.figures().split("\n") if each.startswith(f"{line} ")]
    return float(found[0].removeprefix(line)) if found else None


def answer(signals, model, texts):
    signals.scored(model, texts, model.score_now(texts))


def test_texts_like_those_of_training_are_no_drift_and_others_are(opened, signals, known_texts):
    model = opened()
    seen = signals(model)
    for start in range(0, 1_400, 20):
        answer(seen, model, known_texts[start : start + 20])
        tick(seen, model)
    psi = 'sentiment_drift_psi{{model="tiny",signal="{}",window="1h"}}'.format
    names = ("label", "confidence", "length", "unknown", "language", "terms")
    assert all(value(seen, psi(name)) < 0.05 for name in names)
    for _ in range(70):
        answer(
            seen, model, ["Das ist leider gar nicht gut, und der Versand war nicht schnell"] * 20
        )
        tick(seen, model)
    assert value(seen, psi("language")) > 0.25
    assert value(seen, psi("unknown")) > 0.25
    assert value(seen, psi("length")) > 0.25
    assert (
        value(seen, 'sentiment_text_language_total{language="german",model="tiny"}')
        == 70 * EXAMINED_TEXTS
    )


def test_labels_are_those_of_all_texts_and_words_those_of_a_sample(opened, signals):
    model = opened()
    seen = signals(model)
    answer(seen, model, ["good"] * 5_000)
    tick(seen, model)
    of = 'sentiment_signal_texts_total{{model="tiny",outcome="{}"}}'.format
    assert value(seen, of("examined")) == EXAMINED_TEXTS
    assert value(seen, of("skipped")) == 5_000 - EXAMINED_TEXTS
    assert value(seen, 'sentiment_text_confidence_count{model="tiny"}') == 5_000
    assert value(seen, 'sentiment_drift_texts{model="tiny",window="1h"}') == 5_000


def test_a_new_model_begins_with_empty_windows(opened, signals, watched_bundle, tmp_path):
    model = opened()
    seen = signals(model)
    answer(seen, model, ["good"] * 600)
    tick(seen, model)
    answer(seen, model, ["good"] * 30)
    before = 'sentiment_drift_texts{model="tiny",window="1h"}'
    assert value(seen, before) == 600
    copy = shutil.copytree(watched_bundle, tmp_path / "copy")
    (copy / "vocabulary.txt").write_text("bad\ngood\nparcel\nnot good\n")
    fresh = opened(copy)
    answer(seen, fresh, ["good"] * 7)
    tick(seen, fresh)
    assert value(seen, before) == 7
    assert 'signal="label"' not in seen.figures()
    info = f'sentiment_reference_info{{digest="{fresh.served.digest}",model="tiny"}}'
    assert value(seen, info) == 1
    assert model.served.digest not in seen.figures()
    # The counters are of all that the name has answered, up to the switch itself.
    assert value(seen, 'sentiment_text_confidence_count{model="tiny"}') == 637


def test_a_bundle_without_a_reference_is_told_once_and_counted_all_the_same(
    opened, signals, tiny_bundle, caplog
):
    model = opened(tiny_bundle)
    with caplog.at_level(logging.INFO):
        seen = signals(model)
        answer(seen, model, ["good"] * 600)
        tick(seen, model)
        tick(seen, model)
    assert caplog.text.count("has no reference: its drift is not measured") == 1
    assert value(seen, 'sentiment_text_confidence_count{model="tiny"}') == 600
    assert value(seen, 'sentiment_text_unknown_ratio_count{model="tiny"}') is None
    assert "sentiment_drift_psi{" not in seen.figures()


def test_an_error_in_a_signal_is_counted_and_told_once_and_never_raised(
    opened, signals, caplog, tmp_path
):
    model = opened()
    seen = signals(model, folder=tmp_path / "gone")
    # More probabilities than labels: a bug of ours would look like that.
    broken = [[0.1, 0.1, 0.1, 0.7]]
    for _ in range(3):
        seen.scored(model, ["good"], broken)
    seen.publish()
    assert value(seen, "sentiment_signal_failures_total") == 4
    told = [record for record in caplog.records if record.exc_info]
    assert len(told) == 1
    assert "a signal could not be counted" in told[0].message


def test_setting_the_clock_changes_nothing(opened, signals, monkeypatch):
    model = opened()
    seen = signals(model)
    for moment in (2e9, 0.0, -5.0):
        monkeypatch.setattr(time, "time", lambda moment=moment: moment)
        answer(seen, model, ["good"] * 200)
        tick(seen, model)
    assert value(seen, 'sentiment_drift_texts{model="tiny",window="1h"}') == 600
    assert value(seen, 'sentiment_drift_psi{model="tiny",signal="label",window="1h"}') > 0.25


@pytest.mark.parametrize(
    "text", ["", " ", "\x00", "\ud800", "😀" * 20_000, "a" * 20_000, "é " * 9_999]
)
def test_no_text_is_too_strange_or_too_long(opened, signals, text):
    model = opened()
    seen = signals(model)
    seen.scored(model, [text] * 40, [SURE] * 40)
    tick(seen, model)
    assert value(seen, "sentiment_signal_failures_total") == 0
    assert value(seen, 'sentiment_text_characters_sum{model="tiny"}') == EXAMINED_TEXTS * len(text)


def test_of_a_long_text_a_bounded_part_is_read(opened, signals, monkeypatch):
    model, read = opened(), []
    examine = Examiner.examine

    def reading(self, text, characters=None):
        read.append(len(text))
        return examine(self, text, characters)

    monkeypatch.setattr(Examiner, "examine", reading)
    seen = signals(model)
    seen.scored(model, ["word " * 4_000] * 500, [SURE] * 500)
    tick(seen, model)
    assert read == [EXAMINED_CHARACTERS] * EXAMINED_TEXTS


def test_feedback_is_counted_once_for_the_model_that_answered(opened, signals):
    model = opened()
    seen = signals(model)
    seen.remember(model, "r-1", model.score_now(["good", "bad"]))
    seen.told([Feedback("", "r-1", 0, "positive", ""), Feedback("", "r-1", 1, "neutral", "")])
    seen.told([Feedback("", "r-1", 1, "negative", ""), Feedback("", "nobody", 0, "neutral", "")])
    of = 'sentiment_feedback_judged_total{{model="tiny",outcome="{}"}}'.format
    assert value(seen, of("confirmed")) == 1
    assert value(seen, of("corrected")) == 1


@pytest.mark.parametrize("name", ['say"hi"', "back\\slash", "tab\there", "ünïcode"])
def test_the_names_of_models_and_languages_are_few_and_readable(
    watched_bundle, opened, signals, name
):
    """Whatever a name holds and whatever callers send, the series are as many."""
    model = opened()
    model.name = model.watched.name = name
    seen = signals(model)
    texts = ["", "ꦗꦮ", "好", "good", "xx-klingon", 'a"b\nc', *map(chr, range(200, 9_000, 11))]
    for start in range(0, len(texts), 30):
        answer(seen, model, texts[start : start + 30])
        tick(seen, model)
    families = list(text_string_to_metric_families(seen.figures()))
    samples = [sample for family in families for sample in family.samples]
    assert {sample.labels["model"] for sample in samples if "model" in sample.labels} == {name}
    languages = {sample.labels["language"] for sample in samples if "language" in sample.labels}
    assert len(languages) <= 26
    assert len(samples) < 140


def test_what_a_dead_worker_has_counted_is_not_lost(opened, signals, tmp_path):
    model = opened()
    first = signals(model, folder=tmp_path)
    answer(first, model, ["good"] * 600)
    tick(first, model)
    # A worker that took the place of the first, number and all.
    again = opened()
    heir = signals(again, folder=tmp_path)
    assert value(heir, 'sentiment_drift_texts{model="tiny",window="1h"}') == 600
    answer(heir, again, ["good"] * 5)
    tick(heir, again)
    assert value(heir, 'sentiment_drift_texts{model="tiny",window="1h"}') == 605


def test_load_is_told(opened, signals):
    model = opened()
    seen = signals(model)
    time.sleep(0.01)
    tick(seen, model)
    assert value(seen, "sentiment_queue_texts") == 0
    assert 0 <= value(seen, "sentiment_worker_busy_ratio") < 64

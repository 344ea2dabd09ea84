from sentiment_common.request_log import Feedback
from sentiment_serving.experiments.outcomes import Outcome, Recent

LABELS = ("negative", "neutral", "positive")


def say(request_id, label, position=0):
    return Feedback("2026-11-23T00:00:00.000Z", request_id, position, label)


def test_feedback_meets_the_answer_of_every_variant_that_scored_the_text():
    recent = Recent(LABELS)
    recent.remember("r", "one", "control", ["positive", "neutral"])
    recent.remember("r", "one", "ghost", ["positive", "negative"])
    assert list(recent.told(say("r", "negative", 1))) == [
        Outcome("one", "control", confirmed=False),
        Outcome("one", "ghost", confirmed=True),
    ]


def test_a_second_word_on_a_text_is_not_counted_again():
    recent = Recent(LABELS)
    recent.remember("r", "one", "control", ["positive"])
    assert len(list(recent.told(say("r", "positive")))) == 1
    assert list(recent.told(say("r", "negative"))) == []


def test_of_requests_with_the_same_id_the_last_is_meant():
    recent = Recent(LABELS, most_texts=3)
    for _ in range(100):
        recent.remember("r", "one", "control", ["positive"])
    recent.remember("r", "one", "control", ["neutral", "negative"])
    recent.remember("other", "one", "control", ["neutral"])
    assert list(recent.told(say("r", "neutral"))) == [Outcome("one", "control", confirmed=True)]
    assert list(recent.told(say("other", "neutral"))) != []


def test_a_label_that_no_model_knows_denies_the_answer():
    recent = Recent(LABELS)
    recent.remember("r", "one", "control", ["positive"])
    assert list(recent.told(say("r", "mixed"))) == [Outcome("one", "control", confirmed=False)]


def test_what_nobody_remembers_is_passed_over():
    recent = Recent(LABELS)
    recent.remember("r", "one", "control", ["positive"])
    assert list(recent.told(say("other", "positive"))) == []
    assert list(recent.told(say("r", "positive", 7))) == []


def test_the_oldest_are_forgotten_first():
    recent = Recent(LABELS, most_texts=3)
    for name in ("first", "second", "third"):
        recent.remember(name, "one", "control", ["positive"] * (2 if name == "third" else 1))
    assert list(recent.told(say("first", "positive"))) == []
    assert list(recent.told(say("second", "positive"))) != []
    assert list(recent.told(say("third", "positive", 1))) != []

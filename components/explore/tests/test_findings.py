"""Every check finds the fault that it is for, and sound feedback has none."""

import planted
import pytest

from sentiment_explore.findings import CHECKS, FAULTS, SEVERITIES

ROWS = 800


def each(change, every=10):
    """Changes every so manieth row of sound feedback."""
    return [
        planted.alike(it, **change(it)) if at % every == 0 else it
        for at, it in enumerate(planted.sound(ROWS))
    ]


def texts(text, every=10):
    return lambda: each(lambda it: {"text": f"{text} {it.id}" if text else it.id}, every)


def opposite(it):
    return {"label": {"negative": "positive", "positive": "negative"}.get(it.label, it.label)}


def reason(name, rows=300):
    return "".join(f'{{"reason": "{name}", "row": {at}}}\n' for at in range(rows))


PLANTED = {
    "few_rows": lambda: planted.sound(200),
    "rare_label": lambda: (
        [it for it in planted.sound(ROWS) if it.label != "neutral"]
        + [it for it in planted.sound(100) if it.label == "neutral"]
    ),
    "label_noise": lambda: each(opposite),
    "weak_signal": lambda: each(lambda it: {"text": f"the lid {int(it.id[1:]) % 2}"}, 1),
    "missing_in_source": lambda: each(
        lambda it: {"source": "forum", "label": "negative" if it.label == "neutral" else it.label}
    ),
    "one_sided_source": lambda: each(lambda it: {"source": "complaints", "label": "negative"}),
    "dominating_group": lambda: each(lambda it: {"group": "one author"}),
    "alike": lambda: each(lambda it: {"text": f"Form {it.id[1:]} was sent."}),
    "template": lambda: each(lambda it: {"text": f"Dear team of shop, {it.text}"}),
    "contradicting_rating": lambda: each(lambda it: {"label": "positive", "rating": 1.0}),
    "time_gaps": lambda: [it for it in planted.sound(ROWS) if "2024-05" not in it.created_at],
    "implausible_dates": lambda: each(lambda it: {"created_at": "1900-01-01T00:00:00"}),
    "undated": lambda: each(lambda it: {"created_at": None}),
    "label_shift": lambda: planted.sound(4000),
    "garbled": texts("the cafÃ© is closed"),
    "no_letters": lambda: each(lambda it: {"text": f"{it.id[1:]}/5"}),
    "links_only": lambda: each(lambda it: {"text": f"https://shop.example/{it.id}"}),
    "other_language": texts("Der Akku ist nicht gut und sehr teuer"),
    "markup": texts("good &amp; cheap<br>"),
    "long": texts("word " * 400),
    "one_word": texts(""),
    "capitals": lambda: each(lambda it: {"text": it.text.upper()}),
}
DROPPED = {
    "dropped_rows": reason("no text"),
    "contradicting_repeats": reason("repeated text with another label", 30),
}


@pytest.mark.parametrize("check", sorted({*CHECKS, *FAULTS} - set(DROPPED)))
def test_a_planted_fault_is_found(explore, check):
    explored = explore(PLANTED[check]())
    (found,) = [it for it in explored.found if it.check == check]
    assert found.severity in SEVERITIES
    assert 0 < found.share <= 1
    assert found.remedy
    assert check not in explored.passed


@pytest.mark.parametrize("check", sorted(DROPPED))
def test_what_ingest_dropped_is_found(explore, check):
    explored = explore(planted.sound(ROWS), DROPPED[check])
    assert [it.count for it in explored.found if it.check == check] == [DROPPED[check].count("\n")]


def test_sound_feedback_passes_the_checks_of_texts_and_columns(sound):
    of_the_generator = {"few_rows", "alike", "template", "label_shift"}
    assert {it.check for it in sound.found} <= of_the_generator
    assert len(sound.passed) + len({it.check for it in sound.found}) == len(CHECKS) + len(FAULTS)


def test_findings_are_ranked_by_severity_then_share(explore):
    found = explore(each(opposite)).found
    ranks = [(SEVERITIES.index(it.severity), -it.share) for it in found]
    assert ranks == sorted(ranks)


def test_no_example_is_of_the_test_split(explore):
    unseen = "the cafÃ© of the held out"
    explored = explore(each(lambda it: {"text": f"{unseen} {it.id}", "split": "test"}))
    (found,) = [it for it in explored.found if it.check == "garbled"]
    assert (found.count, found.examples) == (ROWS // 10, ())


def test_many_sources_of_one_fault_are_one_finding(explore):
    rows = planted.sound(ROWS)
    one_sided = [
        planted.alike(it, source=f"{it.label}-{at % 4}") if at % 2 else it
        for at, it in enumerate(rows)
    ]
    found = explore(one_sided).found
    for check in ("missing_in_source", "one_sided_source"):
        (of_all,) = [it for it in found if it.check == check]
        assert "more sources" in of_all.what
        assert of_all.count <= ROWS // 2

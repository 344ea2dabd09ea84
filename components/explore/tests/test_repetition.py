import planted

from sentiment_explore.reading import Dropped
from sentiment_explore.repetition import repetition


def test_forms_openings_and_closings_are_counted_with_their_labels(rows_of):
    sound = planted.sound(60)
    forms = [
        planted.alike(
            sound[0], id=f"f{at}", text=f"Ticket no. {at}: CLOSED!", label="neutral", split="train"
        )
        for at in range(50)
    ]
    opened = [
        planted.alike(sound[0], id=f"o{at}", text=f"Dear team of yours, {it.text}", split="train")
        for at, it in enumerate(sound)
    ]
    found = repetition(rows_of([*opened, *forms]), Dropped())
    assert [(it.words, it.rows, it.labels) for it in found.forms if "ticket" in it.words] == [
        ("ticket no closed", 50, [0, 50, 0])
    ]
    assert (found.openings[0].words, found.openings[0].rows) == ("dear team of yours", 60)
    assert found.alike >= 50


def test_the_test_split_is_not_read_out(rows_of):
    same = planted.alike(planted.sound(1)[0], text="a secret of the held out", split="test")
    rows = rows_of([planted.alike(same, id=f"t{at}") for at in range(9)])
    found = repetition(rows, Dropped(repeats={"t1": 4}))
    assert (found.forms, found.openings, found.closings) == ([], [], [])
    assert (found.alike, found.dropped) == (0, [])


def test_the_texts_that_ingest_dropped_most_often_are_named(rows_of):
    one, other = planted.sound(2)
    rows = rows_of([planted.alike(one, split="train"), planted.alike(other, split="validation")])
    found = repetition(rows, Dropped(repeats={other.id: 7, "gone": 5, one.id: 3}))
    assert found.dropped == [(other.text, 7), (one.text, 3)]

import pytest

from sentiment_common.errors import InputError
from sentiment_pipelines.labelling import store
from sentiment_pipelines.labelling.batches import Ask, Batch
from sentiment_pipelines.labelling.desk import LEASE_SECONDS, Desk


class Clock:
    """A clock that is put forward by hand."""

    now = 0.0

    def __call__(self):
        """Returns its time."""
        return self.now


@pytest.fixture
def clock():
    """One at the beginning."""
    return Clock()


@pytest.fixture
def desk(tmp_path, clock):
    """A desk with four texts, the third for everybody."""
    asks = [Ask(f"r{n}", 0, f"text {n}", "random", "random", n == 2) for n in range(4)]
    batch = Batch("t", "s", "u", 13, 100, tuple(asks), ())
    return Desk(batch, tmp_path / "data" / "labels.csv", clock)


def shown(desk, by):
    asked = desk.state(by)["next"]
    return asked and asked["text"]


def answer(desk, by, label="neutral"):
    """Labels what is asked; returns it."""
    asked = desk.state(by)["next"]
    desk.label(by, asked["id"], label)
    return asked["text"]


def rows(desk):
    return [(it.text, it.label, it.by) for it in store.read(desk._path)]


def test_two_labellers_at_once_are_asked_different_texts_but_for_the_shared(desk):
    assert (shown(desk, "anna"), shown(desk, "ben")) == ("text 0", "text 1")
    assert [answer(desk, "anna"), answer(desk, "ben")] == ["text 0", "text 1"]
    assert [answer(desk, "anna"), answer(desk, "ben")] == ["text 2", "text 2"]
    assert answer(desk, "ben") == "text 3"
    assert desk.state("anna")["next"] is None and desk.state("ben")["next"] is None
    state = desk.state("ben")
    assert (state["done"], state["mine"], state["total"]) == (4, 3, 4)


def test_loading_the_page_again_does_not_change_the_text(desk):
    assert shown(desk, "anna") == shown(desk, "anna") == "text 0"


def test_a_text_that_somebody_left_is_asked_of_another_after_a_while(desk, clock):
    assert shown(desk, "anna") == "text 0"
    clock.now = LEASE_SECONDS + 1
    assert shown(desk, "ben") == "text 0"


def test_a_label_is_taken_back_and_the_text_asked_again(desk):
    answer(desk, "anna", "positive")
    assert desk.state("anna")["last"] == "positive"
    desk.undo("anna")
    assert rows(desk) == [] and shown(desk, "anna") == "text 0"
    assert shown(desk, "ben") == "text 1", "it is still hers"
    answer(desk, "anna", "negative")
    assert rows(desk) == [("text 0", "negative", "anna")]


def test_only_ones_own_labels_are_taken_back(desk):
    answer(desk, "anna")
    with pytest.raises(InputError, match="nothing to undo"):
        desk.undo("ben")
    assert len(rows(desk)) == 1


def test_what_one_cannot_tell_is_asked_of_others_first_and_of_oneself_last(desk):
    desk.skip("anna", "r0:0")
    assert (shown(desk, "anna"), shown(desk, "ben")) == ("text 1", "text 0")
    answer(desk, "ben")
    asked = [answer(desk, "anna") for _ in range(3)]
    assert asked == ["text 1", "text 2", "text 3"]


def test_a_text_that_all_skip_is_not_lost(desk):
    desk.skip("anna", "r0:0")
    assert [answer(desk, "anna") for _ in range(4)][-1] == "text 0"


def test_the_same_label_twice_is_once_and_another_one_replaces_it(desk):
    for label in ("neutral", "neutral", "positive"):
        desk.label("anna", "r0:0", label)
    assert rows(desk) == [("text 0", "positive", "anna")]
    assert desk._path.read_text().count("text 0") == 2


def test_a_tie_is_asked_of_somebody_who_did_not_make_it(tmp_path, clock):
    path = tmp_path / "labels.csv"
    said = [
        store.Row("r0", 0, "so so", label, by, store.now(), "old", "")
        for label, by in (("neutral", "anna"), ("negative", "ben"))
    ]
    store.append(path, lambda known: said)
    batch = Batch("t", "s", "u", 13, 0, (Ask("r0", 0, "so so", "tie", "at odds", True),), ())
    desk = Desk(batch, path, clock)
    assert [shown(desk, by) for by in ("anna", "ben", "carol")] == [None, None, "so so"]
    answer(desk, "carol", "negative")
    assert [it.label for it in store.settled(store.read(path))] == ["negative"]


@pytest.mark.parametrize(
    ("by", "id_", "label"),
    [("", "r0:0", "neutral"), ("anna", "r9:0", "neutral"), ("anna", "r0:0", "good")],
)
def test_what_the_page_cannot_have_sent_is_refused(desk, by, id_, label):
    with pytest.raises(InputError):
        desk.label(by, id_, label)
    assert rows(desk) == []

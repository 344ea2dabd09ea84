"""What the log has of one answered text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_pipelines.tracing import answers
from sentiment_pipelines.tracing.answers import Name
from sentiment_pipelines.tracing.scanning import Account

from .conftest import entry


def find(world, text):
    return answers.find(world.log, Name.parse(text), Account())


@given(st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True), st.none() | st.integers(0, 9999))
def test_an_id_is_read_with_its_position_or_without(request_id, position):
    text = request_id if position is None else f"{request_id}:{position}"
    assert Name.parse(text) == Name(request_id, position)


@given(st.text(max_size=20))
def test_any_text_is_a_name_or_is_refused_in_one_line(text):
    try:
        assert Name.parse(text).request in text
    except InputError as error:
        assert str(error).isprintable() or not text.isprintable()
        assert "\n" not in str(error).replace(text, "")


def test_an_answer_is_found_by_its_id_the_beginning_of_it_and_its_position(world):
    world.write(entry("order-1"), entry("order-17", position=0), entry("order-17", position=1))
    assert find(world, "order-1").id == "order-1:0", "another begins so, but this is one"
    assert find(world, "order-17:1").id == "order-17:1"
    world.write(entry("visit-123"), part=1)
    assert find(world, "visit").id == "visit-123:0"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("order-17", "several texts of it; name one: order-17:0, order-17:1"),
        ("order-17:2", "order-17:2: it has no such text; name one: order-17:0, order-17:1"),
        ("order", "several requests begin so; it is one of order-1, order-17"),
        ("visit", "the log has no such request"),
        ("a b", "no id of a request"),
    ],
)
def test_what_names_no_text_or_several_is_answered_with_what_there_is(world, name, message):
    world.write(entry("order-1"), entry("order-17", position=0), entry("order-17", position=1))
    with pytest.raises(InputError) as error:
        find(world, name)
    assert message in str(error.value)


def test_of_many_texts_the_first_and_the_last_are_named(world):
    world.write(*(entry("upload", position=place) for place in range(500)))
    with pytest.raises(InputError, match="name one: upload:0 to upload:499"):
        find(world, "upload")


def test_of_requests_with_one_id_the_last_is_meant_and_the_others_are_told(world):
    times = [f"2026-01-0{day}T00:00:00.000Z" for day in (3, 1, 2)]
    world.write(*(entry("again", time=it, label=f"of {it[:10]}") for it in times))
    found = find(world, "again")
    assert found.entry.time == times[0]
    assert [it.time for it in found.earlier] == times[1:]


def test_a_shadow_is_told_beside_what_the_caller_was_told(world):
    world.write(
        entry("one", digest="sha256:b", shadow=True, time="2026-01-01T14:00:01.000Z"),
        entry("one", digest="sha256:a"),
    )
    found = find(world, "one")
    assert found.entry.digest == "sha256:a"
    assert [it.digest for it in found.shadows] == ["sha256:b"]
    assert not found.earlier


def test_feedback_is_told_in_the_order_it_arrived_and_no_other_texts(world):
    world.write(entry("one", position=0), entry("one", position=1))
    world.say(("one", 0, "neutral", "2026-01-02T00:00:00.000Z"),
              ("one", 1, "positive", "2026-01-03T00:00:00.000Z"),
              ("one", 0, "positive", "2026-01-01T00:00:00.000Z"))  # fmt: skip
    assert [it.label for it in find(world, "one:0").feedback] == ["positive", "neutral"]
    assert find(world, "one:1").feedback[0].by == "agent"


def test_a_word_in_a_text_is_taken_for_no_id(world):
    world.write(entry("one", text='he said "two" and "request_id":"two"'))
    with pytest.raises(InputError, match="no such request"):
        find(world, "two")

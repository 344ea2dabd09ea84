"""Where the boxes of a picture go."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_pipelines.lineage.layout import GAP, Box, crossings, lay_out


@st.composite
def graphs(draw):
    """Boxes of any size, each made from any of those before it."""
    boxes = []
    for _ in range(draw(st.integers(1, 14))):
        box = Box(draw(st.floats(1, 400)), draw(st.floats(1, 300)), {"a": 1.0, "b": 2.0})
        edges = st.tuples(st.sampled_from(boxes), st.sampled_from("ab")) if boxes else st.nothing()
        box.before = draw(st.lists(edges, max_size=4, unique=True)) if boxes else []
        boxes.append(box)
    return boxes


@given(graphs())
def test_nothing_lies_on_anything_else_and_everything_leads_to_the_right(boxes):
    columns = lay_out(boxes, left=10, top=20)
    assert {box for column in columns for box in column} >= set(boxes)
    assert columns[0][0].x == 10
    assert min(box.y for column in columns for box in column) == pytest.approx(20)
    for left, right in itertools.pairwise(columns):
        assert max(box.x + box.width for box in left) < min(box.x for box in right)
        assert {before for box in right for before, _ in box.before} <= set(left)
    for column in columns:
        for above, below in itertools.pairwise(column):
            assert above.y + above.height + GAP <= below.y + 1e-6


@given(graphs())
def test_every_edge_that_was_given_is_still_there(boxes):
    given_edges = [(box, sorted(map(id, (it for it, _ in box.before)))) for box in boxes]
    lay_out(boxes, 0, 0)

    def origin(box):
        return box if box.height else origin(box.before[0][0])

    for box, before in given_edges:
        assert sorted(id(origin(it)) for it, _ in box.before) == before


@given(graphs())
def test_edges_arrive_beside_the_box_in_the_order_they_come_from(boxes):
    lay_out(boxes, 0, 0)
    for box in boxes:
        arriving = list(box.ends())
        assert [end for *_, end in arriving] == sorted(end for *_, end in arriving)
        assert all(box.y < end < box.y + box.height for *_, end in arriving)
        starts = [before.start(output) for before, output, _ in arriving]
        assert starts == sorted(starts)


def test_edges_that_need_not_cross_do_not():
    sources = [Box(10, 10) for _ in range(4)]
    users = [Box(10, 10, before=[(source, "")]) for source in reversed(sources)]
    columns = lay_out([*sources, *users], 0, 0)
    assert crossings(columns) == 0


def test_crossings_are_counted():
    above, below = Box(10, 10), Box(10, 10)
    straight = [Box(10, 10, before=[(above, "")]), Box(10, 10, before=[(below, "")])]
    assert crossings([[above, below], straight]) == 0
    assert crossings([[above, below], straight[::-1]]) == 1


def test_what_was_made_from_nothing_stands_just_before_where_it_is_first_used():
    early = Box(10, 10)
    first = Box(10, 10, before=[(early, "")])
    late = Box(10, 10)
    second = Box(10, 10, before=[(first, ""), (late, "")])
    lay_out([early, first, late, second], 0, 0)
    assert late.x == first.x


def test_edges_of_one_output_share_their_lanes():
    start = Box(10, 10)
    middle = Box(10, 10, before=[(start, "")])
    ends = [Box(10, 10, before=[(middle, ""), (start, "rows")]) for _ in range(2)]
    columns = lay_out([start, middle, *ends], 0, 0)
    assert [len(column) for column in columns] == [1, 2, 2]

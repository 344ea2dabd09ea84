import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_serving.signals.windows import WINDOWS, Windows, total

HOUR, DAY = 3_600, 86_400
MOMENTS = st.lists(st.floats(0, 3 * DAY), max_size=60).map(sorted)


@given(MOMENTS)
def test_a_window_holds_what_is_younger_and_nothing_older_than_one_slice_more(moments):
    windows = Windows()
    for moment in moments:
        windows.add({"label": [1, 0]}, moment)
    now = moments[-1] if moments else 0.0
    for window, span in (("1h", HOUR), ("24h", DAY)):
        counted = total([windows.content()], window, now).get("label", [0, 0])[0]
        slack = WINDOWS[window][0]
        assert sum(at >= now - span for at in moments) <= counted
        assert counted <= sum(at > now - span - slack for at in moments)


def test_it_empties_by_the_clock_alone():
    windows = Windows()
    windows.add({"label": [3]}, 1_000.0)
    content = windows.content()
    assert total([content], "1h", 1_000.0 + HOUR) == {"label": [3]}
    assert total([content], "1h", 1_000.0 + HOUR + 300) == {}
    assert total([content], "24h", 1_000.0 + HOUR + 300) == {"label": [3]}
    assert total([content], "24h", 1_000.0 + 26 * HOUR) == {}


def test_memory_is_bounded_however_long_it_runs():
    windows = Windows()
    for moment in range(0, 10 * DAY, 60):
        windows.add({"label": [1]}, float(moment))
    assert [len(slices) for slices in windows.content().values()] == [13, 25]


def test_workers_add_up_slice_by_slice():
    windows = [Windows(), Windows()]
    windows[0].add({"label": [1, 2], "length": [5]}, 100.0)
    windows[1].add({"label": [10, 20]}, 100.0)
    contents = [json.loads(json.dumps(each.content())) for each in windows]
    assert total(contents, "1h", 200.0) == {"label": [11, 22], "length": [5]}
    heir = Windows()
    for content in contents:
        heir.merge(content)
    assert total([heir.content()], "24h", 200.0) == {"label": [11, 22], "length": [5]}


def test_counts_that_come_later_do_not_change_what_was_read():
    windows = Windows()
    windows.add({"label": [1]}, 0.0)
    read = total([windows.content()], "1h", 0.0)
    windows.add({"label": [1]}, 0.0)
    assert read == {"label": [1]}


def test_bins_of_another_layout_are_refused():
    windows = Windows()
    windows.add({"label": [1]}, 0.0)
    with pytest.raises(ValueError, match="zip"):
        windows.add({"label": [1, 2]}, 0.0)

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_pipelines.dashboard.samples import Samples, Series, labels_of, parsed

VALUES = st.lists(st.integers(0, 1000), min_size=1, max_size=30)


def series(values, step=5.0):
    found = Series()
    for place, value in enumerate(values):
        found.add(place * step, float(value))
    return found


def everything(labels):
    return True


@given(VALUES)
def test_a_counter_never_falls_and_keeps_its_values_where_it_did_not_start_anew(values):
    risen = list(series(values).risen)
    assert risen == sorted(risen)
    assert list(series(sorted(values)).risen) == sorted(values)


def test_a_counter_that_started_anew_has_risen_by_what_it_counts_now():
    assert series([10, 14, 3, 5]).increase(0, 15) == pytest.approx(4 + 3 + 2)


def test_a_window_that_is_covered_gives_what_was_counted():
    assert series(range(0, 100, 10)).increase(0, 45) == pytest.approx(90)


def test_a_single_sample_has_not_risen():
    assert series([7]).increase(0, 60) is None
    assert series([7, 9]).increase(1, 4) is None


def test_old_samples_are_forgotten_and_recent_ones_kept():
    found = series(range(100))
    found.forget(before=400)
    assert list(found.times) == [float(it) for it in range(400, 500, 5)]
    assert len(found.values) == len(found.risen) == 20


def test_a_series_that_ended_long_ago_is_forgotten_whole():
    samples, gone = Samples(keep=60), labels_of(__name__="a", i="gone")
    samples.look(0, {gone: 1})
    for time in range(5, 400, 5):
        samples.look(time, {labels_of(__name__="a"): 2})
    assert [labels for labels, _ in samples.of("a", everything)] == [labels_of(__name__="a")]
    assert samples._series["a"].keys() == {labels_of(__name__="a")}


@given(st.text(alphabet='a_total{},="\\#\n 1e.N+-é\0', max_size=60))
def test_garbage_is_refused_as_such_or_read(text):
    with contextlib.suppress(ValueError):
        parsed(text, job="s")


def test_what_is_scraped_keeps_its_name_its_labels_and_those_of_the_target():
    text = '# TYPE a counter\na_total{model="m",empty=""} 3\nb 1e3\n'
    assert parsed(text, job="s") == {
        labels_of(__name__="a_total", model="m", job="s"): 3.0,
        labels_of(__name__="b", job="s"): 1000.0,
    }


def test_a_page_that_is_no_exposition_is_refused():
    with pytest.raises(ValueError, match="html"):
        parsed("<html>not this")


def test_a_figure_that_is_gone_from_a_look_is_gone():
    samples, one, two = Samples(keep=60), labels_of(__name__="a", i="1"), labels_of(__name__="a")
    samples.look(0, {one: 1, two: 2})
    samples.look(5, {two: 3})
    assert dict(samples.at("a", everything, 4)) == {one: 1, two: 2}
    assert dict(samples.at("a", everything, 5)) == {two: 3}
    assert dict(samples.at("a", everything, 306)) == {}, "nobody has looked for five minutes"

"""Drawings put figures where they belong and survive what is undefined."""

import re
from xml.etree import ElementTree

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sentiment_evaluate import drawing, metrics
from sentiment_evaluate.markup import Markup
from sentiment_evaluate.resampling import Interval

SHARES = st.floats(0, 1)


def parsed(svg: Markup) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314  our own drawing


@given(st.lists(st.tuples(SHARES, SHARES, SHARES), min_size=1, max_size=9))
def test_all_intervals_lie_within_round_bounds(ends: list[tuple[float, float, float]]) -> None:
    low, high = drawing.bounds(Interval(*it) for it in ends)
    assert low < high
    assert low <= min(map(min, ends))
    assert high >= max(map(max, ends))


def test_a_better_figure_is_further_to_the_right_beside_the_champions() -> None:
    svg = parsed(drawing.span(Interval(0.7, 0.6, 0.8), (0.5, 0.9), Interval(0.6, 0.5, 0.7)))
    (dot,) = svg.iter("circle")
    (mark,) = [it for it in svg.iter("line") if it.get("class") == "reigning"]
    assert float(mark.attrib["x1"]) < float(dot.attrib["cx"]) == drawing.BAR_WIDTH / 2


def test_what_is_undefined_is_not_drawn() -> None:
    nothing = Interval(float("nan"), float("nan"), float("nan"))
    svg = parsed(drawing.span(nothing, (0.0, 1.0), nothing))
    assert [it.get("class") for it in svg] == ["grid"]


def test_models_are_placed_by_the_powers_of_ten_of_their_times() -> None:
    models = [
        (name, "other", milliseconds, Interval(0.6, 0.55, 0.65))
        for name, milliseconds in (("a", 0.1), ("b", 1.0), ("c", 10.0))
    ]
    svg = parsed(drawing.quality_by_time(models))
    first, second, third = (float(it.attrib["cx"]) for it in svg.iter("circle"))
    assert abs((second - first) - (third - second)) < 0.2
    assert {"a", "b", "c", "0.1", "1", "10"} <= {it.text for it in svg.iter("text")}


def test_curves_run_from_corner_to_corner_of_the_square() -> None:
    generator = np.random.default_rng(1)
    truth = generator.integers(0, 3, 200)
    curves = metrics.curves(truth, generator.dirichlet(np.ones(3), 200))
    svg = parsed(drawing.roc(curves))
    lines = [it for it in svg.iter("path") if it.get("class", "").startswith("line")]
    assert [it.get("class") for it in lines] == ["line negative", "line neutral", "line positive"]
    left, right = drawing.LEFT, drawing.LEFT + drawing.SIDE
    for line in lines:
        numbers = [float(it) for it in re.findall(r"[0-9.]+", line.attrib["d"])]
        assert numbers[:2] == [left, drawing.TOP + drawing.SIDE]
        assert numbers[-2:] == [right, drawing.TOP]


def test_names_of_models_side_by_side_do_not_run_into_each_other() -> None:
    models = [
        (name, "other", milliseconds, Interval(0.7, 0.6, 0.8))
        for name, milliseconds in (("slow", 12.0), ("slower", 18.0), ("fast", 0.1))
    ]
    svg = parsed(drawing.quality_by_time(models))
    sides = {it.text: it.get("text-anchor") for it in svg.iter("text") if it.get("class")}
    assert sides == {"slow": "end", "slower": "start", "fast": "start"}

from xml.etree import ElementTree

import pytest

from sentiment_validate.charts import COLOURS, histogram, label_shares

SVG = "{http://www.w3.org/2000/svg}"


def bars(svg, colour=None):
    return [
        bar
        for bar in ElementTree.fromstring(svg).iter(f"{SVG}rect")  # noqa: S314
        if colour in (None, bar.get("fill"))
    ]


def test_a_bar_is_as_wide_as_the_share_of_its_label():
    svg = label_shares(
        {"train": {"negative": 1, "positive": 3}, "test": {"negative": 0, "positive": 2}}
    )
    _, narrow = bars(svg, COLOURS["negative"])
    _, wide, full = bars(svg, COLOURS["positive"])
    assert float(wide.get("width")) == pytest.approx(3 * float(narrow.get("width")), abs=0.2)
    assert float(full.get("width")) == pytest.approx(4 * float(narrow.get("width")), abs=0.2)
    assert narrow.find(f"{SVG}title").text == "negative: 1 (25.0%)"


def test_an_unknown_label_has_a_colour_and_its_name_is_escaped():
    svg = label_shares({"train": {"negative": 1, "<b>": 3}})
    assert len(bars(svg)) == 4
    assert "&lt;b&gt;" in svg
    assert "None" not in svg


def test_a_split_without_rows_has_no_bars():
    assert len(bars(label_shares({"train": {"negative": 0}}))) == 1


def test_a_histogram_is_to_one_scale_for_all_splits():
    svg = histogram({"train": [0.5, 0.0, 0.5], "test": [0.0, 1.0, 0.0]}, ["0", "", "8+"])
    heights = [float(bar.get("height")) for bar in bars(svg)]
    assert heights == [70.0, 70.0, 140.0]

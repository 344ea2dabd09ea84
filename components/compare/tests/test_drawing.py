import re

import pytest

from sentiment_compare import drawing


@pytest.mark.parametrize("rate", [0, 0.8])
@pytest.mark.parametrize("days", [0.001, 0.2, 14, 200])
def test_the_path_is_drawn_within_its_frame(simulated, analysed, rate, days):
    analysis, _, _ = analysed(simulated(callers=150, rate=rate, days=days))
    svg = drawing.path(analysis.comparisons[0], 0.01, [analysis.begin + 1])
    width, height = map(int, re.search(r'viewBox="0 0 (\d+) (\d+)"', svg).groups())
    places = re.findall(r'<text x="([\d.-]+)" y="([\d.-]+)"', svg)
    places += [place.split() for place in re.findall(r"[ML]([\d.-]+ [\d.-]+)", svg)]
    assert len(places) > 5
    assert all(0 <= float(x) <= width and 0 <= float(y) <= height for x, y in places)
    assert ("<circle" in svg) == bool(rate)

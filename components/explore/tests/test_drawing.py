import re
from xml.etree import ElementTree

from sentiment_explore import drawing
from sentiment_explore.periods import Timeline

TIMELINE = Timeline(
    "month", ["2024-01-01", "2024-02-01", "2024-03-01"], [[1, 0, 3], [0, 0, 0], [2, 2, 0]], 0, 0,
    "2024-01-05", "2024-03-02",
)  # fmt: skip


def widths(svg):
    return [float(it) for it in re.findall(r'width="([\d.]+)"', svg)]


def test_a_stack_shares_its_bar_by_the_counts():
    assert widths(drawing.stack([1, 1, 2])) == [75.0, 75.0, 150.0]
    assert 'aria-label="negative 25%, neutral 25%, positive 50%"' in drawing.stack([1, 1, 2])
    assert widths(drawing.stack([0, 0, 0])) == [0.0, 0.0, 0.0]


def test_every_drawing_is_well_formed_and_says_what_it_shows():
    drawings = [
        drawing.stack([1, 2, 3]), drawing.bar(0.5, "other", "half"), drawing.amounts(TIMELINE),
        drawing.share_of(TIMELINE, "negative"), drawing.histogram([0.5, 0.5] + [0.0] * 11, 1, "x"),
    ]  # fmt: skip
    for it in drawings:
        root = ElementTree.fromstring(it)  # noqa: S314 (our own drawing)
        assert root.get("role") == "img"
        assert root.get("aria-label")


def test_a_period_without_a_row_interrupts_the_line():
    (path,) = re.findall(r' d="([^"]+)"', drawing.share_of(TIMELINE, "negative"))
    assert path.count("M") == 2
    assert "L" not in path


def test_the_tallest_period_reaches_the_top():
    heights = re.findall(r'y="([\d.]+)"[^>]*class="positive"', drawing.amounts(TIMELINE))
    assert min(map(float, heights)) == 16.0

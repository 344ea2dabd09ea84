"""Where the boxes of a picture go: in columns, each to the right of what it was made from.

The layered layout of Sugiyama, Tagawa and Toda 1981: columns by the longest path, the order in a
column by barycentres. An edge that passes a column has a lane of its own there, so that no line
runs through a box.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

GAP, COLUMN_GAP = 26.0, 84.0
"""Room between two boxes of a column, and between two columns, in px."""
SWEEPS = 12


@dataclass(eq=False)
class Box:
    """A box with outputs that edges leave from, or the lane of an edge.

    Attributes:
        width: In px; all of a column become as wide as the widest.
        height: In px; nothing for a lane.
        outputs: How far below its upper side the edges of each output begin, in px.
        before: What it was made from: a box and the name of one of its outputs.
        x: Left side, in px.
        y: Upper side, in px.
    """

    width: float = 0.0
    height: float = 0.0
    outputs: Mapping[str, float] = field(default_factory=dict)
    before: list[tuple["Box", str]] = field(default_factory=list)
    x: float = 0.0
    y: float = 0.0

    def start(self, output: str) -> float:
        """Returns the height at which the edges of an output begin, in px."""
        return self.y + self.outputs.get(output, self.height / 2)

    def ends(self) -> Iterator[tuple["Box", str, float]]:
        """Yields each edge that ends here, with the height at which it does."""
        arriving = sorted(self.before, key=lambda edge: edge[0].start(edge[1]))
        for number, (box, output) in enumerate(arriving, start=1):
            yield box, output, self.y + self.height * number / (len(arriving) + 1)


Columns = Sequence[list[Box]]


def lay_out(boxes: Sequence[Box], left: float, top: float) -> Columns:
    """Gives each box its place.

    Args:
        boxes: The boxes; their edges make no circle.
        left: Left side of the first column, in px.
        top: Upper side of the highest box, in px.

    Returns:
        The columns from left to right, lanes included; every edge joins two neighbours.
    """
    columns = _with_lanes(_columns(boxes))
    _sort(columns)
    for column in columns:
        width = max(box.width for box in column)
        for box in column:
            box.x, box.width = left, width
        left += width + COLUMN_GAP
    _stack(columns, top)
    return columns


def _columns(boxes: Sequence[Box]) -> list[list[Box]]:
    depth: dict[Box, int] = {}

    def measure(box: Box) -> int:
        if box not in depth:
            depth[box] = max((measure(before) + 1 for before, _ in box.before), default=0)
        return depth[box]

    for box in boxes:
        measure(box)
    for box in boxes:  # what was made from nothing stands just before where it is first used
        users = [depth[it] for it in boxes if any(before is box for before, _ in it.before)]
        if users and not box.before:
            depth[box] = min(users) - 1
    columns: list[list[Box]] = [[] for _ in range(max(depth.values()) + 1)]
    for box in boxes:
        columns[depth[box]].append(box)
    return columns


def _with_lanes(columns: list[list[Box]]) -> list[list[Box]]:
    """Splits edges that pass a column; those of one output share their lanes until they part."""
    column_of = {box: number for number, column in enumerate(columns) for box in column}
    lanes: dict[tuple[Box, str, int], Box] = {}
    for box, at in list(column_of.items()):
        for number, (origin, output) in enumerate(box.before):
            edge = (origin, output)
            for passed in range(column_of[origin] + 1, at):
                lane = lanes.get((origin, output, passed))
                if lane is None:
                    lane = lanes[origin, output, passed] = Box(before=[edge])
                    columns[passed].append(lane)
                edge = (lane, "")
            box.before[number] = edge
    return columns


def _sort(columns: Columns) -> None:
    """Orders the boxes of each column so that few edges cross."""
    best, fewest = [list(column) for column in columns], crossings(columns)
    after = _after(columns)
    for sweep in range(SWEEPS):
        neighbours = after if sweep % 2 else {box: _origins(box) for it in columns for box in it}
        for column in reversed(columns) if sweep % 2 else columns:
            places = _places(columns)
            column.sort(key=lambda box: _mean((places[it] for it in neighbours[box]), places[box]))
        if crossings(columns) < fewest:
            best, fewest = [list(column) for column in columns], crossings(columns)
    for column, order in zip(columns, best, strict=True):
        column[:] = order


def _origins(box: Box) -> list[Box]:
    return [before for before, _ in box.before]


def _after(columns: Columns) -> dict[Box, list[Box]]:
    after: dict[Box, list[Box]] = {box: [] for column in columns for box in column}
    for box in list(after):
        for before in _origins(box):
            after[before].append(box)
    return after


def _places(columns: Columns) -> dict[Box, float]:
    """Returns how far down its column each box is, from 0 to 1."""
    return {
        box: (number + 0.5) / len(column) for column in columns for number, box in enumerate(column)
    }


def _mean(values: Iterable[float], default: float) -> float:
    listed = list(values)
    return sum(listed) / len(listed) if listed else default


def crossings(columns: Columns) -> int:
    """Counts the pairs of edges that cross."""
    places, found = _places(columns), 0
    for column in columns:
        edges = [
            (places[before], before.outputs.get(output, 0.0), places[box])
            for box in column
            for before, output in box.before
        ]
        for (place, output, end), (place_2, output_2, end_2) in itertools.combinations(edges, 2):
            first, second = (place, output), (place_2, output_2)
            found += (first < second and end > end_2) or (first > second and end < end_2)
    return found


def _stack(columns: Columns, top: float) -> None:
    """Gives the boxes their heights, each as near to its neighbours as those above it allow."""
    after = _after(columns)
    for column in columns:
        _spread(column, [0.0] * len(column))
    for sweep in range(SWEEPS):
        for column in reversed(columns) if sweep % 2 else columns:
            wanted = []
            for box in column:
                near = [*_origins(box), *after[box]]
                middle = _mean((it.y + it.height / 2 for it in near), box.y + box.height / 2)
                wanted.append(middle - box.height / 2)
            _spread(column, wanted)
    highest = min(box.y for column in columns for box in column)
    for box in itertools.chain.from_iterable(columns):
        box.y += top - highest


def _spread(column: Sequence[Box], wanted: Sequence[float]) -> None:
    below = float("-inf")
    for box, y in zip(column, wanted, strict=True):
        box.y = max(y, below)
        below = box.y + box.height + GAP
    drift = _mean((box.y - y for box, y in zip(column, wanted, strict=True)), 0.0)
    for box in column:
        box.y -= drift

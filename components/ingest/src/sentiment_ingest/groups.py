"""Groups: what must not stand in two splits, a user's own groups joined by near-duplicates."""

from collections.abc import Sequence


def join_groups(groups: Sequence[str], clusters: Sequence[int]) -> list[str]:
    """Gives groups that have a cluster in common, directly or through others, one name.

    Args:
        groups: Name of each row's group.
        clusters: For each row the place of the first row of its near-duplicates.

    Returns:
        For each row the name of the first group of those that its group is joined with.
    """
    places: dict[str, int] = {}
    firsts = [places.setdefault(group, row) for row, group in enumerate(groups)]
    joined = DisjointSets(len(groups))
    for row, cluster in enumerate(clusters):
        joined.join(firsts[cluster], firsts[row])
    return [groups[joined.first(place)] for place in firsts]


class DisjointSets:
    """Sets of the numbers below a count, at first one for each number."""

    def __init__(self, count: int) -> None:
        self._parents = list(range(count))

    def first(self, number: int) -> int:
        """Returns the lowest number of the set that a number is in."""
        parents = self._parents
        while parents[number] != number:
            parents[number] = parents[parents[number]]
            number = parents[number]
        return number

    def join(self, one: int, other: int) -> None:
        """Makes one set of the sets of two numbers."""
        if one != other:
            low, high = sorted((self.first(one), self.first(other)))
            self._parents[high] = low

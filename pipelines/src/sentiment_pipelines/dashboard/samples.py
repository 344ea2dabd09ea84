"""What was scraped, kept in memory for a while."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families

Labels = tuple[tuple[str, str], ...]
"""Sorted by name; the name of the metric is the label ``__name__``."""
NAME = "__name__"
LOOKBACK = 300.0
"""Seconds after which Prometheus takes a figure for gone."""


def labels_of(**labels: str) -> Labels:
    """Returns labels in the order that makes equal ones equal; empty ones are none."""
    return tuple(sorted((name, value) for name, value in labels.items() if value))


def parsed(text: str, **more: str) -> dict[Labels, float]:
    """Returns the samples of Prometheus' text format.

    Args:
        text: What was scraped.
        **more: Labels that every sample gets.

    Raises:
        ValueError: It is no such text.
    """
    return {
        labels_of(**{NAME: sample.name}, **{**sample.labels, **more}): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@dataclass
class Series:
    """The course of one figure: times in seconds, values, and values without counters' resets."""

    times: "array[float]" = field(default_factory=lambda: array("d"))
    values: "array[float]" = field(default_factory=lambda: array("d"))
    risen: "array[float]" = field(default_factory=lambda: array("d"))

    def add(self, time: float, value: float) -> None:
        """Adds a sample later than all others."""
        rise = value
        if self.values:
            last = self.values[-1]
            rise = self.risen[-1] + (value - last if value >= last else value)
        self.times.append(time)
        self.values.append(value)
        self.risen.append(rise)

    def forget(self, before: float) -> None:
        """Forgets old samples, many at a time."""
        old = bisect_left(self.times, before)
        if old * 4 > len(self.times):
            for column in (self.times, self.values, self.risen):
                del column[:old]

    def last(self, start: float, end: float) -> float | None:
        """Returns the last value of a window, both ends inclusive; None where there is none."""
        place = bisect_right(self.times, end) - 1
        return self.values[place] if place >= 0 and self.times[place] >= start else None

    def mean(self, start: float, end: float) -> float | None:
        """Returns the mean of a window's values, both ends inclusive; None where there is none."""
        within = self.values[bisect_left(self.times, start) : bisect_right(self.times, end)]
        return sum(within) / len(within) if within else None

    def increase(self, start: float, end: float) -> float | None:
        """Returns by how much a counter rose, as Prometheus 2 extrapolates it.

        See ``extrapolatedRate`` in prometheus/promql/functions.go.

        Args:
            start: Begin of the window, inclusive.
            end: Its end, inclusive.

        Returns:
            None where there are not two samples.
        """
        first, last = bisect_left(self.times, start), bisect_right(self.times, end) - 1
        if last <= first:
            return None
        rise = self.risen[last] - self.risen[first]
        covered = self.times[last] - self.times[first]
        between = covered / (last - first)
        before, after = self.times[first] - start, end - self.times[last]
        if rise > 0:
            # A counter was not below zero: it cannot have risen by more than that before.
            before = min(before, covered * self.values[first] / rise)
        reached = covered + sum(
            gap if gap < 1.1 * between else between / 2 for gap in (before, after)
        )
        return rise * reached / covered


class Samples:
    """All series of the last ``keep`` seconds, by name and labels."""

    def __init__(self, keep: float) -> None:
        self._keep = keep
        self._looks = array("d")
        self._series: dict[str, dict[Labels, Series]] = {}

    def look(self, time: float, found: Mapping[Labels, float]) -> None:
        """Adds what a look at everything found; a series that is not in it has ended."""
        self._looks.append(time)
        self.add(time, found)
        for name, family in self._series.items():
            for series in family.values():
                series.forget(time - self._keep)
            self._series[name] = {labels: it for labels, it in family.items() if it.times}

    def add(self, time: float, found: Mapping[Labels, float]) -> None:
        """Adds further samples of the last look, such as those of rules."""
        for labels, value in found.items():
            family = self._series.setdefault(dict(labels)[NAME], {})
            family.setdefault(labels, Series()).add(time, value)

    def at(
        self, name: str, fits: Callable[[Labels], bool], time: float
    ) -> Iterator[tuple[Labels, float]]:
        """Yields the values of a metric at a time: those of the last look before."""
        place = bisect_right(self._looks, time) - 1
        if place < 0 or time - self._looks[place] > LOOKBACK:
            return
        look = self._looks[place]
        for labels, series in self.of(name, fits):
            found = bisect_right(series.times, look) - 1
            if found >= 0 and series.times[found] == look:
                yield labels, series.values[found]

    def of(self, name: str, fits: Callable[[Labels], bool]) -> Iterator[tuple[Labels, Series]]:
        """Yields the series of a metric whose labels fit."""
        for labels, series in self._series.get(name, {}).items():
            if series.times and fits(labels):
                yield labels, series

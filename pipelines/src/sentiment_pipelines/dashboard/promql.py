"""Evaluates the part of PromQL that the chart's rules and dashboards are written in.

The text is parsed by promql-parser; what it means is
https://prometheus.io/docs/prometheus/latest/querying/basics/. A query becomes nested functions of
the samples and a time. An expression that needs more than there is here is refused when it is read.
"""

import operator
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from math import inf, isnan, nan
from typing import Any

import promql_parser as syntax

from sentiment_common.errors import InputError
from sentiment_pipelines.dashboard.samples import NAME, Labels, Samples, Series

Vector = dict[Labels, float]
Value = float | Vector
Query = Callable[[Samples, float], Value]
Key = Callable[[Labels], Labels]
OverTime = Callable[[Series, float, float], float | None]


def _divided(left: float, right: float) -> float:
    if right:
        return left / right
    return nan if not left or isnan(left) else inf if left > 0 else -inf


ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divided,
}
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
AGGREGATIONS: dict[str, Callable[[Sequence[float]], float]] = {
    "sum": sum,
    "count": len,
    "max": max,
    "min": min,
    "avg": lambda values: sum(values) / len(values),
}


def query(text: str) -> Query:
    """Returns the function that a query stands for.

    Raises:
        InputError: It is no PromQL, or more than is understood here.
    """
    try:
        return _query(syntax.parse(text))
    except (ValueError, NotImplementedError) as error:
        raise InputError(
            f"cannot be evaluated: {error}", where=text, mend="ask Prometheus itself"
        ) from error


def vector(value: Value) -> Vector:
    """Returns a value as a vector, as Prometheus does with what a rule records."""
    return value if isinstance(value, dict) else {(): value}


def _query(tree: Any) -> Query:
    match tree:
        case syntax.NumberLiteral():
            number = float(tree.val)
            return lambda samples, time: number
        case syntax.ParenExpr():
            return _query(tree.expr)
        case syntax.VectorSelector():
            return _selector(tree)
        case syntax.AggregateExpr():
            return _aggregation(tree)
        case syntax.BinaryExpr():
            return _binary(tree)
        case syntax.Call():
            return _call(tree)
    raise NotImplementedError(f"no {type(tree).__name__} here")


# --- selectors -----------------------------------------------------------------------------------
def _selector(tree: Any) -> Query:
    name, fits, offset = _selected(tree)
    return lambda samples, time: dict(samples.at(name, fits, time - offset))


def _selected(tree: Any) -> tuple[str, Callable[[Labels], bool], float]:
    if tree.at is not None or not tree.name or tree.matchers.or_matchers:
        raise NotImplementedError("no @, no nameless and no alternative selectors here")
    tests = [_matcher(matcher) for matcher in tree.matchers.matchers]

    def fits(labels: Labels) -> bool:
        given = dict(labels)
        return all(test(given.get(label, "")) for label, test in tests)

    return tree.name, fits, tree.offset.total_seconds() if tree.offset else 0.0


def _matcher(matcher: Any) -> tuple[str, Callable[[str], bool]]:
    wanted, pattern, name = matcher.value, re.compile(matcher.value), matcher.name
    if matcher.op == syntax.MatchOp.Equal:
        return name, lambda value: value == wanted
    if matcher.op == syntax.MatchOp.NotEqual:
        return name, lambda value: value != wanted
    if matcher.op == syntax.MatchOp.Re:
        return name, lambda value: pattern.fullmatch(value) is not None
    return name, lambda value: pattern.fullmatch(value) is None


# --- functions -----------------------------------------------------------------------------------
def _call(tree: Any) -> Query:
    name, arguments = tree.func.name, tree.args
    if name in OVER_TIME:
        return _over_time(OVER_TIME[name], arguments[0], named=name == "last_over_time")
    if name == "time":
        return lambda samples, time: time
    made = [_query(argument) for argument in arguments]
    if name not in FUNCTIONS:
        raise NotImplementedError(f"no function {name} here")
    function = FUNCTIONS[name]
    return lambda samples, time: function(*(argument(samples, time) for argument in made))


def _over_time(function: OverTime, tree: Any, *, named: bool) -> Query:
    if not isinstance(tree, syntax.MatrixSelector):
        raise NotImplementedError("no subqueries here")
    name, fits, offset = _selected(tree.vector_selector)
    seconds = tree.range.total_seconds()

    def evaluate(samples: Samples, time: float) -> Vector:
        end = time - offset
        found: Vector = {}
        for labels, series in samples.of(name, fits):
            if (value := function(series, end - seconds, end)) is not None:
                found[labels if named else _nameless(labels)] = value
        return found

    return evaluate


def _absent(values: Value) -> Value:
    return {} if vector(values) else {(): 1.0}


def _scalar(values: Value) -> Value:
    found = list(vector(values).values())
    return found[0] if len(found) == 1 else nan


def _abs(values: Value) -> Value:
    return {_nameless(labels): abs(value) for labels, value in vector(values).items()}


def _histogram_quantile(share: Value, buckets: Value) -> Value:
    """Interpolates within a bucket; see ``bucketQuantile`` in prometheus/promql/quantile.go."""
    grouped: dict[Labels, list[tuple[float, float]]] = {}
    for labels, count in vector(buckets).items():
        with suppress(KeyError, ValueError):  # what has no bound is no bucket
            bound = float(dict(labels)["le"])
            grouped.setdefault(_without(labels, ("le",)), []).append((bound, count))
    assert isinstance(share, float)  # noqa: S101 (the parser has seen to it)
    return {labels: _quantile(share, sorted(found)) for labels, found in grouped.items()}


def _quantile(share: float, buckets: Sequence[tuple[float, float]]) -> float:
    total = buckets[-1][1]
    if len(buckets) < 2 or not total or isnan(total) or buckets[-1][0] != inf:
        return nan
    rank = share * total
    place = next(i for i, (_, count) in enumerate(buckets) if count >= rank)
    if place == len(buckets) - 1:
        return buckets[-2][0]
    low, below = buckets[place - 1] if place else (0.0, 0.0)
    high, count = buckets[place]
    return low + (high - low) * (rank - below) / (count - below) if count > below else high


def _rate(series: Series, start: float, end: float) -> float | None:
    rise = series.increase(start, end)
    return None if rise is None else rise / (end - start)


OVER_TIME: dict[str, OverTime] = {
    "avg_over_time": Series.mean,
    "increase": Series.increase,
    "last_over_time": Series.last,
    "rate": _rate,
}
FUNCTIONS: dict[str, Callable[..., Value]] = {
    "abs": _abs,
    "absent": _absent,
    "histogram_quantile": _histogram_quantile,
    "scalar": _scalar,
    "vector": vector,
}


# --- operators -----------------------------------------------------------------------------------
def _aggregation(tree: Any) -> Query:
    name = str(tree.op)
    if name not in AGGREGATIONS or tree.param is not None:
        raise NotImplementedError(f"no {name} here")
    aggregate, of = AGGREGATIONS[name], _query(tree.expr)
    names = tuple(tree.modifier.labels) if tree.modifier else ()
    without = tree.modifier and tree.modifier.type == syntax.AggModifierType.Without

    def evaluate(samples: Samples, time: float) -> Vector:
        grouped: dict[Labels, list[float]] = {}
        for labels, value in vector(of(samples, time)).items():
            key = _without(labels, (*names, NAME)) if without else _only(labels, names)
            grouped.setdefault(key, []).append(value)
        return {key: float(aggregate(values)) for key, values in grouped.items()}

    return evaluate


def _binary(tree: Any) -> Query:
    name, left, right = str(tree.op), _query(tree.lhs), _query(tree.rhs)
    modifier = tree.modifier
    key = _key(modifier.matching if modifier else None)
    if name in ("and", "or", "unless"):
        return lambda samples, time: _sets(
            name, vector(left(samples, time)), vector(right(samples, time)), key
        )
    if modifier and (modifier.return_bool or modifier.group_labels):
        raise NotImplementedError("no bool and no labels from the other side here")
    if name not in ARITHMETIC and name not in COMPARISONS:
        raise NotImplementedError(f"no {name} here")
    many = bool(modifier) and modifier.card == syntax.VectorMatchCardinality.ManyToOne
    if modifier and modifier.card == syntax.VectorMatchCardinality.OneToMany:
        raise NotImplementedError("no group_right here")
    return lambda samples, time: _combined(
        name, left(samples, time), right(samples, time), key, many=many
    )


def _sets(name: str, left: Vector, right: Vector, key: Key) -> Vector:
    if name == "or":
        known = {key(labels) for labels in left}
        return left | {it: value for it, value in right.items() if key(it) not in known}
    known, wanted = {key(labels) for labels in right}, name == "and"
    return {labels: value for labels, value in left.items() if (key(labels) in known) == wanted}


def _combined(name: str, left: Value, right: Value, key: Key, *, many: bool) -> Value:
    if not isinstance(left, dict) and not isinstance(right, dict):
        return ARITHMETIC[name](left, right)
    if not isinstance(right, dict):
        pairs: Iterable[tuple[Labels, float, float]] = (
            (labels, value, right) for labels, value in vector(left).items()
        )
    elif not isinstance(left, dict):
        pairs = ((labels, left, value) for labels, value in right.items())
    else:
        pairs = _matched(left, right, key)
    if name in COMPARISONS:
        kept_left = isinstance(left, dict)
        return {it: a if kept_left else b for it, a, b in pairs if COMPARISONS[name](a, b)}
    matched = isinstance(left, dict) and isinstance(right, dict) and not many
    kept: Key = key if matched else _nameless
    return {kept(labels): ARITHMETIC[name](a, b) for labels, a, b in pairs}


def _matched(left: Vector, right: Vector, key: Key) -> Iterable[tuple[Labels, float, float]]:
    others = {key(labels): value for labels, value in right.items()}
    return (
        (labels, value, others[key(labels)])
        for labels, value in left.items()
        if key(labels) in others
    )


def _key(matching: Any) -> Key:
    if matching is None:
        return _nameless
    names = tuple(matching.labels)
    if matching.type == syntax.LabelModifierType.Include:
        return lambda labels: _only(labels, names)
    return lambda labels: _without(labels, (*names, NAME))


def _only(labels: Labels, names: Sequence[str]) -> Labels:
    return tuple(pair for pair in labels if pair[0] in names)


def _without(labels: Labels, names: Sequence[str]) -> Labels:
    return tuple(pair for pair in labels if pair[0] not in names)


def _nameless(labels: Labels) -> Labels:
    return _without(labels, (NAME,))

"""Does the monitor keep quiet, and does it speak up? Windows of real texts whose truth is known.

The default data, scored by the baseline model of a run: Amazon reviews and tweets stand for what
the model was trained on, film reviews and editorials for another domain. Again and again the rows
are dealt to training and traffic, so that where nothing changes both are of one distribution, and
no text is in both. The domain classifier takes most of the time: it looks at fewer windows.
"""

import argparse
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from simulation import scenarios
from simulation.drawing import draw_slow
from simulation.pool import OWN, Pool, read
from simulation.running import Looked, Setup, follow, set_up
from threadpoolctl import threadpool_limits

from sentiment_monitor.policy import AUTO, Policy, choose
from sentiment_monitor.quality_intervals import Interval

ROOT = Path(__file__).parents[3]
TRAINED, TRAINING, MONTH = 5_485, 1_000, 30
"""Texts that the reference is of, that the domain classifier gets, and windows of a month."""
PARTS = ("quiet", "drift", "slow", "season")
DEALS = {
    True: ((500, 30, 34, 0), (2_000, 30, 34, 0), (500, 60, 1, TRAINING), (2_000, 6, 34, TRAINING)),
    False: ((500, 30, 2, 0),),
}
"""Rows of a window, windows of a deal, deals, and texts that the domain classifier gets."""
ACCURACY = (
    "| | real | CBPE | interval holds it | ATC | feedback | interval holds it |\n"
    "|---|---|---|---|---|---|---|"
)
FOUND = ("watch", "act")
DETECTORS = {
    "label": ("label",),
    "confidence": ("confidence",),
    "scores": ("score_negative", "score_neutral", "score_positive"),
    "length": ("length",),
    "unknown": ("unknown",),
    "language": ("language",),
    "label shift": ("label_shift",),
    "terms": ("terms",),
    "vocabulary": ("vocabulary",),
    "domain": ("domain",),
    "feedback": ("quality",),
    "estimate": ("estimate",),
}
"""Columns of the table, and the findings that each stands for."""


def deals(pool: Pool, policy: Policy, count: int, training: int = 0) -> Iterator[Setup]:
    """Deals the rows to training and traffic, as often as wanted."""
    own = np.flatnonzero(np.isin(pool.source, OWN))
    for seed in range(count):
        order = np.random.default_rng(seed).permutation(own)
        yield set_up(pool, order[:TRAINED], order[TRAINED:], policy, training)


def said(looked: Looked, detector: str) -> bool:
    """Returns whether a detector found something in a window."""
    names = DETECTORS[detector]
    return any(it.verdict in FOUND for it in looked.decided.findings if it.name in names)


def calm(setups: Sequence[Setup], rows: int, windows: int) -> None:
    """Looks at windows without drift, and prints how often the monitor cries wolf."""
    scenario = replace(scenarios.CALM, windows=windows)
    runs = [
        follow(setup, scenario, rows, 0, np.random.default_rng(1_000 + number))
        for number, setup in enumerate(setups)
    ]
    every = [it for run in runs for it in run]
    months = [run[at : at + MONTH] for run in runs for at in range(0, len(run) - MONTH + 1, MONTH)]
    figures = [
        share(decided(it) in wanted for it in every) for wanted in (FOUND, ("act",))
    ] + [
        share(any(decided(it) in wanted for it in month) for month in months)
        for wanted in (FOUND, ("act",))
    ]  # fmt: skip
    loud = {name: share(said(it, name) for it in every) for name in DETECTORS}
    most = max(loud, key=lambda name: loud[name])
    worst = f"{most} {percent(loud[most])}" if loud[most] else "none"
    domain = " with domain" if setups[0].known.training else ""
    counts = f"{rows:,}{domain} | {len(every):,}"
    print(f"| {counts} | {' | '.join(map(percent, figures))} | {worst} |", flush=True)


def drifted(setups: Sequence[Setup], scenario: scenarios.Scenario, rows: int) -> list[Looked]:
    """Looks at windows before and after an onset, and prints who found it, and when."""
    runs = [
        follow(setup, scenario, rows, 1, np.random.default_rng(2_000 + number))
        for number, setup in enumerate(setups)
    ]
    after = [it for run in runs for it in run if it.since >= 0]
    powers = [power(after, name) for name in DETECTORS]
    delays = [
        delay(first(run, lambda it, wanted=wanted: decided(it) in wanted) for run in runs)
        for wanted in (FOUND, ("act",))
    ]
    print(f"| {scenario.name} | {' | '.join(powers)} | {' | '.join(delays)} |", flush=True)
    return [it for run in runs for it in run]


def power(windows: Sequence[Looked], detector: str) -> str:
    """Returns the share of windows with a finding of a detector; a dash if it was left out."""
    names = DETECTORS[detector]
    if not any(it.name in names for it in windows[0].decided.findings):
        return "–"
    return percent(share(said(it, detector) for it in windows))


def accuracies(name: str, looked: Iterable[Looked]) -> None:
    """Prints what accuracy was, and what was said of it."""
    after = [it for it in looked if it.since >= 0]
    real = np.array([it.accuracy for it in after])
    row = [percent(real.mean())]
    for said_of in (lambda it: it.estimated, lambda it: it.judged):
        intervals = [said_of(it) for it in after]
        row.append(percent(np.nanmean([it.value for it in intervals])))
        row.append(percent(share(covers(it, at) for it, at in zip(intervals, real, strict=True))))
    row.insert(3, percent(np.mean([it.thresholded for it in after])))
    print(f"| {name} | {' | '.join(row)} |")


def season(setups: Sequence[Setup], rows: int) -> None:
    """Prints what the monitor says of a mix that comes back every week."""
    print(f"\n{scenarios.SEASON.name}, 500 rows: share of the days\n")
    print("| week | watch | act |\n|---|---|---|", flush=True)
    runs = [
        follow(setup, scenarios.SEASON, rows, 0, np.random.default_rng(3_000 + number))
        for number, setup in enumerate(setups)
    ]
    weeks = scenarios.SEASON.windows // scenarios.DAYS
    for week in range(weeks):
        days = [it for run in runs for it in run if it.since // scenarios.DAYS == week]
        counts = [percent(share(decided(it) == wanted for it in days)) for wanted in FOUND]
        print(f"| {week + 1} | {' | '.join(counts)} |")


def decided(looked: Looked) -> str:
    """Returns the decision of a window."""
    return looked.decided.decision


def first(run: Sequence[Looked], holds: Callable[[Looked], bool]) -> float:
    """Returns the window after the onset that is the first for which something holds."""
    return next((it.since + 1 for it in run if it.since >= 0 and holds(it)), float("inf"))


def delay(found: Iterable[float]) -> str:
    """Returns the median delay in windows, and how often it was found at all."""
    values = list(found)
    median, ever = float(np.median(values)), share(np.isfinite(values))
    return f"{median:g} ({ever:.0%})" if np.isfinite(median) else f"– ({ever:.0%})"


def covers(interval: Interval, value: float) -> bool:
    """Returns whether an interval holds a value."""
    return interval.low <= value <= interval.high


def share(values: Iterable[bool]) -> float:
    """Returns the share of what is true."""
    return float(np.mean(list(values) or [np.nan]))


def percent(value: float) -> str:
    """Returns a share in percent, as short as it may be; a dash if there is none."""
    if np.isnan(value):
        return "–"
    return f"{100 * value:.0f}%" if value in (0, 1) else f"{100 * value:.1f}%"


def quiet(pool: Pool, policy: Policy, full: bool) -> None:
    """Prints what the monitor says where nothing changes."""
    print("\nNo drift; a month is 30 daily windows\n")
    heads = "rows | windows | watch or act | act | months with watch or act | with act | loudest"
    print(f"| {heads} |\n|---|---|---|---|---|---|---|", flush=True)
    for rows, windows, count, training in DEALS[full]:
        calm(list(deals(pool, policy, count, training)), rows, windows)


def drift(pool: Pool, policy: Policy) -> None:
    """Prints who finds what, and what accuracy is in truth."""
    print("\nDrift from window 1 on: share of windows in which each finds something; median "
          "window of the first decision (how often within the windows)\n")  # fmt: skip
    for rows, training in ((500, TRAINING), (2_000, 0)):
        print(f"| {rows:,} rows | {' | '.join(DETECTORS)} | watch or act | act |")
        print("|---|" + "---|" * (len(DETECTORS) + 2), flush=True)
        setups = list(deals(pool, policy, 1, training))
        looked = {it.name: drifted(setups, it, rows) for it in scenarios.SCENARIOS}
        print()
    print("\nAccuracy: real, estimated without labels, and by feedback on 20% of seven days\n")
    print(ACCURACY, flush=True)
    for name, windows in looked.items():
        accuracies(name, windows)


def slow(pool: Pool, policy: Policy, full: bool, plot: Path | None) -> None:
    """Prints, and draws, how a slow drift is found."""
    print("\nSlow drift, 500 rows; columns as above\n")
    setups = list(deals(pool, policy, 5 if full else 1))
    looked = drifted(setups, scenarios.SLOW, 500)
    print(f"\n{ACCURACY}")
    accuracies(scenarios.SLOW.name, looked)
    if plot:
        plot.write_text(draw_slow(looked), encoding="utf-8")


def main() -> None:
    """Reads a run's data and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all if none is named")
    parser.add_argument("--run", type=Path, default=ROOT / "var" / "runs" / "latest")
    parser.add_argument("--policy", default=AUTO, help="as the command takes it")
    parser.add_argument("--full", action="store_true", help="a thousand windows a row: an hour")
    parser.add_argument("--plot", type=Path, help="where the drawing of the slow drift goes")
    options = parser.parse_args()
    parts = options.parts or PARTS
    with threadpool_limits(1):
        pool, policy, full = read(options.run), choose(options.policy), options.full
        if "quiet" in parts:
            quiet(pool, policy, full)
        if "drift" in parts:
            drift(pool, policy)
        if "slow" in parts:
            slow(pool, policy, full, options.plot)
        if "season" in parts:
            season(list(deals(pool, policy, 3 if full else 1)), 500)


if __name__ == "__main__":
    main()

"""Does the method keep its promises? Experiments with known truth, looked at every day.

False positives of experiments without a difference (nominal 5%) and how often the sequence holds
the truth at all looks; how often and how soon planted differences are found, against a test with
one look and a group sequential one; false alarms and detections of the test of the split.
"""

import argparse
import math
from statistics import NormalDist

import numpy as np

from sentiment_compare import confidence_sequence, mismatch
from sentiment_compare.mismatch import Arrivals
from sentiment_compare.simulation import Scenario, run, split

STEPS = ((0.0, 0.05), (7.0, 0.25), (14.0, 0.5))
ALIKE = {
    "callers with one request": Scenario(callers=8_000, requests=1),
    "callers who come back, correlation 0.1": Scenario(callers=1_500, requests=6, correlation=0.1),
    "the same, correlation 0.3": Scenario(callers=1_500, requests=6, correlation=0.3),
    "weights 90 to 10": Scenario(shares=((0.0, 0.1),)),
    "accuracy 97%": Scenario(accuracy=0.97),
    "400 callers in all": Scenario(callers=400, correlation=0.1),
    "canary 5, 25, 50%": Scenario(requests=3, correlation=0.1, shares=STEPS),
    "canary, quality rises by 10 points": Scenario(
        requests=3, correlation=0.1, shares=STEPS, drift=0.1
    ),
    "canary of 40,000 callers, quality rises by 10 points": Scenario(
        callers=40_000, correlation=0.1, shares=STEPS, drift=0.1
    ),
}
DAYS, LIFTS, LEAST_EFFECT = 28, (0.01, 0.02, 0.03, 0.05), 0.02
ALPHA = 0.05
JUDGED = 14_700
"""What a test with one look needs for two points at 75% with a power of 80%."""
REAL = (0.5, 0.51, 0.52, 0.55)
CRITICAL = 6.635
"""Of the chi-square test with one degree of freedom at a level of 0.01."""


def share(values: object) -> str:
    """Returns how many are true, in percent."""
    return f"{100 * float(np.mean(np.asarray(values))):.1f}%"


def alike(experiments: int) -> None:
    """Prints how often variants that do not differ are called different."""
    print(f"A/A, {experiments:,} experiments a row, 28 daily looks, nominal 5%\n")
    heads = (
        "callers", "confidence sequence", "holds the truth at all looks", "z-test at every look",
        "z-test once, at the end", "the same, by request", "the same, periods together",
    )  # fmt: skip
    print(f"| {' | '.join(heads)} |")
    print("|---|---|---|---|---|---|---|")
    for seed, (name, scenario) in enumerate(ALIKE.items()):
        found = run(scenario, experiments, seed, effect=LEAST_EFFECT)
        figures = (
            np.isfinite(found.sequence), found.covered, np.isfinite(found.peeking), found.final,
            found.careless, found.together,
        )  # fmt: skip
        print(f"| {name} | {' | '.join(map(share, figures))} |")


def planted(experiments: int) -> None:
    """Prints how often and how soon differences are found."""
    print(f"\nA/B, {experiments:,} experiments a row, {DAYS} days are what one look needs for 2 "
          f"points; the sequence may go on for {2 * DAYS}\n")  # fmt: skip
    print("| lift | found by one look on day 28 | by the sequence until day 28 | until day 56 "
          "| wrong side | mean day it ends | median | days saved |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|")
    for lift in LIFTS:
        scenario = Scenario(
            callers=2 * JUDGED, days=2 * DAYS, requests=1, rate=1, lift=lift, once=DAYS
        )
        found = run(scenario, experiments, 1, LEAST_EFFECT)
        ends = np.minimum(found.sequence, 2 * DAYS)
        wrong = np.isfinite(found.sequence) & ~found.upward.astype(bool)
        print(
            f"| {100 * lift:.0f} | {share(found.final)} | {share(found.sequence <= DAYS)} "
            f"| {share(np.isfinite(found.sequence))} | {share(wrong)} | {ends.mean():.1f} "
            f"| {np.median(ends):.0f} | {1 - ends.mean() / DAYS:.0%} |"
        )


def designs(runs: int) -> None:
    """Prints what a plan with a fixed end would save: Brownian motions, looked at daily."""
    print(f"\nDesigns, {runs:,} Brownian motions a row, {DAYS} days are what one look needs for 2 "
          f"points; the sequence may go on for {3 * DAYS}\n")  # fmt: skip
    print("| lift | one look: found | group sequential: found | mean day | sequence: found "
          f"| by day {DAYS} | mean day |\n|---|---|---|---|---|---|---|")  # fmt: skip
    needed = confidence_sequence.fixed_information(LEAST_EFFECT, ALPHA, 0.8)
    known = needed / DAYS * np.arange(1.0, 3 * DAYS + 1)
    mixed = confidence_sequence.mixture(ALPHA, needed)
    reach = confidence_sequence.half_width(1 / known, ALPHA, mixed) * np.sqrt(known)
    limits = spent(DAYS, 20 * runs)
    for lift in (0.0, *LIFTS):
        steps = np.random.default_rng(3).standard_normal((runs, len(known)))
        z = (steps.cumsum(axis=1) / np.sqrt(known / known[0])) + lift * np.sqrt(known)
        once = np.abs(z[:, DAYS - 1]) > NormalDist().inv_cdf(1 - ALPHA / 2)
        grouped, ended = first(z[:, :DAYS], limits), first(z, reach)
        print(
            f"| {100 * lift:.0f} | {share(once)} | {share(np.isfinite(grouped))} "
            f"| {np.minimum(grouped, DAYS).mean():.1f} | {share(np.isfinite(ended))} "
            f"| {share(ended <= DAYS)} | {np.minimum(ended, len(known)).mean():.1f} |"
        )


def first(z: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """Returns the look at which each run first leaves the limits; infinite if it never does."""
    left = np.abs(z) > limits
    return np.where(left.any(axis=1), left.argmax(axis=1) + 1.0, np.inf)


def spent(looks: int, runs: int) -> np.ndarray:
    """Returns limits that spend the level as O'Brien and Fleming do (Lan and DeMets 1983)."""
    normal, generator = NormalDist(), np.random.default_rng(1)
    total, within, limits = np.zeros(runs), np.ones(runs, dtype=bool), []
    for look in range(1, looks + 1):
        total += generator.standard_normal(runs)
        z = np.sort(np.abs(total[within])) / np.sqrt(look)
        level = 2 - 2 * normal.cdf(normal.inv_cdf(1 - ALPHA / 2) / np.sqrt(look / looks))
        leave = round(runs * level) - (runs - len(z))
        limits.append(z[-leave] if leave > 0 else np.inf)
        within &= np.abs(total) / np.sqrt(look) < limits[-1]
    return np.array(limits)


def mismatches(experiments: int) -> None:
    """Prints how often a split that is not what the weights say is noticed."""
    print(f"\nSample ratio, {experiments:,} experiments a row, daily looks at 1,000 callers more, "
          f"level {mismatch.LEVEL}\n")  # fmt: skip
    print(
        "| said | real | sequential multinomial by day 28 | median day | chi-square at every look |"
    )
    print("|---|---|---|---|---|")
    for said, reals in ((0.5, REAL), (0.1, (0.1, 0.11, 0.12, 0.15))):
        for real in reals:
            callers = [1_000] * DAYS
            counts = split(real, callers, experiments, 4)
            days = np.array([_noticed(row.tolist(), callers, said) for row in counts])
            total = np.cumsum(callers)
            off = np.cumsum(counts, axis=1) - said * total
            naive = (off**2 / (said * (1 - said) * total) > CRITICAL).any(axis=1)
            median = np.median(days) if np.isfinite(np.median(days)) else "–"
            shares = f"{share(np.isfinite(days))} | {median} | {share(naive)}"
            print(f"| {said:.0%} | {real:.0%} | {shares} |")


def _noticed(challengers: list[int], callers: list[int], said: float) -> float:
    expected = {"control": 1 - said, "challenger": said}
    batches = [
        Arrivals(0, expected, {"control": all_ - mine, "challenger": mine})
        for mine, all_ in zip(challengers, callers, strict=True)
    ]
    found = mismatch.p_values(batches)
    return next((day for day, p in enumerate(found, start=1) if p < mismatch.LEVEL), math.inf)


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="five times as many: some ten minutes")
    factor = 5 if parser.parse_args().full else 1
    alike(400 * factor)
    planted(100 * factor)
    designs(10_000)
    mismatches(1_000 * factor)


if __name__ == "__main__":
    main()

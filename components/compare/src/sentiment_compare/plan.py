"""``python -m sentiment_compare.plan``: how much traffic an experiment takes, and how long."""

import argparse
import sys
from collections.abc import Iterator, Sequence

from sentiment_common.errors import InputError
from sentiment_compare import planning
from sentiment_compare.planning import Plan

NAME = "ab-plan"
EFFECTS = (0.0, 0.01, 0.02, 0.03, 0.05)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line.

    Returns:
        0, or 2 for bad input, which is said in one line.
    """
    arguments = vars(_parser().parse_args(argv))
    try:
        plan = Plan(**{**arguments, "weights": _weights(arguments["weights"])})
        planning.check(plan)
        sys.stdout.writelines(f"{line}\n" for line in lines(plan))
    except InputError as error:
        sys.stderr.write(f"{NAME}: {error}\n")
        return 2
    return 0


def lines(plan: Plan) -> Iterator[str]:
    """Yields what is to be expected of an experiment, in Markdown."""
    days = planning.fixed_days(plan)
    texts = days * plan.requests_per_day
    yield (
        f"One look finds {100 * plan.effect:g} points in {plan.power:.0%} of all cases after "
        f"{texts:,.0f} texts, {texts * plan.feedback_rate:,.0f} of them with feedback: "
        f"{days:.1f} days."
    )
    if plan.inflation > 1:
        yield f"Callers who come back make it {plan.inflation:.2f} times as many."
    yield ""
    step = planning.days_between_looks(plan)
    yield (
        f"The sequential test is looked at {'daily' if step == 1 else f'every {step:,} days'} and "
        f"given up after {planning.LONGEST:g} times as long; {planning.RUNS:,} simulated runs:"
    )
    yield ""
    columns = ("true difference", f"one look, day {days:.0f}", "sequential by then", "in the end")
    yield f"| {' | '.join(columns)} | mean days |"
    yield "|---|---|---|---|---|"
    effects = sorted({*EFFECTS, plan.effect})
    possible = [it for it in effects if plan.baseline + it <= 1]
    for it in planning.outlook(plan, possible):
        yield (
            f"| {100 * it.effect:g} points | {it.once:.0%} | {it.sequential:.0%} | {it.ever:.0%} "
            f"| {it.days:.1f} |"
        )


def _weights(given: str) -> tuple[float, ...]:
    try:
        return tuple(float(it) for it in given.split(","))
    except ValueError as error:
        raise InputError(
            f"{given!r} are no weights", where="--weights", mend="e.g. 0.9,0.1"
        ) from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=NAME, allow_abbrev=False,
        description="Plans an experiment: its size with one look, and with looks every day.",
    )  # fmt: skip
    number = {"type": float, "metavar": "NUMBER"}
    parser.add_argument("--baseline", required=True, help="accuracy of the control", **number)
    parser.add_argument("--effect", required=True, help="least difference that matters", **number)
    parser.add_argument(
        "--feedback-rate", required=True, help="share of the answers with feedback", **number
    )
    parser.add_argument("--requests-per-day", required=True, help="texts of all variants", **number)
    parser.add_argument("--weights", default="0.5,0.5", help="control first (default: %(default)s)")
    parser.add_argument(
        "--requests-per-caller", default=1.0, help="texts of one caller (default: 1)", **number
    )
    parser.add_argument(
        "--correlation", default=0.0, help="of one caller's outcomes (default: 0)", **number
    )
    parser.add_argument("--confidence", default=0.95, help="default: %(default)s", **number)
    parser.add_argument("--power", default=0.8, help="default: %(default)s", **number)
    parser.add_argument("--seed", type=int, default=13, help="default: %(default)s")
    return parser


if __name__ == "__main__":
    sys.exit(main())

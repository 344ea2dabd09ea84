"""The planner's command line."""

import subprocess
import sys

import pytest

ASKED = ("--baseline", "0.78", "--effect", "0.02", "--feedback-rate", "0.1")


def plan(*options):
    command = [sys.executable, "-m", "sentiment_compare.plan", *options]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)


def test_it_says_how_long_both_tests_take():
    ended = plan(*ASKED, "--requests-per-day", "5000")
    assert ended.returncode == 0
    # (1.96 + 0.84)^2 (.78 * .22 + .80 * .20) / .02^2 = 6,507 judged answers of each variant.
    assert "13,013 of them with feedback: 26.0 days" in ended.stdout
    assert "| 2 points | 80% |" in ended.stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--weights", "1"), "--weights: wants two weights or more"),
        (("--weights", "a,b"), "--weights: 'a,b' are no weights"),
        (("--effect", "0.5"), "--effect: 0.5 above 0.78 is no accuracy"),
        (("--correlation", "2"), "--correlation"),
        (("--feedback-rate", "0"), "--feedback-rate: 0 is no share"),
        (("--requests-per-day", "nan"), "--requests-per-day: nan is no number of texts"),
        (("--requests-per-day", "inf"), "--requests-per-day: inf is no number of texts"),
        (("--weights", "0.5,nan"), "--weights: wants two weights or more"),
        (("--seed", "-1"), "--seed: -1 lies below 0"),
    ],
)
def test_impossible_assumptions_end_in_one_line(options, said):
    ended = plan(*ASKED, "--requests-per-day", "5000", *options)
    assert ended.returncode == 2 and said in ended.stderr and ended.stderr.count("\n") == 1


def test_a_plan_of_centuries_is_soon_told():
    ended = plan("--baseline", "0.78", "--effect", "0.001", "--feedback-rate", "0.01",
                 "--requests-per-day", "1000")  # fmt: skip
    assert ended.returncode == 0 and "looked at every 4,034 days" in ended.stdout
    assert "| 0.1 points | 80% |" in ended.stdout

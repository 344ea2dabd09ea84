"""The gate blesses what is better, and nothing else."""

from collections.abc import Iterable

import numpy as np
import pytest

from sentiment_common.errors import InputError
from sentiment_evaluate import policy
from sentiment_evaluate.behaviour import Capability
from sentiment_evaluate.contenders import Withdrawal
from sentiment_evaluate.cost import Cost
from sentiment_evaluate.gate import Verdict, behaves, judge
from sentiment_evaluate.judged import Answers, Focus, Judged
from sentiment_evaluate.outcome import ALREADY_CHAMPION, BLESSED, REFUSED
from sentiment_evaluate.resampling import Bootstrap
from sentiment_evaluate.slices import Slice
from sentiment_evaluate.suite import read_suite

ROWS = 900
BOOTSTRAP = Bootstrap(500, seed=1)
OTHERS = "behaviour = {most = 0.8, most_of = {}}\ncalibration = {most = 1, margin = 1}\n"
POLICY = policy.read(OTHERS)
FAST = Cost(1.0, 2.0, 5000.0, 3_000_000, 50_000_000)


def judged(
    digest: str,
    wrong: Iterable[int],
    tweets: int = 0,
    *,
    confidence: float = 0.8,
    failed: Iterable[int] = (),
    cost: Cost = FAST,
    elsewhere: Iterable[int] = (),
    traffic: int | None = None,
) -> Judged:
    """A model that is wrong on the given rows and right on the others.

    Args:
        digest: Its digest.
        wrong: Rows of the test split it is wrong on.
        tweets: So many of the first rows are tweets, the others reviews.
        confidence: The probability of its answers, right or wrong.
        failed: Of the 40 cases of a capability, those it fails.
        cost: What it costs.
        elsewhere: Rows it is wrong on, of 300 from another source.
        traffic: So many of the last rows are those that decide; None: all do.
    """
    rows = np.arange(ROWS)
    truth, right = rows % 3, ~np.isin(rows, list(wrong))
    slices = [
        _slice(f"source={name}", held, right, confidence)
        for name, held in (("tweets", rows < tweets), ("reviews", rows >= tweets))
        if held.any()
    ]
    other = ~np.isin(rows[:300], list(elsewhere))
    return Judged(
        digest,
        BOOTSTRAP.measure(truth, _probabilities(right, confidence), rows, ranked=False),
        slices,
        [_slice("source=movies", rows < 300, np.append(other, right[300:]), confidence)],
        [Capability("minimum: negation", 40, len(list(failed)), tuple(failed))],
        cost,
        Answers(right, rows),
        None if traffic is None else _focus(rows >= ROWS - traffic, right, confidence),
    )


def _focus(held: np.ndarray, right: np.ndarray, confidence: float) -> Focus:
    enough = held.sum() >= 20
    figures = _slice("traffic", held, right, confidence).figures if enough else None
    rest = _slice("rest", ~held, right, confidence).figures
    answers = Answers(right[held], np.arange(held.sum()))
    return Focus("traffic/*", figures, answers, rest, int((~held).sum()))


def _probabilities(right: np.ndarray, confidence: float) -> np.ndarray:
    truth = np.arange(len(right)) % 3
    predicted = np.where(right, truth, (truth + 1) % 3)
    rest = (1 - confidence) / 2
    found: np.ndarray = np.eye(3)[predicted] * (confidence - rest) + rest
    return found


def _slice(name: str, held: np.ndarray, right: np.ndarray, confidence: float) -> Slice:
    rows = int(held.sum())
    truth = (np.arange(ROWS) % 3)[held]
    probabilities = _probabilities(right, confidence)[held]
    figures = BOOTSTRAP.measure(truth, probabilities, np.arange(rows), ranked=False)
    return Slice(name, rows, rows >= 100, figures, {})


def failed(found: Verdict) -> list[str]:
    """The rules that refuse."""
    return [rule.rule for rule in found.rules if not rule.passed]


def test_without_a_champion_the_floors_count() -> None:
    candidate = judged("a", range(300))
    asked = policy.read(OTHERS + "floors.macro_f1 = 0.6")
    assert judge(candidate, None, asked).verdict == BLESSED
    refused = judge(candidate, None, policy.read(OTHERS + "floors.macro_f1 = 0.7"))
    assert refused.verdict == REFUSED
    assert failed(refused) == ["macro-F1 at least"]
    assert refused.reason == "macro-F1 0.6667 on the test split is below the floor of 0.7"


def test_each_label_has_a_floor_of_its_own() -> None:
    found = judge(judged("a", range(0, 900, 3)), None, POLICY)
    assert failed(found) == ["negative recall at least"]


def test_a_better_candidate_is_blessed_and_the_reason_says_by_how_much() -> None:
    found = judge(judged("a", range(100)), judged("b", range(200)), POLICY)
    assert found.verdict == BLESSED
    assert failed(found) == []
    assert "macro-F1 differs from the champion's by +0.11" in found.reason


@pytest.mark.parametrize("test", ["bootstrap", "mcnemar"])
@pytest.mark.parametrize(
    ("ours", "theirs", "verdict"),
    [
        (range(100), range(200), BLESSED),
        (range(100), range(100), REFUSED),
        (range(198), range(100, 300), REFUSED),
        (range(200), range(100), REFUSED),
    ],
    ids=["better", "equal", "better within noise", "worse"],
)
def test_only_what_is_better_beyond_doubt_is_blessed(
    test: str, ours: range, theirs: range, verdict: str
) -> None:
    asked = policy.read(f'{OTHERS}comparison.test = "{test}"')
    found = judge(judged("a", ours), judged("b", theirs), asked)
    assert found.verdict == verdict
    assert ("equal is not better" in found.reason) == (verdict == REFUSED)


@pytest.mark.parametrize("test", ["bootstrap", "mcnemar"])
def test_a_gain_on_the_rows_that_decide_is_enough_where_the_whole_shows_none(test: str) -> None:
    asked = policy.read(f'{OTHERS}comparison = {{test = "{test}", on = "traffic/*"}}')
    champion, better = [*range(200), *range(800, 825)], [*range(10, 217), *range(800, 810)]
    whole = policy.read(f'{OTHERS}comparison.test = "{test}"')
    assert judge(judged("a", better), judged("b", champion), whole).verdict == REFUSED
    found = judge(judged("a", better, traffic=150), judged("b", champion, traffic=150), asked)
    assert found.verdict == BLESSED
    assert "on traffic/* (150 rows)" in found.reason


def test_a_gain_on_the_rows_that_decide_does_not_buy_a_loss_over_all() -> None:
    asked = policy.read(f'{OTHERS}comparison.on = "traffic/*"')
    ours, theirs = judged("a", range(300), traffic=150), judged("b", range(750, 850), traffic=150)
    found = judge(ours, theirs, asked)
    assert "probability by chance of the loss over all above" in failed(found)
    assert "lower bound of the gain above" not in failed(found)


def test_no_gain_on_the_rows_that_decide_buys_a_loss_on_the_others() -> None:
    asked = policy.read(f'{OTHERS}comparison.on = "traffic/*"')
    ours, theirs = judged("a", range(40), traffic=150), judged("b", [*range(10), *range(750, 850)],
                                                               traffic=150)  # fmt: skip
    found = judge(ours, theirs, asked)
    assert failed(found) == ["loss on the rows that do not decide at most"]
    assert "macro-F1 on all but traffic/* (750 rows) differs by -0.04" in found.reason
    assert "worse than the champion beyond doubt" in found.reason


@pytest.mark.parametrize(("most", "verdict"), [(0.02, REFUSED), (0.05, BLESSED)])
def test_a_loss_on_the_others_within_noise_has_its_limit(most: float, verdict: str) -> None:
    asked = policy.read(f'{OTHERS}comparison = {{on = "traffic/*", most_loss = {most}}}')
    ours, theirs = [*range(100, 220)], [*range(100), *range(750, 850)]
    found = judge(judged("a", ours, traffic=150), judged("b", theirs, traffic=150), asked)
    assert found.verdict == verdict
    assert ("a loss of over 0.02" in found.reason) == (verdict == REFUSED)


def test_where_hardly_any_other_rows_are_left_nothing_is_asked_of_them() -> None:
    asked = policy.read(f'{OTHERS}comparison.on = "traffic/*"')
    ours, theirs = judged("a", range(50), traffic=801), judged("b", range(100, 300), traffic=801)
    assert judge(ours, theirs, asked).verdict == BLESSED


@pytest.mark.parametrize("rows", [0, 19, 99])
def test_too_few_rows_that_decide_decide_nothing(rows: int) -> None:
    asked = policy.read(f'{OTHERS}comparison.on = "traffic/*"')
    found = judge(judged("a", (), traffic=rows), judged("b", range(300), traffic=rows), asked)
    assert failed(found) == ["test rows of traffic/* at least"]
    assert f"{rows} test rows come from traffic/*, too few" in found.reason


def test_the_champion_itself_is_recognised_by_its_digest_and_held_to_the_policy_alone() -> None:
    found = judge(judged("a", range(100)), judged("a", range(100)), POLICY)
    assert found.verdict == ALREADY_CHAMPION
    assert "nothing to push" in found.reason
    assert {rule.against for rule in found.rules} == {"policy"}


@pytest.mark.parametrize(("rows", "verdict"), [(150, REFUSED), (99, BLESSED)])
def test_getting_worse_on_a_slice_refuses_if_the_slice_is_large(rows: int, verdict: str) -> None:
    worse_on_tweets = judged("a", range(60), rows)
    champion = judged("b", [*range(5), *range(500, 700)], rows)
    found = judge(worse_on_tweets, champion, POLICY)
    assert found.verdict == verdict
    refused = "source=tweets (150 rows) differs by" in found.reason
    assert refused == ("worse than the champion" in found.reason) == (rows == 150)


def test_a_policy_may_ask_for_larger_slices_only() -> None:
    asked = policy.read(OTHERS + "slices.least_rows = 200")
    champion = judged("b", [*range(5), *range(500, 700)], 150)
    assert judge(judged("a", range(60), 150), champion, asked).verdict == BLESSED


def test_a_loss_on_one_slice_of_many_has_to_be_the_larger() -> None:
    ours, theirs = judged("a", range(45), 300), judged("b", [*range(30), *range(400, 600)], 300)
    many = [Slice(f"twin {it}", *_fields(theirs.slices[1])) for it in range(30)]
    alone = judge(ours, theirs, POLICY)
    among = judge(
        Judged("a", ours.figures, [*ours.slices, *many]),
        Judged("b", theirs.figures, [*theirs.slices, *many]),
        POLICY,
    )
    chances = [
        next(rule.figure for rule in found.rules if "source=tweets" in rule.rule)
        for found in (alone, among)
    ]
    assert chances[0] is not None
    assert chances[1] == pytest.approx(min(1, 16 * chances[0]))


def _fields(of: Slice) -> tuple[int, bool, object, dict[str, int]]:
    return of.rows, of.gating, of.figures, {}


def test_a_miscalibrated_candidate_is_refused_even_if_it_is_more_often_right() -> None:
    asked = policy.read("behaviour.most_of = {}")
    champion = judged("b", range(200), confidence=0.8)
    found = judge(judged("a", range(100), confidence=0.5), champion, asked)
    assert failed(found) == [
        "calibration error at most", "calibration error above the champion's by at most",
    ]  # fmt: skip


def test_a_candidate_that_breaks_a_behaviour_is_refused() -> None:
    champion = judged("b", range(200), failed=range(4))
    found = judge(judged("a", range(100), failed=range(2, 20)), champion, POLICY)
    assert failed(found) == ["probability by chance of the loss at minimum: negation above"]
    assert "minimum: negation: 18 of 40 cases fail, the champion's 4" in found.reason
    assert judge(judged("a", range(100), failed=range(2, 8)), champion, POLICY).verdict == BLESSED
    broken = judge(judged("a", range(100), failed=range(39)), None, POLICY)
    assert failed(broken) == ["failures of minimum: negation at most"]


def test_a_policy_may_be_stricter_with_one_capability() -> None:
    asked = policy.read('behaviour.most_of."minimum: negation" = 0.1\ncalibration.most = 1')
    found = judge(judged("a", range(100), failed=range(5)), None, asked)
    assert found.reason == "minimum: negation: 5 of 40 cases fail, above 10%"


def test_what_asks_for_nothing_is_no_rule() -> None:
    asked = policy.read("behaviour = {most = 1, most_of = {}}\nfloors.accuracy = 0")
    sections = [rule.rule for rule in judge(judged("a", range(100)), None, asked).rules]
    assert "macro-F1 at least" in sections
    assert not {"accuracy at least", "failures of minimum: negation at most"} & set(sections)


def test_the_shipped_policy_names_capabilities_of_the_shipped_suite() -> None:
    names = {case.capability for case in read_suite()}
    assert policy.read("auto").behaviour.most_of.keys() <= names


def test_a_policy_that_names_no_tested_capability_is_one_line() -> None:
    asked = policy.read("behaviour.most_of.negatoin = 0.1")
    with pytest.raises(InputError, match="no capability 'negatoin' is tested"):
        judge(judged("a", range(100)), None, asked)


def test_getting_worse_out_of_domain_refuses() -> None:
    champion = judged("b", range(200))
    found = judge(judged("a", range(100), elsewhere=range(60)), champion, POLICY)
    assert failed(found) == ["probability by chance of the loss on source=movies above"]


def test_what_is_too_slow_or_too_large_is_refused_and_no_payload_tells_the_figure() -> None:
    slow = Cost(1.0, 400.0, 5000.0, 300_000_000, 50_000_000)
    found = judge(judged("a", range(100), cost=slow), None, POLICY)
    assert found.reason == "one text takes more than 250 ms; the bundle takes more than 250 MB"
    rules = [rule for rule in found.rules if rule.measured]
    assert [rule.figure for rule in rules] == [400, 300]
    assert [rule.as_json()["figure"] for rule in rules] == [None, None]
    assert [rule.as_json()["threshold"] for rule in rules] == [250, 250]


WITHDRAWN = {"a": Withdrawal("2026-11-23", "it calls refunds positive")}
ADA = policy.Force("Ada", "the complaint was about another model")


def test_a_withdrawn_model_does_not_return_by_itself() -> None:
    champion = judged("b", range(200))
    found = judge(judged("a", range(100)), champion, POLICY, withdrawn=WITHDRAWN)
    assert found.verdict == REFUSED
    assert found.reason == "withdrawn on 2026-11-23: it calls refunds positive"
    assert judge(judged("c", range(100)), champion, POLICY, withdrawn=WITHDRAWN).verdict == BLESSED


def test_a_forced_verdict_says_who_why_and_against_which_rules() -> None:
    champion = judged("b", range(100))
    found = judge(judged("a", range(100)), champion, POLICY, withdrawn=WITHDRAWN, force=ADA)
    assert found.verdict == BLESSED
    assert found.forced_as_json() == {
        "by": "Ada",
        "reason": "the complaint was about another model",
        "failed_rules": ["not withdrawn", "lower bound of the gain above"],
    }
    assert found.reason.startswith("forced by Ada (the complaint was about another model) against")


def test_nobody_has_to_force_what_passes_or_reigns() -> None:
    better = judge(judged("a", range(100)), judged("b", range(200)), POLICY, force=ADA)
    assert (better.verdict, better.forced_as_json()) == (BLESSED, None)
    same = judge(judged("a", range(100)), judged("a", range(100)), POLICY, force=ADA)
    assert (same.verdict, same.forced) == (ALREADY_CHAMPION, None)


def test_what_the_suite_alone_refuses_is_known_before_a_test_label_is_read() -> None:
    champion = judged("b", ())
    assert behaves(judged("a", range(900)), champion, POLICY)
    assert not behaves(judged("a", (), failed=range(20)), champion, POLICY)
    assert behaves(judged("a", (), failed=range(20)), None, POLICY)
    assert not behaves(judged("a", (), failed=range(40)), None, POLICY)
    assert behaves(judged("b", (), failed=range(20)), champion, POLICY)

"""Who is judged, and when."""

import numpy as np
import pytest
from scipy import stats

from sentiment_monitor.quality_feedback import HOUR, LANDMARKS, maturities, select


def test_the_share_judged_by_a_time_is_kaplan_and_meiers():
    generator = np.random.default_rng(2)
    after = generator.exponential(20 * HOUR, 3_000)
    age = generator.uniform(0, 100 * HOUR, 3_000)
    known = after <= age
    delay = np.where(known, after, np.nan)
    found = {it.after: it.share for it in maturities(delay, age, np.ones(3_000))}
    survival = stats.ecdf(stats.CensoredData(after[known], right=age[~known])).sf
    for name, landmark in LANDMARKS.items():
        if landmark <= age.max():
            assert found[name] == pytest.approx(1 - survival.evaluate(landmark), abs=1e-9)
    # Younger answers are judged less: the plain share would be far too low.
    assert known[age > 0].mean() + 0.05 < found["3 days"]


def test_nothing_is_said_of_ages_that_no_answer_has():
    found = maturities(np.array([60.0, np.nan]), np.array([2 * HOUR, 2 * HOUR]), np.ones(2))
    assert found[0].share == pytest.approx(0.5)
    assert np.isnan(found[1].share)


def test_weights_give_judged_answers_the_shares_of_all():
    generator = np.random.default_rng(4)
    label, confidence = generator.integers(0, 3, 4_000), generator.uniform(0.4, 1, 4_000)
    time = np.sort(generator.uniform(0, 1, 4_000))
    # Negative ones are judged more often, and so are old ones.
    judged = generator.random(4_000) < np.where(label == 0, 0.4, 0.1) * (1.5 - time)
    found = select(label, confidence, time, judged, 3)
    for number in range(3):
        mine = found.weights[label[judged] == number].sum() / found.weights.sum()
        assert mine == pytest.approx((label == number).mean(), abs=1e-4)
    late = found.weights[time[judged] > np.quantile(time, 0.75)].sum() / found.weights.sum()
    assert late == pytest.approx(0.25, abs=1e-4)
    assert found.uncovered == 0


def test_answers_without_feedback_on_their_like_are_counted():
    label = np.repeat([0, 1], 500)
    judged = np.arange(1_000) % 2 * (label == 0) > 0
    found = select(label, np.full(1_000, 0.7), np.arange(1_000.0), judged, 3)
    assert found.uncovered == 0.5
    assert found.weights.sum() == pytest.approx(judged.sum())

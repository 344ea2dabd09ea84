from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_common.experiment import Experiment, Step, Variant, parse_experiment, read_experiment

START = datetime(2026, 11, 23, tzinfo=UTC)
CALLERS = [f"caller-{number}" for number in range(100_000)]
SHARES = st.lists(st.floats(0, 0.3), min_size=1, max_size=3)
CHI_SQUARE = {1: 10.83, 2: 13.82}
"""Exceeded by chance once in a thousand, by degrees of freedom."""
GOOD = """
name = "encoder-1"
start = 2026-11-23T00:00:00Z
[[variants]]
name = "control"
model = "sentiment"
weight = 0.9
[[variants]]
name = "challenger"
model = "encoder"
weight = 0.1
[[guardrails]]
metric = "error_rate"
most = 0.02
[[steps]]
after_hours = 24
weights = {challenger = 0.25}
[analysis]
least_effect = 0.01
"""


def experiment(*weights, name="one", **fields):
    variants = [Variant(f"v{number}", "model", weight) for number, weight in enumerate(weights)]
    return Experiment(name=name, variants=variants, start=START, **fields)


@pytest.mark.parametrize("weights", [(0.9, 0.1), (1, 1), (6, 3, 1)])
def test_callers_are_shared_out_as_the_weights_say(weights):
    asked = experiment(*weights)
    counts = Counter(asked.assign(caller, START).name for caller in CALLERS)
    expected = [len(CALLERS) * weight / sum(weights) for weight in weights]
    distance = sum(
        (counts[f"v{number}"] - wanted) ** 2 / wanted for number, wanted in enumerate(expected)
    )
    assert distance < CHI_SQUARE[len(weights) - 1]


def test_experiments_of_different_names_share_out_callers_independently():
    one, other = experiment(1, 1, name="one"), experiment(1, 1, name="other")
    table = Counter(
        (one.assign(caller, START).name, other.assign(caller, START).name) for caller in CALLERS
    )
    quarter = len(CALLERS) / 4
    assert sum((count - quarter) ** 2 / quarter for count in table.values()) < 16.27
    same = experiment(1, 1, name="third", salt="one")
    assert all(same.assign(it, START) == one.assign(it, START) for it in CALLERS[:1_000])


@settings(deadline=None)
@given(st.text(), st.floats(0, 1_000))
def test_a_caller_always_gets_the_same_variant(caller, hours):
    asked = experiment(0.5, 0.3, 0.2)
    later = START + timedelta(hours=hours)
    assert asked.assign(caller, START) == asked.assign(caller, later)


@settings(deadline=None)
@given(SHARES, st.lists(st.floats(0, 1), min_size=3, max_size=3))
def test_a_canary_that_grows_keeps_everybody_it_has(last, parts):
    names = [f"v{number}" for number in range(1, len(last) + 1)]
    first = [share * part for share, part in zip(last, parts, strict=False)]
    step = Step(24, dict(zip(names, last, strict=True)))
    growing = experiment(1 - sum(first), *first, steps=[step])
    later = START + timedelta(hours=25)
    for caller in CALLERS[:500]:
        before, after = growing.assign(caller, START), growing.assign(caller, later)
        assert before in (after, growing.control)


@settings(deadline=None)
@given(st.integers(1, 2), SHARES)
def test_those_of_a_stopped_variant_get_the_control_and_nobody_else_moves(number, shares):
    asked = experiment(1, *shares)
    out = {f"v{number}"}
    for caller in CALLERS[:300]:
        before, after = asked.assign(caller, START), asked.assign(caller, START, out)
        assert after == (asked.control if before.name in out else before)


def test_before_the_start_and_after_the_end_the_control_answers_alone():
    asked = experiment(0, 1, stop=START + timedelta(hours=1))
    answers = [asked.assign("me", START + timedelta(hours=hours)).name for hours in (-1, 0, 1)]
    assert answers == ["v0", "v1", "v0"]


def test_what_a_step_gives_the_challenger_it_takes_from_the_control():
    asked = parse_experiment(GOOD, "here")
    assert asked.weights(START) == {"control": 0.9, "challenger": 0.1}
    assert asked.weights(START + timedelta(hours=24)) == {"control": 0.75, "challenger": 0.25}


def test_a_step_that_names_the_control_is_taken_at_its_word():
    asked = parse_experiment(GOOD.replace("{challenger", "{control = 1, challenger"), "here")
    assert asked.weights(START + timedelta(hours=24)) == {"control": 1, "challenger": 0.25}


def test_a_whole_file_is_read(tmp_path):
    (tmp_path / "experiment.toml").write_text(GOOD)
    found = read_experiment(tmp_path / "experiment.toml")
    assert [variant.name for variant in found.variants] == ["control", "challenger"]
    assert (found.guardrails[0].most, found.guardrails[0].least_requests) == (0.02, 200)
    assert (found.analysis.least_effect, found.analysis.confidence) == (0.01, 0.95)


@pytest.mark.parametrize(
    ("said", "instead", "hint"),
    [
        ('name = "encoder-1"', 'name = "encoder 1"', "no name"),
        ('name = "encoder-1"', "name = 5", "name is no text"),
        ('name = "encoder-1"', "", "there is no name"),
        ("weight = 0.1", 'weight = "0.1"', "weight is no number"),
        ("weight = 0.1", "weight = -1", "weight is no number"),
        ("weight = 0.1", "weight = nan", "weight is no number"),
        ("weight = 0.1", "weight = true", "weight is no number"),
        ("weight = 0.1", "shadow = true\nweight = 0.1", "a shadow answers nobody"),
        ("weight = 0.1", "shadow = true", "a shadow answers nobody"),
        ("weight = 0.9", "shadow = true", "cannot be a shadow"),
        ('model = "encoder"', "", "there is no model"),
        ('"challenger"\n', '"control"\n', "variants of different names"),
        ("most = 0.02", "", "neither most nor least"),
        ("most = 0.02", "most = 2", "between 0 and 1"),
        ("most = 0.02", "most = -0.02", "between 0 and 1"),
        ("most = 0.02", "most = -2\nrelative = true", "between -1 and 1"),
        ("most = 0.02", "most = 0.02\nleast = 0.5", "least below most"),
        ('"error_rate"\nmost = 0.02', '"latency_ms_p95"\nmost = -5', "between 0 and inf"),
        ("{challenger = 0.25}", "{challenger = 25}", "the challengers weigh 25 of 1"),
        ("most = 0.02", "most = 0.02\nleast_requests = 0", "least_requests is no number"),
        ('"error_rate"', '"happiness"', "no guardrail watches 'happiness'"),
        ("{challenger = 0.25}", "{chalenger = 0.25}", "no variant is named 'chalenger'"),
        ("start = 2026-11-23T00:00:00Z", "", "steps need a start"),
        ("2026-11-23T00:00:00Z", "2026-11-23T00:00:00", "start is no time with a zone"),
        ("start =", "stop = 2026-11-22T00:00:00Z\nstart =", "stops before it starts"),
        ("start =", 'stopped = ["nobody"]\nstart =', "no variant is named 'nobody'"),
        ("start =", 'stopped = ["control"]\nstart =', "the control cannot be stopped"),
        ("least_effect = 0.01", "confidence = 95", "confidence"),
        ("least_effect = 0.01", "effect = 0.01", "there is no 'effect'"),
        ("[analysis]", "[[analysis]]", "is no table"),
        ("[[variants]]", "[variants]", "here: not TOML"),
    ],
)
def test_an_impossible_file_is_refused_in_one_line(said, instead, hint):
    assert said in GOOD
    with pytest.raises(InputError, match=hint) as refused:
        parse_experiment(GOOD.replace(said, instead), "here")
    assert str(refused.value).startswith("here")
    assert "\n" not in str(refused.value)


@settings(deadline=None)
@given(st.text())
def test_any_text_is_an_experiment_or_bad_input(text):
    with pytest.raises(InputError):
        parse_experiment(text, "here")


@pytest.mark.parametrize("text", ["x = " + "[" * 5_000, "x = " + "9" * 5_000])
def test_what_the_reader_of_toml_stumbles_over_is_bad_input(text):
    with pytest.raises(InputError, match="not TOML"):
        parse_experiment(text, "here")


def test_bounds_of_each_kind_are_taken():
    for bound in ("most = 1", "least = -0.5\nrelative = true", "least = 0\nmost = 0"):
        parse_experiment(GOOD.replace("most = 0.02", bound), "here")
    parse_experiment(GOOD.replace('"error_rate"\nmost = 0.02', '"latency_ms_p95"\nmost = 250'), "")


def test_more_variants_than_metrics_can_carry_are_refused():
    more = "".join(f'[[variants]]\nname = "v{i}"\nmodel = "m"\n' for i in range(7))
    with pytest.raises(InputError, match="2 to 8 variants"):
        parse_experiment(GOOD + more, "here")

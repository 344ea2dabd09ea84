"""The policy of retraining: one's own lies over the default, and a slip is one line."""

import pytest

from sentiment_common.errors import InputError
from sentiment_pipelines.retraining import policy, trial


def test_the_default_promotes_directly_and_replays_everything():
    chosen = policy.choose("auto")
    assert (chosen.name, chosen.trial, chosen.replay) == ("default", None, 1.0)
    assert chosen.trigger("drift") == 1


def test_a_file_need_only_say_what_differs(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text('promotion = "trial"\n[limits]\nper_week = 1\n[run]\npolicy = "gate.toml"\n')
    chosen = policy.choose(str(file))
    assert chosen.name.startswith("mine.toml (")
    assert (chosen.limit("per_week"), chosen.limit("cooldown_hours")) == (1, 24)
    assert chosen.run == {"policy": "gate.toml"}
    assert chosen.trial["days"] == 14


def test_a_setting_may_be_given_as_it_is():
    assert policy.choose("limits.per_week = 1").limit("per_week") == 1
    assert policy.choose("limits.cooldown_hours = 0.5").limit("cooldown_hours") == 0.5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("limits.per_wek = 1", "there is no 'per_wek'; there are cooldown_hours"),
        ("limits.per_week = 0", "per_week is 0, no whole number"),
        ("limits.per_week = 1.5", "no whole number"),
        ("limits = 3", "limits is 3"),
        ("replay = 2", "replay is 2, no share of 1"),
        ("triggers.drift = 1", "drift is 1, not true or false"),
        ("rows.most_of_one = -0.1", "no share of 1"),
        ("limits.cooldown_hours = nan", "no number from 0 on"),
        ('promotion = "maybe"', "say direct or trial"),
        ("= 1", "no TOML"),
        ("trial.steps = 1", "steps is 1"),
    ],
)
def test_a_slip_is_one_line_that_says_where(text, message):
    with pytest.raises(InputError) as error:
        policy.choose(text)
    assert message in str(error.value)
    assert "policy option" in str(error.value)


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(InputError, match="no such policy"):
        policy.choose(str(tmp_path / "none.toml"))


def test_the_words_of_a_trial_are_those_of_an_experiment():
    settings = policy.choose("trial.steps = [{after_hours = 1, weight = 2.0}]").settings["trial"]
    with pytest.raises(InputError, match=r"policy, \[trial\]: after 1 hours"):
        trial.written("abc", settings, 1e9)
    settings = policy.choose('trial.guardrails = [{metric = "x", most = 1}]').settings["trial"]
    with pytest.raises(InputError, match="no guardrail watches 'x'"):
        trial.written("abc", settings, 1e9)

"""The policy's file: what it may say."""

import pytest

from sentiment_common.errors import InputError
from sentiment_monitor.policy import choose


def test_the_default_is_its_own_file():
    policy = choose("auto")
    assert policy.thresholds("score_negative") == policy.thresholds("score")
    assert policy.follow("domain") == "retrain"
    assert 0 < policy.number("level") < 1


def test_a_file_says_only_what_differs(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("min_rows = 7\n[label]\nact = 0.9\n[follow]\nlabel = 'retrain'\n")
    policy, default = choose(str(path)), choose("auto")
    assert policy.count("min_rows") == 7
    assert policy.thresholds("label") == (default.thresholds("label")[0], 0.9)
    assert policy.follow("label") == "retrain"
    assert policy.thresholds("domain") == default.thresholds("domain")


def test_a_policy_can_be_given_as_it_is():
    assert choose("min_rows = 7").count("min_rows") == 7


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("min_row = 7", "there is no 'min_row'; there are level, min_rows"),
        ("[label]\nacts = 1", "[label]: there is no 'acts'; there are watch, act"),
        ("label = 1", "no table of settings; write [label]"),
        ("min_rows = 0", "min_rows is 0, no whole number from 1 on"),
        ("min_rows = 1.5", "no whole number"),
        ("min_rows = true", "no whole number"),
        ("level = 1", "level does not lie between 0 and 1"),
        ("level = nan", "no number from 0 on"),
        ("[label]\nwatch = 0.5\nact = 0.4", "watch lies above act"),
        ("[follow]\nlabel = 'retrian'", "choose from retrain, look, label"),
        ("[label", "no TOML"),
    ],
)
def test_a_mistake_is_named_with_what_there_is(text, said, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        choose(str(path))
    assert said in str(caught.value)
    assert "mine.toml" in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match="no such policy"):
        choose(str(tmp_path / "none.toml"))
    with pytest.raises(InputError, match="no text file"):
        choose(str(tmp_path))

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_validate.rules import BY_NAME, RULES, choose, parse, parse_accept
from sentiment_validate.schema import CURATED


def test_every_rule_has_a_name_of_its_own_and_a_remedy():
    assert len(BY_NAME) == len(RULES)
    assert all(rule.finds and rule.remedy for rule in RULES)


@pytest.mark.parametrize("name", CURATED)
def test_a_shipped_file_says_every_number_that_a_rule_needs(name):
    policy = choose(name, "")
    for rule in RULES:
        assert policy.severity(rule.name) == rule.severity
        for setting in rule.settings:
            assert policy.given[rule.name][setting] == policy.setting(rule.name, setting)


def test_auto_takes_the_rules_of_the_schema_where_there_are_any():
    assert choose("auto", "default-corpus").name == "default-corpus"
    assert choose("auto", "mine.pbtxt").name == "feedback"


def test_a_users_file_says_what_it_says_and_the_rest_is_as_in_feedback(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('# mine\n[skew]\nseverity = "error"\n[class_imbalance]\nmin_share = 0.2\n')
    policy = choose(str(path), "default-corpus")
    assert (policy.name, policy.text) == ("mine.toml", path.read_text())
    assert (policy.severity("skew"), policy.severity("drift")) == ("error", "warning")
    assert policy.setting("class_imbalance", "min_share") == 0.2
    assert policy.setting("near_duplicate", "max_share") == 0.01


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[skew", "no TOML"),
        ("[skwe]\nmin_rows = 1", r"\[skwe\]: no rule 'skwe'; the rules are missing_column, "),
        ("skew = 3", r"\[skew\]: no table of settings"),
        ("[skew]\nleast = 1", "no setting 'least'; it has severity, min_rows"),
        ("[shared_id]\nmax = 1", "no setting 'max'; it has severity"),
        ('[skew]\nseverity = "off"', "no severity 'off'; give error or warning"),
        ('[skew]\nmin_rows = "9"', "min_rows is '9', not a number from 0 on"),
        ("[skew]\nmin_rows = true", "min_rows is True"),
        ("[skew]\nmin_rows = -1", "min_rows is -1"),
        ("[skew]\nmin_rows = nan", "min_rows is nan"),
    ],
)
def test_a_file_that_no_rule_understands_is_bad_input(text, said):
    with pytest.raises(InputError, match=said):
        parse("mine.toml", text)


def test_a_text_is_the_rules_themselves():
    text = '# mine\n[skew]\nseverity = "error"\n'
    policy = choose(text, "default-corpus")
    assert (policy.name, policy.text, policy.severity("skew")) == ("inline", text, "error")


def test_a_text_of_any_length_that_no_rule_understands_is_bad_input():
    with pytest.raises(InputError, match=r"--rules inline, \[skwe\]: no rule 'skwe'"):
        choose('[skwe]\nseverity = "error"' + "\n# more" * 1000, "feedback")
    with pytest.raises(InputError, match="no such file of rules"):
        choose("skew " * 1000, "feedback")


def test_an_unknown_file_is_answered_with_the_known_ones(tmp_path):
    with pytest.raises(InputError, match="auto, default-corpus, feedback, the path"):
        choose("defualt", "feedback")
    (tmp_path / "mine.toml").write_bytes(b"\xff")
    with pytest.raises(InputError, match="no text file"):
        choose(str(tmp_path / "mine.toml"), "feedback")


@pytest.mark.parametrize(
    "text",
    [
        "skew=a new shop; shared_id = ids start anew = each year",
        ' skew =a new shop;shared_id=ids start anew = each year; ',
        '{"skew": "a new shop", "shared_id": "ids start anew = each year"}',
    ],
)  # fmt: skip
def test_rules_are_accepted_with_their_reasons(text):
    assert parse_accept(text) == {"skew": "a new shop", "shared_id": "ids start anew = each year"}


def test_nothing_is_accepted_by_default():
    assert parse_accept("") == parse_accept(" ; ") == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("skwe=x", "--accept: no rule 'skwe'; the rules are missing_column, "),
        ("skew", "no reason why skew is accepted"),
        ("skew=", "no reason why skew is accepted"),
        ("skew= ;drift=x", "no reason why skew is accepted"),
        ('{"skew": ""}', "no reason why skew is accepted"),
        ('{"skew": 3}', "no reason why skew is accepted"),
        ('{"skew": ', "not JSON"),
    ],
)
def test_an_unknown_rule_or_no_reason_is_bad_input(text, said):
    with pytest.raises(InputError, match=said):
        parse_accept(text)


REASON = st.text(min_size=1).filter(lambda text: text.strip() == text and ";" not in text)


@given(st.dictionaries(st.sampled_from(sorted(BY_NAME)), REASON))
def test_what_is_written_as_an_option_is_read_as_it_was_meant(reasons):
    assert parse_accept(";".join(f"{name}={why}" for name, why in reasons.items())) == reasons


@given(st.text())
def test_any_option_is_understood_or_refused(text):
    try:
        accepted = parse_accept(text)
    except InputError:
        return
    assert set(accepted) <= set(BY_NAME)
    assert all(accepted.values())

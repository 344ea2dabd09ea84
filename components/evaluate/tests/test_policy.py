"""A policy says what the gate asks; what no rule understands is one line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_evaluate import policy


def test_what_is_given_is_laid_over_the_shipped_policy() -> None:
    shipped, own = policy.read("auto"), policy.read("floors.macro_f1 = 0.6")
    assert own.floors == {**shipped.floors, "macro_f1": 0.6}
    assert own.comparison == shipped.comparison


def test_a_file_and_its_content_are_the_same_policy(tmp_path: Path) -> None:
    said = '[comparison]\ntest = "mcnemar"\nconfidence = 0.9\n'
    path = tmp_path / "strict=1.toml"
    path.write_text(said)
    assert policy.read(str(path)) == policy.read(said)
    assert policy.read(said).comparison.level == pytest.approx(0.05)


def test_capabilities_are_named_by_the_suite_and_not_by_the_policy() -> None:
    assert policy.read('behaviour.most_of."minimum: negation" = 0.3').behaviour.most_of == {
        "minimum: negation": 0.3
    }


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("flors.macro_f1 = 0.6", "no section 'flors'; it has floors, comparison"),
        ("floors.macrof1 = 0.6", "no setting 'macrof1'; it has macro_f1, accuracy"),
        ("floors.macro_f1 = 60", "macro_f1 is 60; it takes a number from 0 to 1"),
        ("floors.macro_f1 = nan", "macro_f1 is nan; it takes a number from 0 to 1"),
        ("floors.macro_f1 = true", "macro_f1 is True; it takes a number"),
        ("floors = 0.6", "floors is no section"),
        ("comparison.test = 't'", "test is 't'; it takes bootstrap or mcnemar"),
        ("comparison.test = ['bootstrap']", "test is ['bootstrap']; it takes"),
        ("comparison.confidence = 1", "confidence is 1; it takes"),
        ("comparison.samples = 150.5", "it takes a whole number from 100"),
        ("slices.least_rows = 99", "it takes a whole number from 100"),
        ("behaviour.most_of.typos = 2", "it takes a table of names"),
        ("floors.macro_f1 =", "no TOML"),
        ("a" * 300, "no such policy"),
        ("x = 1\n" * 100, "no TOML"),
        ("missing.toml", "no such policy (No such file or directory); give auto"),
    ],
)
def test_what_no_rule_understands_is_one_line(said: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        policy.read(said)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.text())
def test_any_text_is_a_policy_or_one_line(said: str) -> None:
    try:
        assert policy.read(said) == policy.read(said)
    except InputError as error:
        assert "\n" not in str(error)


def test_a_file_that_is_no_text_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="no text file"):
        policy.read(str(tmp_path / "p.toml"))


def test_who_forces_it_says_why() -> None:
    assert policy.read_force("") is None
    found = policy.read_force(" Ada Lovelace :  the old one answers\nwith nonsense: see 12 ")
    assert found == policy.Force("Ada Lovelace", "the old one answers with nonsense: see 12")


@pytest.mark.parametrize("said", ["ada", "ada:", ": because", " : ", "  "])
def test_forcing_without_who_or_why_is_one_line(said: str) -> None:
    with pytest.raises(InputError, match=r'--force: .* write --force "WHO: WHY"'):
        policy.read_force(said)

"""The shipped suite is large and clean, and a file of one's own adds to it."""

import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_evaluate.suite import read_suite

OWN = """
[words]
dish = ["soup", "salad", "pizza"]
name = ["Zoe"]

[[minimum]]
capability = "food"
labels = ["negative"]
draws = 5
texts = ["The {dish} was cold.", "I found a hair in it."]

[[invariance]]
capability = "guests"
swap = "name"
draws = 40
texts = ["{name} liked the {dish}."]
"""


def write(folder: Path, text: str) -> str:
    path = folder / "suite.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_the_shipped_suite_tests_every_kind_of_capability() -> None:
    counts = Counter(case.capability for case in read_suite())
    assert 300 <= sum(counts.values()) <= 600
    assert min(counts.values()) >= 12
    assert {name.partition(":")[0] for name in counts} == {"minimum", "invariance", "direction"}


def test_no_case_is_there_twice_and_every_change_changes_something() -> None:
    cases = read_suite()
    assert len(set(cases)) == len(cases)
    for case in cases:
        assert len(set(case.texts)) == len(case.texts), case
        assert all("{" not in text and text == text.strip() for text in case.texts), case


def test_the_suite_is_the_same_in_every_run() -> None:
    assert read_suite() == read_suite()


def test_a_file_adds_cases_and_words(tmp_path: Path) -> None:
    shipped, found = read_suite(), read_suite(write(tmp_path, OWN))
    own = [case for case in found if case.capability in ("minimum: food", "invariance: guests")]
    assert [case.texts[0] for case in own[:4]] == [
        *sorted(
            (f"The {dish} was cold." for dish in ("soup", "salad", "pizza")),
            key=[case.texts[0] for case in own].index,
        ),
        "I found a hair in it.",
    ]
    assert {case.capability for case in found} > {case.capability for case in shipped}
    swapped = [case for case in own if case.capability == "invariance: guests"]
    assert len(swapped) == 40
    assert any("Zoe" in "".join(case.texts) for case in swapped)
    for before, after in (case.texts for case in swapped):
        assert before.split()[1:] == after.split()[1:]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[minimum]", "not TOML"),
        ("[[maximum]]", "unknown key 'maximum'.*known are direction, invariance, minimum, words"),
        ("[[minimum]]\ncapability='a'\ntexts=['b']", "'labels' is missing"),
        ("[[minimum]]\ncapability='a'\ntexts=['b']\nlabels=['good']", "label 'good' is none of"),
        ("[[minimum]]\ncapability='a'\ntexts=['{b}']\nlabels=['neutral']", "nothing fills {b}"),
        ("[[minimum]]\ncapability='a'\ntexts=[1]\nlabels=['neutral']", "a list of texts"),
        ("[[minimum]]\ncapability='a'\ntexts='b'\nlabels=['neutral']", "a list of texts"),
        ("[[minimum]]\ncapability='a'\ntexts=['b']\nlabels=['neutral']\ndraws=0", "'draws'"),
        ("[[invariance]]\ncapability='a'\ntexts=['b']", "either 'swap' or 'perturbation'"),
        ("[[invariance]]\ncapability='a'\ntexts=['b']\nperturbation='c'", "unknown pert.*typos"),
        ("[[direction]]\ncapability='a'\ntexts=['b']\nlabel='neutral'\ngoes='falls'", "no pair"),
        ("[[direction]]\ncapability='a'\ntexts=[['b','c']]\nlabel='neutral'\ngoes='up'", "rises"),
        ("minimum = 3", "a list of tables"),
        ("words = 3", "no table"),
        ("[words]\na = 'b'", "a list of texts"),
    ],
)
def test_what_the_suite_does_not_know_is_told_with_its_place(
    tmp_path: Path, text: str, message: str
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(InputError, match=message) as told:
        read_suite(path)
    assert str(told.value).startswith(path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="give a TOML file, or auto"):
        read_suite(str(tmp_path / "none.toml"))


@given(st.text())
@settings(max_examples=30, deadline=None)
def test_any_text_is_a_suite_or_refused(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "suite.toml"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        try:
            assert len(read_suite(str(path))) >= len(read_suite())
        except InputError as error:
            assert str(path) in str(error)

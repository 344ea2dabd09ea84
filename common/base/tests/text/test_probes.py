from pathlib import Path

from simplemma.strategies.dictionaries.dictionary_factory import DefaultDictionaryFactory

from sentiment_common.text import TextSpecification, Tokenizer, current, probes
from sentiment_common.text.rules import RULES

SPECIFICATION = current(DefaultDictionaryFactory().get_dictionary("en"), stop_words=True)
PROBES = probes(SPECIFICATION)


def test_every_rule_changes_one_of_them():
    tokenizer = Tokenizer(SPECIFICATION)
    changing = {name for text in PROBES for name, _ in tokenizer.explain(text)}
    steps = {"characters", "stop words", "lemmas", "tokens"}
    assert changing == {*steps, *(rule.name for rule in RULES)}


def test_they_hold_every_character_that_becomes_another():
    assert set(SPECIFICATION.characters.folded) <= set("".join(PROBES))


def test_they_hold_both_sides_of_every_range_that_stays():
    held = set(map(ord, "".join(PROBES)))
    for first, last in SPECIFICATION.characters.kept:
        assert {first - 1, first, last, last + 1} - {0xD800} <= held


def test_utf_8_can_hold_them():
    assert all(text.encode().decode() == text for text in PROBES)
    assert len(PROBES) < 1000


def test_another_specification_has_other_turning_points():
    version_1 = TextSpecification.load(Path(__file__).parent / "version-1")
    assert len(probes(version_1)) < len(PROBES)

import dataclasses
import json
from pathlib import Path

import pytest

from sentiment_common.errors import InputError
from sentiment_common.text import Replace, TextSpecification, Tokenizer, current
from sentiment_common.text.words import DEGREES, NEGATIONS, STOP_WORDS

DICTIONARY = {"batteries": "battery", "loved": "love"}
VERSION_1 = Path(__file__).parent / "version-1"


@pytest.fixture
def folder(tmp_path):
    current(DICTIONARY).save(tmp_path)
    return tmp_path


def test_a_specification_comes_back_as_it_was_saved(folder):
    loaded, saved = TextSpecification.load(folder), current(DICTIONARY)
    assert loaded == saved
    assert loaded.digest == saved.digest
    assert Tokenizer(loaded).tokens("LOVED it!") == ["love", "it", "!"]


def test_saving_twice_gives_the_same_bytes(folder, tmp_path_factory):
    again = tmp_path_factory.mktemp("again")
    TextSpecification.load(folder).save(again)
    for path in folder.iterdir():
        assert (again / path.name).read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 3},
        {"rules": (Replace("other", "a", "b"),)},
        {"lemmas": {"batteries": "cell"}},
        {"empty_token": "nothing"},
        {"stop_words": frozenset({"the"})},
        {"characters": dataclasses.replace(current({}).characters, folded={})},
    ],
)
def test_the_digest_changes_with_everything_that_decides_the_tokens(changes):
    specification = current(DICTIONARY)
    assert dataclasses.replace(specification, **changes).digest != specification.digest


def test_the_order_of_the_dictionary_does_not_matter():
    turned = dict(reversed(DICTIONARY.items()))
    assert current(turned).digest == current(DICTIONARY).digest


@pytest.mark.parametrize("name", ["spec.json", "characters.tsv", "lemmas.tsv"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(InputError, match=rf"{name} is missing"):
        TextSpecification.load(folder)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("spec.json", '"_empty_"', '"_none_"'),
        ("characters.tsv", "21-40\n", ""),
        ("lemmas.tsv", "battery", "cell"),
    ],
)
def test_a_changed_file_is_noticed(folder, name, old, new):
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new))
    with pytest.raises(InputError, match=r"the specification's digest is sha256:\w+, recorded is"):
        TextSpecification.load(folder)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("spec.json", b"{"),
        ("spec.json", b"{}"),
        ("spec.json", b'{"rules": [{"kind": "lookahead"}]}'),
        ("spec.json", b'{"rules": [{"kind": "replace", "name": "x"}]}'),
        ("characters.tsv", b"21 40\n"),
        ("lemmas.tsv", b"batteries battery\n"),
        ("lemmas.tsv", b"\xff\t\n"),
    ],
)
def test_a_damaged_file_is_refused(folder, name, content):
    (folder / name).write_bytes(content)
    with pytest.raises(InputError, match="damaged"):
        TextSpecification.load(folder)


def test_the_rules_are_readable_in_the_saved_file(folder):
    stored = json.loads((folder / "spec.json").read_text())
    assert stored["rules"][0] == {
        "kind": "replace", "name": "underscores", "pattern": "_", "replacement": "~",
    }  # fmt: skip
    (squeeze,) = [rule for rule in stored["rules"] if rule["kind"] == "squeeze"]
    assert (squeeze["name"], squeeze["letters"][:3], squeeze["keep"]) == (
        "repeated letters", "abc", 2,
    )  # fmt: skip


def test_only_words_become_lemmas():
    dictionary = {
        "batteries": "battery", "same": "same", "can't": "ca not", "Bücher": "Buch", "x": "ex",
        "running": "r", "ICs": "ic",
    }  # fmt: skip
    assert current(dictionary).lemmas == {"batteries": "battery"}


def test_forms_that_lose_intensity_negation_or_meaning_have_no_lemma():
    dictionary = {
        "best": "good", "cheaper": "cheap", "cutest": "cute", "happier": "happy", "biggest": "big",
        "nothing": "no", "broken": "break", "bit": "bite",
    }  # fmt: skip
    assert current(dictionary).lemmas == {}


def test_known_errors_of_a_dictionary_are_corrected():
    assert current({"playing": "playe", "went": "wend"}).lemmas == {"playing": "play", "went": "go"}


def test_stop_words_are_saved_with_the_specification(tmp_path):
    specification = current(DICTIONARY, stop_words=True)
    specification.save(tmp_path)
    loaded = TextSpecification.load(tmp_path)
    assert loaded == specification
    assert loaded.stop_words == STOP_WORDS
    assert loaded.digest != current(DICTIONARY).digest


def test_stop_words_hold_no_negation_degree_or_lemma_exception():
    kept = f"{NEGATIONS} {DEGREES} but although however than only too very just without against"
    assert not STOP_WORDS & set(kept.split())


def test_a_specification_of_version_1_is_read_and_executed_as_it_was():
    specification = TextSpecification.load(VERSION_1)
    assert specification.version == 1
    tokenizer = Tokenizer(specification)
    recorded = (VERSION_1 / "tokens.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
    for case in map(json.loads, recorded):
        assert tokenizer.tokens(case["text"]) == case["tokens"]
    now = Tokenizer(current(specification.lemmas))
    assert any(now.tokens(case["text"]) != case["tokens"] for case in map(json.loads, recorded))


def test_saving_a_specification_of_version_1_changes_no_byte(tmp_path):
    TextSpecification.load(VERSION_1).save(tmp_path)
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (VERSION_1 / path.name).read_bytes()

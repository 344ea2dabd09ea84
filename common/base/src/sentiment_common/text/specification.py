r"""What a text specification is: ordered rules over a frozen character table, and a lemma table.

Two engines execute it, this package's ``Tokenizer`` (google-re2) and the TensorFlow graph that the
transform stage exports. They agree because nothing is left to an engine's own Unicode tables:

* the character table says for every code point what it becomes; all others become a space,
* patterns are RE2 with explicit ranges (no ``\w``, ``\s``, ``\b``), on folded text,
* tokens are what spaces separate; stop words and lemmas are looked up by exact match.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sentiment_common.artifacts import write_json
from sentiment_common.errors import InputError
from sentiment_common.text.characters import CharacterTable
from sentiment_common.text.rules import EMPTY_TOKEN, RULES, VERSION, Replace, Rule, Squeeze
from sentiment_common.text.words import (
    LEMMA_CORRECTIONS,
    LEMMA_EXCEPTIONS,
    STOP_WORDS,
    is_degree,
)

SPECIFICATION, CHARACTERS, LEMMAS = "spec.json", "characters.tsv", "lemmas.tsv"
KINDS: dict[str, type[Replace] | type[Squeeze]] = {"replace": Replace, "squeeze": Squeeze}
RESTORE = "restore the folder from where the model is registered"


@dataclass(frozen=True)
class TextSpecification:
    """One version of the specification, complete: it travels inside every bundle.

    Attributes:
        version: Version of the rules.
        characters: What each code point becomes.
        rules: Applied in order to the folded text.
        lemmas: Token to lemma; tokens that are not in it stay as they are.
        empty_token: Stands for a text without tokens, so that no model meets an empty row.
        stop_words: Tokens that are left out, before lemmas are looked up.
    """

    version: int
    characters: CharacterTable
    rules: tuple[Rule, ...]
    lemmas: Mapping[str, str]
    empty_token: str
    stop_words: frozenset[str] = frozenset()

    @cached_property
    def digest(self) -> str:
        """``sha256:`` digest over everything that decides what a text becomes."""
        content = json.dumps(
            [self._rules_as_json(), self.characters.to_text(), sorted(self.lemmas.items())],
            sort_keys=True,
        )
        return "sha256:" + hashlib.sha256(content.encode()).hexdigest()

    def save(self, folder: Path) -> None:
        """Writes the specification as ``spec.json``, ``characters.tsv`` and ``lemmas.tsv``."""
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / SPECIFICATION, {**self._rules_as_json(), "digest": self.digest})
        (folder / CHARACTERS).write_text(self.characters.to_text(), encoding="utf-8", newline="\n")
        lines = (f"{token}\t{lemma}\n" for token, lemma in sorted(self.lemmas.items()))
        (folder / LEMMAS).write_text("".join(lines), encoding="utf-8", newline="\n")

    @classmethod
    def load(cls, folder: Path) -> "TextSpecification":
        """Reads a saved specification and checks it against its digest.

        Raises:
            InputError: A file is missing or was changed since it was saved.
        """
        try:
            stored = json.loads((folder / SPECIFICATION).read_text(encoding="utf-8"))
            characters = CharacterTable.from_text((folder / CHARACTERS).read_text(encoding="utf-8"))
            lines = (folder / LEMMAS).read_text(encoding="utf-8").split("\n")
            lemmas = dict(line.split("\t") for line in lines if line)
            rules = tuple(_rule(**rule) for rule in stored["rules"])
            # Version 1 knew no stop words.
            stop_words = frozenset(stored.get("stop_words", ()))
            loaded = cls(
                stored["version"], characters, rules, lemmas, stored["empty_token"], stop_words
            )
            recorded = stored["digest"]
        except FileNotFoundError as error:
            raise InputError(f"{error.filename} is missing", where=str(folder)) from error
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"damaged ({error})", where=str(folder), mend=RESTORE) from error
        if loaded.digest != recorded:
            what = f"the specification's digest is {loaded.digest}, recorded is {recorded}"
            raise InputError(what, where=str(folder), mend=RESTORE)
        return loaded

    def _rules_as_json(self) -> dict[str, Any]:
        rules = [{"kind": type(rule).__name__.lower(), **asdict(rule)} for rule in self.rules]
        content = {"version": self.version, "rules": rules, "empty_token": self.empty_token}
        return {**content, "stop_words": sorted(self.stop_words)} if self.stop_words else content


def _rule(kind: str, **fields: Any) -> Rule:
    return KINDS[kind](**fields)


def current(dictionary: Mapping[str, str], *, stop_words: bool = False) -> TextSpecification:
    """Returns the version that new models are trained with.

    Args:
        dictionary: Inflected form to lemma; empty for tokens as they stand. Entries that would
            lose intensity or negation, or that could not be tokens, are left out here, and some
            that are wrong are corrected.
        stop_words: Whether function words are left out.
    """
    lemmas = {
        form: lemma
        for form, lemma in {**dictionary, **_corrections(dictionary)}.items()
        if _is_word(form) and _is_word(lemma) and not _loses_meaning(form, lemma)
    }
    left_out = STOP_WORDS if stop_words else frozenset()
    return TextSpecification(VERSION, CharacterTable.frozen(), RULES, lemmas, EMPTY_TOKEN, left_out)


def _corrections(dictionary: Mapping[str, str]) -> dict[str, str]:
    return {form: lemma for form, lemma in LEMMA_CORRECTIONS.items() if form in dictionary}


def _loses_meaning(form: str, lemma: str) -> bool:
    return form == lemma or form in LEMMA_EXCEPTIONS or is_degree(form, lemma)


def _is_word(text: str) -> bool:
    return len(text) > 1 and text.isascii() and text.isalpha() and text.islower()

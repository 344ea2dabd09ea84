"""The Python engine of the text specification: google-re2, the matcher TensorFlow uses too."""

from collections.abc import Callable, Sequence
from typing import Any

import re2

from sentiment_common.text.rules import Rule, Squeeze
from sentiment_common.text.specification import TextSpecification


class Tokenizer:
    """Turns raw text into tokens by a text specification.

    A text meets only the rules that match it: one pass of an ``re2.Set`` names them all, for less
    than one call of a single rule costs. Instances may be shared between threads.

    Args:
        specification: The rules, tables and lemmas to apply.

    Examples:
        >>> tokenizer = Tokenizer(current({"batteries": "battery"}))  # doctest: +SKIP
        >>> tokenizer.tokens("The batteries DON'T last :(")  # doctest: +SKIP
        ['the', 'battery', 'do', 'not', 'last', '_negative_']
    """

    def __init__(self, specification: TextSpecification) -> None:
        self._translation = specification.characters.translation
        self._rules = [(rule.name, _compiled(rule)) for rule in specification.rules]
        self._matching = _search_set(specification.rules)
        self._lemmas = specification.lemmas
        self._empty = specification.empty_token

    def tokens(self, text: str) -> list[str]:
        """Returns the lemmatized tokens of a text, the empty token if there are none."""
        lemmas = self._lemmas
        return [lemmas.get(token, token) for token in self.clean(text).split()] or [self._empty]

    def clean(self, text: str) -> str:
        """Returns the folded text after all rules, its tokens separated by spaces."""
        return self._stages(text)[-1][1].decode()

    def explain(self, text: str) -> list[tuple[str, str]]:
        """Returns (step, text after it) for each step that changes the text."""
        before, steps = text, []
        for name, after in self._stages(text):
            if after.decode() != before:
                before = after.decode()
                steps.append((name, before))
        return [*steps, ("tokens", " ".join(self.tokens(text)))]

    def _stages(self, text: str) -> list[tuple[str, bytes]]:
        """Returns (name, text after it) of the folding and of each rule that matches, in order."""
        stages = [("characters", text.translate(self._translation).encode())]
        start = 0
        while waiting := [rule for rule in self._matching(stages[-1][1]) if rule >= start]:
            name, apply = self._rules[min(waiting)]
            stages.append((name, apply(stages[-1][1])))
            start = min(waiting) + 1
        return stages


def _search_set(rules: Sequence[Rule]) -> Callable[[bytes], list[int]]:
    """Returns a function from text to the unordered indices of the rules that match it."""
    patterns: Any = re2.Set.SearchSet()
    for rule in rules:
        patterns.Add(_pattern(rule))
    patterns.Compile()
    return lambda text: patterns.Match(text) or []


def _compiled(rule: Rule) -> Callable[[bytes], bytes]:
    # On bytes re2 spares the conversion of every offset to one of characters.
    pattern: Any = re2.compile(_pattern(rule))
    if isinstance(rule, Squeeze):
        kept = rule.keep
        return lambda text: bytes(pattern.sub(lambda run: _first(run.group(), kept), text))
    replacement = rule.replacement.encode()
    return lambda text: bytes(pattern.sub(replacement, text))


def _pattern(rule: Rule) -> bytes:
    if isinstance(rule, Squeeze):
        return "|".join(f"{letter}{{{rule.keep + 1},}}" for letter in rule.letters).encode()
    return rule.pattern.encode()


def _first(run: bytes, count: int) -> bytes:
    return run.decode()[:count].encode()

"""The Python engine of the text specification: google-re2, the matcher TensorFlow uses too."""

from collections.abc import Callable, Sequence
from typing import Any

import re2

from sentiment_common.errors import InputError
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
        self._stop_words = specification.stop_words
        self._lemmas = specification.lemmas
        self._empty = specification.empty_token

    def tokens(self, text: str) -> list[str]:
        """Returns the lemmas of the words of a text that are kept, the empty token if none is."""
        lemmas = self._lemmas
        return [lemmas.get(word, word) for word in self._words(text)] or [self._empty]

    def clean(self, text: str) -> str:
        """Returns the folded text after all rules, its tokens separated by spaces."""
        return self._stages(text)[-1][1].decode()

    def explain(self, text: str) -> list[tuple[str, str]]:
        """Returns (step, text after it) for each step that changes the text, the tokens last."""
        stages = [(name, after.decode()) for name, after in self._stages(text)]
        before, steps = text, []
        for name, after in stages:
            if after != before:
                before = after
                steps.append((name, before))
        words, tokens = self._words(text), self.tokens(text)
        if words != before.split():
            steps.append(("stop words", " ".join(words)))
        if tokens != (words or tokens):
            steps.append(("lemmas", " ".join(tokens)))
        return [*steps, ("tokens", " ".join(tokens))]

    def _words(self, text: str) -> list[str]:
        words = self.clean(text).split()
        if not self._stop_words:
            return words
        return [word for word in words if word not in self._stop_words]

    def _stages(self, text: str) -> list[tuple[str, bytes]]:
        """Returns (name, text after it) of the folding and of each rule that matches, in order."""
        stages = [("characters", text.translate(self._translation).encode())]
        start = 0
        while waiting := [rule for rule in self._matching(stages[-1][1]) if rule >= start]:
            name, apply = self._rules[min(waiting)]
            stages.append((name, apply(stages[-1][1])))
            start = min(waiting) + 1
        return stages


def check_tokens(
    tokenizer: Tokenizer, texts: Sequence[str | None], tokens: Sequence[Sequence[str]], where: str
) -> None:
    """Checks that stored tokens are those which serving will make of the same texts.

    Args:
        tokenizer: Executes the text specification that the model will carry.
        texts: Raw texts.
        tokens: The stored tokens of each.
        where: The file they were stored in.

    Raises:
        InputError: A text is missing or has other tokens.
    """
    for number, (text, stored) in enumerate(zip(texts, tokens, strict=True)):
        if text is None or tokenizer.tokens(text) != stored:
            raise InputError(
                f"the tokens of row {number} are not those of its text",
                where=where,
                mend="give features and transform graph of one run",
            )


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

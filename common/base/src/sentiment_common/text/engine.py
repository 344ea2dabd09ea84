"""The Python engine of the text specification: google-re2, the matcher TensorFlow uses too."""

import re
from collections.abc import Callable
from typing import Any

import re2

from sentiment_common.text.rules import Rule, Squeeze
from sentiment_common.text.specification import TextSpecification


class Tokenizer:
    """Turns raw text into tokens by a text specification.

    Args:
        specification: The rules, tables and lemmas to apply.

    Examples:
        >>> tokenizer = Tokenizer(current({"batteries": "battery"}))  # doctest: +SKIP
        >>> tokenizer.tokens("The batteries DON'T last :(")  # doctest: +SKIP
        ['the', 'battery', 'do', 'not', 'last', '_negative_']
    """

    def __init__(self, specification: TextSpecification) -> None:
        self._translation = specification.characters.translation
        self._rules = [(rule, _compiled(rule)) for rule in specification.rules]
        self._lemmas = specification.lemmas
        self._empty = [specification.empty_token]

    def tokens(self, text: str) -> list[str]:
        """Returns the lemmatized tokens of a text, the empty token if there are none."""
        lemmas = self._lemmas
        return [lemmas.get(token, token) for token in self.clean(text).split()] or self._empty

    def clean(self, text: str) -> str:
        """Returns the folded text after all rules, its tokens separated by spaces."""
        cleaned = text.translate(self._translation)
        for _, apply in self._rules:
            cleaned = apply(cleaned)
        return cleaned

    def explain(self, text: str) -> list[tuple[str, str]]:
        """Returns (step, text after it) for each step that changes the text."""
        folded = text.translate(self._translation)
        steps = [("characters", folded)] if folded != text else []
        for rule, apply in self._rules:
            before, folded = folded, apply(folded)
            if folded != before:
                steps.append((rule.name, folded))
        return [*steps, ("tokens", " ".join(self.tokens(text)))]


def _compiled(rule: Rule) -> Callable[[str], str]:
    if isinstance(rule, Squeeze):
        runs = re.compile(f"([{rule.letters}])\\1{{{rule.keep},}}")
        kept = "\\1" * rule.keep
        return lambda text: runs.sub(kept, text)
    pattern: Any = re2.compile(rule.pattern)
    replacement = rule.replacement
    return lambda text: str(pattern.sub(replacement, text))

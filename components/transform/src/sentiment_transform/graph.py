"""The TensorFlow engine of the text specification: the same tokens as the Python ``Tokenizer``."""

import re
from pathlib import Path

import tensorflow as tf

from sentiment_common.text import Squeeze, TextSpecification
from sentiment_common.text.rules import Rule

NOT_FOLDED = "\0"  # outside every known range, so no folded character becomes it


class TextGraph(tf.Module):
    """Turns raw texts into lemmatized tokens by operations of core TensorFlow.

    Args:
        specification: The rules and tables to apply.
        lemmas: The specification's ``lemmas.tsv``; a SavedModel takes a copy along as an asset.
    """

    def __init__(self, specification: TextSpecification, lemmas: Path) -> None:
        super().__init__(name="text_graph")
        self._rules = specification.rules
        self._empty_token = specification.empty_token
        self._stop_words = _members(specification.stop_words)
        self._unknown = "[^" + _ranges(specification.characters.known) + "]"
        folded = specification.characters.folded
        self._folded = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(
                list(folded), list(folded.values()), tf.string, tf.string
            ),
            default_value=NOT_FOLDED,
        )
        self._lemmas = _lemma_table(lemmas) if specification.lemmas else None

    def tokens(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Returns the tokens of each text, the empty token where there are none.

        Args:
            texts: UTF-8 strings [batch]; bytes that are not UTF-8 become spaces.

        Returns:
            Ragged strings [batch, tokens].
        """
        tokens = self._lemmatized(self._kept(tf.strings.split(self.clean(texts))))
        blank = tokens.row_lengths() == 0
        return tf.concat([tokens, self._empty_tokens(blank)], axis=1)

    def clean(self, texts: tf.Tensor) -> tf.Tensor:
        """Returns the folded texts after all rules, their tokens separated by spaces."""
        # No known character is U+FFFD, so what was not UTF-8 becomes a space as well.
        texts = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", replacement_char=0xFFFD)
        texts = self._fold(tf.strings.regex_replace(texts, self._unknown, " "))
        for rule in self._rules:
            texts = _apply(rule, texts)
        return texts

    def _kept(self, words: tf.RaggedTensor) -> tf.RaggedTensor:
        if self._stop_words is None:
            return words
        stop_words = self._stop_words.lookup(words.flat_values)
        return tf.ragged.boolean_mask(words, words.with_flat_values(~stop_words))

    def _lemmatized(self, words: tf.RaggedTensor) -> tf.RaggedTensor:
        if self._lemmas is None:
            return words
        lemmas = self._lemmas.lookup(words.flat_values)
        return words.with_flat_values(tf.where(lemmas == "", words.flat_values, lemmas))

    def _empty_tokens(self, blank: tf.Tensor) -> tf.RaggedTensor:
        counts = tf.cast(blank, tf.int64)
        empty = tf.fill([tf.reduce_sum(counts)], self._empty_token)
        return tf.RaggedTensor.from_row_lengths(empty, counts)

    def _fold(self, texts: tf.Tensor) -> tf.Tensor:
        characters = tf.strings.unicode_split(texts, "UTF-8")
        targets = self._folded.lookup(characters.flat_values)
        kept = tf.where(targets == NOT_FOLDED, characters.flat_values, targets)
        return tf.strings.reduce_join(characters.with_flat_values(kept), axis=-1)


def _members(words: frozenset[str]) -> tf.lookup.StaticHashTable | None:
    """Returns a table that is true for the words, or None without words: no table may be empty."""
    if not words:
        return None
    entries = tf.lookup.KeyValueTensorInitializer(
        sorted(words), [True] * len(words), tf.string, tf.bool
    )
    return tf.lookup.StaticHashTable(entries, default_value=False)


def _lemma_table(lemmas: Path) -> tf.lookup.StaticHashTable:
    lines = tf.lookup.TextFileInitializer(str(lemmas), tf.string, 0, tf.string, 1, delimiter="\t")
    return tf.lookup.StaticHashTable(lines, default_value="")


def _apply(rule: Rule, texts: tf.Tensor) -> tf.Tensor:
    if isinstance(rule, Squeeze):
        for letter in map(re.escape, rule.letters):
            run = f"{letter}{{{rule.keep + 1},}}"
            texts = tf.strings.regex_replace(texts, run, letter * rule.keep)
        return texts
    return tf.strings.regex_replace(texts, rule.pattern, rule.replacement)


def _ranges(ranges: tuple[tuple[int, int], ...]) -> str:
    return "".join(rf"\x{{{first:X}}}-\x{{{last:X}}}" for first, last in ranges)

"""What tokens are, and which of them the vocabularies hold."""

from dataclasses import dataclass, fields

from sentiment_common.errors import InputError

LONGEST_NGRAM = 5


@dataclass(frozen=True)
class Settings:
    """What tokens are, and which of them the vocabularies hold.

    Attributes:
        ngram_max: Longest n-gram, in tokens.
        min_count: An entry occurs at least this often in the training texts.
        max_ngrams: The n-gram vocabulary keeps this many of the most frequent.
        max_tokens: The token vocabulary keeps this many of the most frequent.
        lemmas: Whether inflected forms become their lemma.
        stop_words: Whether function words are left out.

    Raises:
        InputError: A number is less than 1, or ``ngram_max`` more than 5.
    """

    ngram_max: int
    min_count: int
    max_ngrams: int
    max_tokens: int
    lemmas: bool = True
    stop_words: bool = False

    def __post_init__(self) -> None:
        """Checks the numbers."""
        for field in fields(self):
            value = getattr(self, field.name)
            if field.type is int and value < 1:
                where = "--" + field.name.replace("_", "-")
                raise InputError(f"{value} is less than 1", where=where)
        if self.ngram_max > LONGEST_NGRAM:
            raise InputError(f"{self.ngram_max} is more than {LONGEST_NGRAM}", where="--ngram-max")

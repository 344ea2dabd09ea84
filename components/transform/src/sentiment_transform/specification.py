"""The text specification that new models are trained with."""

from simplemma.strategies.dictionaries.dictionary_factory import DefaultDictionaryFactory

from sentiment_common.text import TextSpecification, current


def english(*, lemmas: bool = True, stop_words: bool = False) -> TextSpecification:
    """Returns the current rules with simplemma's English dictionary.

    Args:
        lemmas: Whether inflected forms become their lemma.
        stop_words: Whether function words are left out.
    """
    dictionary = DefaultDictionaryFactory().get_dictionary("en") if lemmas else {}
    return current(dictionary, stop_words=stop_words)

"""The text specification that new models are trained with."""

from simplemma.strategies.dictionaries.dictionary_factory import DefaultDictionaryFactory

from sentiment_common.text import TextSpecification, current


def english() -> TextSpecification:
    """Returns the current rules with simplemma's English dictionary."""
    return current(DefaultDictionaryFactory().get_dictionary("en"))

"""The one text specification, and the engine that executes it without TensorFlow."""

from sentiment_common.text.engine import Tokenizer
from sentiment_common.text.specification import Replace, Squeeze, TextSpecification, current

__all__ = ["Replace", "Squeeze", "TextSpecification", "Tokenizer", "current"]

"""The one text specification, and the engine that executes it without TensorFlow."""

from sentiment_common.text.engine import Tokenizer, check_tokens
from sentiment_common.text.probes import probes
from sentiment_common.text.rules import Replace, Squeeze
from sentiment_common.text.specification import TextSpecification, current

__all__ = [
    "Replace", "Squeeze", "TextSpecification", "Tokenizer", "check_tokens", "current", "probes",
]  # fmt: skip

r"""What can be seen of a text without reading it: lengths, signs, faults.

All is counted by Arrow in C++, with RE2: a million texts take seconds. A word is what white space
parts here; only where terms are compared does the text specification say what a token is.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sentiment_common.text.words import STOP_WORDS
from sentiment_explore.reading import Flags, Integers

LONG_WORDS = 300
"""More words than the encoders of this project read."""

LEAST_FOREIGN = 2
"""One word of another language is a name or a loan."""

EMOJI = r"[\x{1F300}-\x{1FAFF}\x{2600}-\x{27BF}\x{1F1E6}-\x{1F1FF}]"
LINKS_ONLY = r"^\s*(?:(?:https?://|www\.)\S+\s*)+$"
MARKUP = r"<(?:/?[A-Za-z][^<>]{0,200}|!--)>|&(?:amp|quot|lt|gt|nbsp|apos|#[0-9]{1,6});"
FUNCTION_WORD = rf"(?i)\b(?:{'|'.join(sorted(STOP_WORDS))})\b"
FOREIGN_WORD = (
    r"(?i)\b(?:der|und|das|nicht|ist|ich|mit|sehr|aber|ein|eine|auch|le|les|est|et|pas|pour|avec|une|"
    r"que|dans|el|los|las|muy|pero|una|es|por|che|molto|sono|il|della|non|muito|com|uma|het|een|niet|"
    r"van|ook|nie|jest|bardzo|och|som|det|inte)\b"
)
"""The commonest words of larger European languages that are none in English."""

# The characters that UTF-8's continuation bytes become in cp1252; five bytes are undefined there,
# and decoders keep those as control characters.
_TRAIL = "[{}\x81\x8d\x8f\x90\x9d]".format(bytes(range(0x80, 0xC0)).decode("cp1252", "ignore"))
MOJIBAKE = (
    f"\ufffd|[\u00c2-\u00df]{_TRAIL}|[\u00e0-\u00ef]{_TRAIL}{{2}}|[\u00f0-\u00f4]{_TRAIL}{{3}}"
)
"""The replacement character, or a UTF-8 sequence of two to four bytes decoded as cp1252."""

STYLES = ("emoji", "capitals", "question", "exclamation", "link", "account", "digits")
"""Marks that are no fault: how people write."""


@dataclass(frozen=True)
class Marks:
    """What is seen of each text.

    Attributes:
        characters: Its length, [n].
        words: Its runs without white space, [n].
        flags: Name -> which texts have it, [n]: ``STYLES`` and faults.
    """

    characters: Integers
    words: Integers
    flags: dict[str, Flags]


def mark(texts: pa.ChunkedArray) -> Marks:
    """Looks at every text."""
    words = _number(texts, r"\S+")
    upper, lower, letters = (_number(texts, it) for it in (r"\p{Lu}", r"\p{Ll}", r"\pL"))
    emoji = _has(texts, EMOJI)
    garbled = _has(texts, MOJIBAKE)
    strange = _number(texts, FOREIGN_WORD)
    foreign = (strange >= LEAST_FOREIGN) & (strange > _number(texts, FUNCTION_WORD))
    other_script = (letters >= 4) & (2 * _number(texts, r"\p{Latin}") < letters)
    flags = {
        "emoji": emoji,
        "capitals": (upper >= 4) & (lower == 0),
        "question": _has(texts, r"\?"),
        "exclamation": _has(texts, "!"),
        "link": _has(texts, r"https?://|www\."),
        "account": _has(texts, r"(?:^|[^\w@./])@\w"),
        "digits": _has(texts, "[0-9]"),
        "one_word": words == 1,
        "long": words > LONG_WORDS,
        "no_letters": (letters == 0) & ~emoji,
        "links_only": _has(texts, LINKS_ONLY),
        "garbled": garbled,
        "markup": _has(texts, MARKUP),
        "other_language": (foreign | other_script) & ~garbled,
    }
    return Marks(pc.utf8_length(texts).to_numpy().astype(np.int64), words, flags)


def _number(texts: pa.ChunkedArray, pattern: str) -> Integers:
    return pc.count_substring_regex(texts, pattern).to_numpy().astype(np.int64)


def _has(texts: pa.ChunkedArray, pattern: str) -> Flags:
    return pc.match_substring_regex(texts, pattern).to_numpy().astype(np.bool_)

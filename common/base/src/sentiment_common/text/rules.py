"""Version 1 of the rules. A change here is a new version: bundles carry the rules they came with.

Every pattern sees text that the character table has folded: lower case, compatibility forms and
typographic quotes and dashes resolved, any white space a plain space.
"""

from dataclasses import dataclass

VERSION = 1
EMPTY_TOKEN = "_empty_"  # noqa: S105 (a word, not a secret)


@dataclass(frozen=True)
class Replace:
    r"""Replaces every match of an RE2 pattern; ``\1`` in the replacement is the first group."""

    name: str
    pattern: str
    replacement: str


@dataclass(frozen=True)
class Squeeze:
    """Shortens runs of one letter: more than ``keep`` times the same becomes ``keep`` times.

    RE2 has no back-references, so this is a rule of its own.
    """

    name: str
    letters: str
    keep: int


Rule = Replace | Squeeze


def _twice(name: str, pattern: str, replacement: str) -> tuple[Replace, Replace]:
    """Returns a rule whose matches take in the characters around them, in two passes.

    RE2 cannot look around, so of two neighbours that share a character the first takes it, and the
    second waits for the next pass.
    """
    return (
        Replace(name, pattern, replacement),
        Replace(f"{name}, second pass", pattern, replacement),
    )


POSITIVE_EMOJI = (
    r"[\x{263A}\x{2661}\x{2665}\x{2764}\x{1F44C}\x{1F44D}\x{1F44F}\x{1F389}\x{1F493}"
    r"\x{1F495}-\x{1F49F}\x{1F525}\x{1F600}-\x{1F60E}\x{1F617}-\x{1F61D}\x{1F63A}-\x{1F63D}"
    r"\x{1F642}\x{1F643}\x{1F64C}\x{1F64F}\x{1F917}\x{1F929}\x{1F970}\x{1F973}]"
)
NEGATIVE_EMOJI = (
    r"[\x{2639}\x{1F44E}\x{1F494}\x{1F4A9}\x{1F612}-\x{1F616}\x{1F61E}-\x{1F62D}"
    r"\x{1F630}-\x{1F631}\x{1F63E}\x{1F63F}\x{1F641}\x{1F644}\x{1F92C}\x{1F92E}\x{1F97A}]"
)
OTHER_EMOJI = r"[\x{2600}-\x{27BF}\x{1F000}-\x{1FAFF}]"

RULES: tuple[Rule, ...] = (
    # Entities first: "&lt;br&gt;" is a tag, and "&amp;#39;" an apostrophe.
    Replace("ampersands", r"&amp;", "&"),
    Replace("apostrophe entities", r"&(?:apos|#0?39|#x27|rsquo|lsquo|#8217|#8216);", "'"),
    Replace("quote entities", r"&(?:quot|ldquo|rdquo|#34|#8220|#8221);", " "),
    Replace("opening tag entities", r"&lt;", "<"),
    Replace("closing tag entities", r"&gt;", ">"),
    Replace("other entities", r"&(?:[a-z]{2,8}|#[0-9]{1,7}|#x[0-9a-f]{1,6});", " "),
    Replace("html tags", r"<[a-z/!][^<>]{0,200}>", " "),
    Replace("urls", r"(?:https?://|www\.)[^ ]+", " _url_ "),
    Replace("e-mail addresses", r"[a-z0-9._%+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+", " _email_ "),
    Replace("mentions", r"@[a-z0-9_]+", " _user_ "),
    Replace("hashtags", r"#([a-z0-9_]+)", r" \1 "),
    Replace("hearts", r"<3+", " _positive_ "),
    Replace("broken hearts", r"</3", " _negative_ "),
    # A letter before the eyes ("http:/", "8:p") is no face.
    *_twice("happy faces", r"(^|[^a-z0-9])[:;=]'?[-o^]?[)\]dp}]+([^a-z0-9]|$)",
            r"\1 _positive_ \2"),
    *_twice("sad faces", r"(^|[^a-z0-9])[:;=]'?[-o^]?[(\[/\\|{]+([^a-z0-9]|$)",
            r"\1 _negative_ \2"),
    Replace("positive emoji", POSITIVE_EMOJI, " _positive_ "),
    Replace("negative emoji", NEGATIVE_EMOJI, " _negative_ "),
    Replace("other emoji", OTHER_EMOJI, " _emoji_ "),
    Squeeze("repeated letters", "abcdefghijklmnopqrstuvwxyz", 2),
    Replace("cannot", r"(^|[^a-z])(?:can't|cannot|cant)([^a-z]|$)", r"\1can not\2"),
    Replace("will not", r"(^|[^a-z])won't([^a-z]|$)", r"\1will not\2"),
    Replace("shall not", r"(^|[^a-z])shan't([^a-z]|$)", r"\1shall not\2"),
    Replace("not", r"n't([^a-z]|$)", r" not\1"),
    Replace("other contractions", r"'(?:s|re|ve|ll|d|m)([^a-z]|$)", r"\1"),
    Replace("exclamation marks", r"!+", " ! "),
    Replace("question marks", r"\?+", " ? "),
    Replace("other characters", r"[^a-z0-9_!? \x{80}-\x{10FFFF}]+", " "),
)  # fmt: skip

# Degrees carry intensity: "best" is not "good".
DEGREES = (
    "better best worse worst less least more most further furthest greater greatest higher highest "
    "lower lowest cheaper cheapest nicer nicest faster fastest slower slowest larger largest "
    "smaller smallest easier easiest harder hardest happier happiest stronger strongest weaker"
)
# Negations, and words whose lemma is another word in feedback.
OTHER_MEANINGS = (
    "not no nor never none nothing neither without cannot cant wont dont "
    "left broken lost disappointed disappointing pleased pleasing amazed amazing satisfied tired "
    "boring bored excited exciting interested interesting annoyed annoying was were"
)
LEMMA_EXCEPTIONS = frozenset(f"{DEGREES} {OTHER_MEANINGS}".split())
"""Forms that keep their own token, because their lemma loses intensity, negation or meaning."""

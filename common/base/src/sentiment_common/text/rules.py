"""Version 2 of the rules. A change here is a new version: bundles carry the rules they came with.

Every pattern sees text that the character table has folded: lower case, compatibility forms and
typographic quotes and dashes resolved, any white space a plain space. Underscores belong to the
tokens that rules put in, so that no text can bring such a token along.
"""

from dataclasses import dataclass

from sentiment_common.text import emoji

VERSION = 2
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


def _word(name: str, pattern: str, replacement: str) -> tuple[Replace, Replace]:
    """Returns a rule for whole words; their pattern has no groups of its own."""
    return _twice(name, rf"(^|[^a-z])(?:{pattern})([^a-z]|$)", rf"\1{replacement}\2")


RULES: tuple[Rule, ...] = (
    Replace("underscores", r"_", "~"),
    # Entities first: "&lt;br&gt;" is a tag, and "&amp;#39;" an apostrophe.
    Replace("ampersands", r"&(?:amp;)+", "&"),
    # 145 and 146 are quotes in Windows-1252, and so in many pages.
    Replace("apostrophe entities",
            r"&(?:apos|[lr]squo|#0{0,2}39|#821[67]|#14[56]|#x(?:0{0,2}27|201[89]|9[12]));", "'"),
    Replace("opening tag entities", r"&(?:lt|#60|#x3c);", "<"),
    Replace("closing tag entities", r"&(?:gt|#62|#x3e);", ">"),
    Replace("letter entities", r"&([a-z])(?:acute|grave|circ|uml|tilde|cedil|ring|slash|caron);",
            r"\1"),
    Replace("positive emoji entities", emoji.entity_of(emoji.POSITIVE, "hearts"), " _positive_ "),
    Replace("negative emoji entities", emoji.entity_of(emoji.NEGATIVE), " _negative_ "),
    Replace("other emoji entities", r"&#(?:x1f[0-9a-f]{3}|12[7-9][0-9]{3});", " _emoji_ "),
    Replace("other entities", r"&(?:[a-z][a-z0-9]{1,30}|#[0-9]{1,7}|#x[0-9a-f]{1,6});", " "),
    Replace("styles and scripts",
            r"<(?:style|script)(?: [^<>]*)?>[^<]*</(?:style|script) *>", " "),
    # Attributes hold an equals sign: "x<y and y>z" is no tag.
    Replace("html tags", r"</?[a-z][a-z0-9:-]*(?: [^<>]*=[^<>]*)? */?>|<[!?][^<>]*>", " "),
    Replace("urls", r"(?:(?:https?|ftp)://|www\.)[^ ]+", " _url_ "),
    Replace("e-mail addresses", r"[a-z0-9.~%+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+", " _email_ "),
    Replace("domains",
            r"[a-z0-9][a-z0-9.-]*\.(?:(?:com|net|org|edu|gov)(?:\.[a-z][a-z])?|co\.[a-z][a-z]|io|ly)"
            r"(?:/[^ ]*)?([^a-z0-9]|$)", r" _url_ \1"),
    Replace("mentions", r"@[a-z0-9~]+", " _user_ "),
    Replace("hashtags", r"#([a-z0-9~]+)", r" \1 "),
    # "<30 minutes" and "<3.5" are no hearts.
    *_twice("hearts", r"<3+(\.*[^0-9.]|\.*$)", r" _positive_ \1"),
    Replace("broken hearts", r"</3", " _negative_ "),
    # A letter before the eyes ("http:/", "8:p") is no face, except before round mouths.
    *_twice("happy faces", r"(^|[^a-z0-9])[:;=][',]?[-o^~]?[)\]dp}*3]+([^a-z0-9]|$)",
            r"\1 _positive_ \2"),
    *_twice("sad faces", r"(^|[^a-z0-9])[:;=][',]?[-o^~]?[(\[/\\|{@]+([^a-z0-9]|$)",
            r"\1 _negative_ \2"),
    Replace("happy faces after words", r"([a-z0-9])[:;]-?\)+([^a-z0-9]|$)", r"\1 _positive_ \2"),
    Replace("sad faces after words", r"([a-z0-9])[:;]-?\(+([^a-z0-9]|$)", r"\1 _negative_ \2"),
    *_twice("turned faces", r"(^|[^a-z0-9])\(+[-o^]?'?[:;]([^a-z0-9]|$)", r"\1 _positive_ \2"),
    Replace("smiling eyes", r"\^[~.-]*\^", " _positive_ "),
    *_twice("closed eyes", r"(^|[^a-z0-9])(?:-~+-|=~+=|>[~.]+<|t~+t|;~+;)([^a-z0-9]|$)",
            r"\1 _negative_ \2"),
    Replace("positive emoji", emoji.one_of(emoji.POSITIVE) + "+", " _positive_ "),
    Replace("negative emoji", emoji.one_of(emoji.NEGATIVE) + "+", " _negative_ "),
    Replace("other emoji", emoji.ANY + "+", " _emoji_ "),
    Squeeze("repeated letters", "abcdefghijklmnopqrstuvwxyz", 2),
    # Tokenized and mistyped text has "do n't", "don ' t", "don t" and "dont".
    Replace("spaced contractions", r"n(?: ' ?|' )t([^a-z]|$)", r"n't\1"),
    *_twice("contractions without apostrophe",
            r"(^|[^a-z])(ai|are|ca|could|did|do|does|had|has|have|is|must|need|sha|should|was|were"
            r"|wo|would)n ?t([^a-z]|$)", r"\1\2n't\3"),
    *_word("can not", r"cannot|ca ?n't", "can not"),
    *_word("will not", r"wo ?n't", "will not"),
    *_word("shall not", r"sha ?n't", "shall not"),
    *_word("is not", r"ai ?n't", "is not"),
    Replace("not", r"n't([^a-z]|$)", r" not\1"),
    *_word("without", r"w/o(?:ut)?", "without"),
    Replace("will", r"'ll([^a-z]|$)", r" will\1"),
    Replace("have", r"'ve([^a-z]|$)", r" have\1"),
    Replace("are", r"'re([^a-z]|$)", r" are\1"),
    Replace("am", r"'m([^a-z]|$)", r" am\1"),
    Replace("would", r"'d([^a-z]|$)", r" would\1"),
    Replace("mixed marks", r"(?:![! ]*\?|\?[? ]*!)(?:[!? ]*[!?])?", " ? ! "),
    Replace("exclamation marks", r"!(?:[! ]*!)?", " ! "),
    Replace("question marks", r"\?(?:[? ]*\?)?", " ? "),
    Replace("other characters", r"[^a-z0-9_!? \x{80}-\x{10FFFF}]+", " "),
)  # fmt: skip

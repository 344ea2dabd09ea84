"""Takes out of a text what names, reaches or pays for a person, and keeps what it feels.

The rules are applied one after the other, in the order of ``RULES``: an address on the web before
the e-mail address in it, numbers with a checksum before those without. Each pattern is bounded and
begins where a word begins, so that the time is linear in the length of the text.

Links, e-mail addresses and account names become ones that the text specification turns into the
same token as before: a model scores the redacted text as it scored the text. Names of people and
streets are not found: that needs a model of language, too slow to run on every request.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sentiment_common.iban import is_iban, length_in

Span = tuple[int, int]

ANY_SIGN = re.compile(r"[\d@:]|www\.", re.I)
"""What all personal data contain, and most feedback does not."""

URL = re.compile(r"(?<!\w)(?:https?|ftp)://[^\s<>\"]{1,2048}|(?<!\w)www\.[^\s<>\"]{1,2048}", re.I)
SECRET_OF_URL = re.compile(r"[?#@=]|[^/]{0,64}[0-9][^/]{16,}|[^/]{16,80}[0-9]")
EMAIL = re.compile(
    r"(?<![\w.%+'-])\w[\w.%+'-]{0,63}@[^\W_](?:[\w-]{0,62}\w)?(?:\.[^\W_](?:[\w-]{0,62}\w)?){1,8}"
)
IBAN = re.compile(r"(?<!\w)[a-z]{2}[0-9]{2}(?:[ -]?[a-z0-9]){11,30}", re.I)
CARD = re.compile(r"(?<![\w.])\d{2,19}(?:[ -]\d{2,19})*(?!\w)")
IP = re.compile(
    r"(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w]|\.\d)"
    r"|(?<![\w:.])(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}(?![\w:])"
    r"|(?<![\w:.])(?:[23][0-9a-f]{3}|f[c-e][0-9a-f]{2}):(?:[0-9a-f]{1,4}:){0,5}"
    r"(?::[0-9a-f]{1,4}){1,6}(?![\w:])",
    re.I | re.A,
)
PHONE = re.compile(r"(?<![\w.,/$€£#+-])[+(]?\d{1,16}(?:[ ().\-/]{1,2}\d{1,14}){0,7}(?!\w|[.,]\d)")
ACCOUNT = re.compile(r"(?<![\w@./])@\w[\w.-]{0,63}")

DIGITS = re.compile(r"\d+")
CARD_LENGTHS = range(12, 20)
MOST_CARD_GROUPS = 9
CARD_ISSUERS = re.compile(r"4|5[0-8]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)|3|6")
PHONE_SHAPES = re.compile(
    r"\+\d[\d ().\-/]*"  # international
    r"|00[1-9][\d ().\-/]*"
    r"|(?:1[ .\-])?(?:\(\d{3}\) ?|\d{3}[ .\-])\d{3}[ .\-]\d{4}"  # North America
    r"|\(?0\d{1,4}\)?[ \-/]{0,2}\d[\d \-/]{4,}"  # a trunk prefix, as in most of Europe
    r"|0\d{9,10}"
    r"|0\d(?:[ .]\d\d){4}"  # France
    r"|\(\d{2}\) ?\d{4,5}-\d{4}"  # Brazil
    r"|\d{3}[.\-]\d{4}"
)
MOST_GROUPS = 8
PHONE_DIGITS = range(7, 16)
CALL = re.compile(
    r"(?:call|phone|ph|tel|telephone|mobile|cell|fax|whatsapp|sms|text|ring|reach|number)\b[^\d]{0,16}$",
    re.I,
)
CALL_CHARACTERS = 32
DATE = re.compile(r"(?:\d{1,4}[-./]\d{1,2}[-./]\d{1,4})|(?:(?:19|20)\d\d ?- ?(?:19|20)\d\d)")


@dataclass(frozen=True)
class Rule:
    """One kind of personal data.

    Attributes:
        kind: Its name.
        spans: Finds its places in a text, in order and apart from each other.
        replacement: What is written there.
        sign: What each occurrence contains; quickly found missing in most texts.
    """

    kind: str
    spans: Callable[[str], Iterator[Span]]
    replacement: str
    sign: re.Pattern[str]


def redact(text: str) -> str:
    """Replaces the personal data of a text, see ``RULES``."""
    return redact_counting(text)[0]


def redact_counting(text: str) -> tuple[str, dict[str, int]]:
    """Replaces the personal data of a text.

    Returns:
        The redacted text and, by kind, how often it was found; kinds not found are not there.
    """
    counts: dict[str, int] = {}
    if not ANY_SIGN.search(text):
        return text, counts
    for rule in RULES:
        if rule.sign.search(text) and (spans := list(rule.spans(text))):
            counts[rule.kind] = len(spans)
            text = _replaced(text, spans, rule.replacement)
    return text, counts


def _replaced(text: str, spans: list[Span], replacement: str) -> str:
    ends = [0, *(end for _, end in spans)]
    starts = [*(start for start, _ in spans), len(text)]
    return replacement.join(text[a:b] for a, b in zip(ends, starts, strict=True))


def _all(pattern: re.Pattern[str]) -> Callable[[str], Iterator[Span]]:
    def spans(text: str) -> Iterator[Span]:
        return (match.span() for match in pattern.finditer(text))

    return spans


def _urls(text: str) -> Iterator[Span]:
    """Finds links that carry more than a place to read: a query, a fragment, an account, a key."""
    for match in URL.finditer(text):
        address = match[0].rstrip(".,;:!?)]}'")
        _, _, place = address.partition("://")
        if SECRET_OF_URL.search(place or address):
            yield match.start(), match.start() + len(address)


def _ibans(text: str) -> Iterator[Span]:
    """Finds account numbers; a candidate may run on into the words behind the number."""
    at = 0
    while match := IBAN.search(text, at):
        start, at = match.start(), match.start() + 4
        places = [place for place, character in enumerate(match[0]) if character.isalnum()]
        end = places[min(length_in(match[0][:2]), len(places)) - 1] + 1
        ends_here = not text[start + end : start + end + 1].isalnum()
        if ends_here and is_iban(match[0][:end]):
            at = start + end
            yield start, at


def _cards(text: str) -> Iterator[Span]:
    """Finds numbers of 12 to 19 digits of an issuer's range whose Luhn checksum is right."""
    for match in CARD.finditer(text):
        groups = list(DIGITS.finditer(match[0]))
        at = 0
        while at < len(groups):
            last = _card_from([group[0] for group in groups[at : at + MOST_CARD_GROUPS]])
            if last:
                yield (
                    match.start() + groups[at].start(),
                    match.start() + groups[at + last - 1].end(),
                )
            at += last or 1


def _card_from(groups: list[str]) -> int:
    """Returns how many groups of digits from the first make up the longest card number, or 0."""
    for count in range(len(groups), 0, -1):
        digits = "".join(groups[:count])
        if len(digits) in CARD_LENGTHS and _is_card([int(digit) for digit in digits]):
            return count
    return 0


def _is_card(digits: list[int]) -> bool:
    if len(set(digits)) == 1 or not CARD_ISSUERS.match("".join(map(str, digits[:4]))):
        return False
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _phones(text: str) -> Iterator[Span]:
    """Finds numbers that are written like a telephone's, or that a word such as "call" precedes."""
    at = 0
    while match := PHONE.search(text, at):
        start = match.start() + (match[0][0] == "(" and ")" not in match[0])
        before = text[max(0, start - CALL_CHARACTERS) : start]
        ends = [match.start() + group.end() for group in DIGITS.finditer(match[0])]
        # From each of many numbers in a row would take as many times as long, and finds none.
        at = ends[0] if len(ends) < MOST_GROUPS else ends[-1]
        for end in reversed(ends):
            if _is_phone(text[start:end], before):
                at = end
                yield start, end
                break


def _is_phone(number: str, before: str) -> bool:
    digits = sum(character.isdigit() for character in number)
    if digits not in PHONE_DIGITS or DATE.fullmatch(number):
        return False
    return bool(PHONE_SHAPES.fullmatch(number) or CALL.search(before))


RULES = (
    Rule("url", _urls, "https://redacted.invalid", re.compile(r"://|www\.", re.I)),
    Rule("email", _all(EMAIL), "redacted@email.invalid", re.compile("@")),
    Rule("iban", _ibans, "[IBAN]", re.compile(r"[a-z]{2}[0-9]{2}", re.I)),
    Rule("card", _cards, "[CARD]", re.compile(r"\d{2}")),
    Rule("ip", _all(IP), "[IP]", re.compile(r"\d\.\d|[0-9a-f]:", re.I)),
    Rule("phone", _phones, "[PHONE]", re.compile(r"(?:\d\D{0,3}){7}")),
    Rule("account", _all(ACCOUNT), "@redacted", re.compile("@")),
)

"""Tells the language of a text, if it is plainly another than English, by letters and small words.

The commonest words of a language are short, few and in nearly every sentence: counting them tells
languages apart without a model (G. Grefenstette, "Comparing two language identification schemes",
JADT 1995). It needs neither a network nor a package, and reads 50,000 texts a second. In doubt a
text is English: a foreign word or two are, for what counts is the share of a data set.
``benchmarks/languages.py`` measures how often it errs.
"""

import re
from collections import Counter
from functools import cache

_WORD = re.compile(r"[^\W\d_]+")
_LETTER = re.compile(r"[^\W\d_]")
# Latin letters with their diacritics, and the letter-like signs that people decorate English with.
_LATIN = re.compile(
    r"[A-Za-z\u00aa\u00ba\u00c0-\u02ff\u1d00-\u1eff\u2071\u207f\u2090-\u209c\u2100-\u214f"
    r"\u2c60-\u2c7f\ua720-\ua7ff\ufb00-\ufb06\uff21-\uff5a\U0001d400-\U0001d7ff]"
)
_ACCENTED = re.compile("[\u00c0-\u024f\u1e00-\u1eff]")

ENGLISH = frozenset(
    "a about after again all am an and any are as at be because been before being but by can could "
    "did do does don down for from get had has have he her here him his how i if in into is it its "
    "just like me more most my no not now of off on one only or other our out over s she so some t "
    "than that the their them then there these they this those to too up us very was we were what "
    "when which who why will with would you your".split()
)

# Words that are common in English as well ("die", "come", "plus", "men", "ten") are left out.
OTHERS = {
    "Czech": (
        "že není jsem jsou jako nebo ale když jen které který byl byla také ještě pro "
        "při tak co jak by jeho být má ze až už vás mám tento velmi se je na"
    ),
    "Danish": (
        "og det ikke jeg til er som med har af du den hun han havde denne meget også "
        "eller hvor efter været kan vi mig der"
    ),
    "Dutch": (
        "de het een niet dat ik zijn voor met maar wat heb deze heel ook wel nog naar "
        "geen dit bij uit kan om te van er je ze en"
    ),
    "Finnish": (
        "ja ei että ole oli mutta kun niin tämä myös joka hyvin ovat vain kuin olen "
        "sitten se hän minä todella hyvä liian"
    ),
    "French": (
        "le la les des une est et pas je que qui dans pour ce cette vous nous avec "
        "mais très bien sont du au il elle aux ça suis été leur mon ma ne "
        "en un fait comme si"
    ),
    "German": (
        "der das und ist nicht ich ein eine einen zu mit sich auf auch wie nach bei "
        "aus sie es wir nur noch sehr schon aber dem den des mir mich für wird haben "
        "ihr im zum oder wenn kein keine habe sind du war er von"
    ),
    "Indonesian": (
        "yang dan tidak ini itu untuk dengan saya ada dari bisa sudah juga sangat "
        "tapi di ke kamu akan karena"
    ),
    "Italian": (
        "il di che non è una gli della sono si ma mi anche più questo questa "
        "ho ha molto con del nel ci lo le dei alla al perché un la ti se da"
    ),
    "Polish": (
        "nie jest się na że jak ale po tak czy od przez było bardzo jestem tylko już "
        "ja też który mnie dla są ma za to co ze"
    ),
    "Portuguese": (
        "o que não uma um os é com para por mais na em muito eu isso esta este foi "
        "mas da dos seu sua você ele ser tem já quando de se as ao"
    ),
    "Romanian": (
        "și nu este în pe cu care pentru că sunt mai din la foarte dar acest să fost ca de ce mi am"
    ),
    "Spanish": (
        "el la los las una que es y en por para con no se lo muy pero su como más "
        "este esta del al ha me mi si ya yo porque cuando todo nada un de le"
    ),
    "Swedish": (
        "och det är inte jag att som på för har med av den ett vi så var han "
        "hon kan mycket också när ja om du"
    ),
    "Turkish": (
        "bir ve bu için çok ama değil ne da daha gibi ben olarak kadar var yok sonra "
        "en mi her de hiç"
    ),
    "Vietnamese": (
        "là và của không có cho này được một với những rất người đã tôi các khi thì "
        "nhưng cũng bị vào"
    ),
}

ENGLISH_OR_UNSURE, NO_LETTERS, OTHER = "english", "none", "other"
_SCRIPTS = {
    "arabic": re.compile("[\u0600-\u06ff\u0750-\u077f]"),
    "cyrillic": re.compile("[\u0400-\u052f]"),
    "devanagari": re.compile("[\u0900-\u097f]"),
    "greek": re.compile("[\u0370-\u03ff\u1f00-\u1fff]"),
    "hangul": re.compile("[\u1100-\u11ff\uac00-\ud7af]"),
    "han": re.compile("[\u4e00-\u9fff]"),
    "hebrew": re.compile("[\u0590-\u05ff]"),
    "kana": re.compile("[\u3040-\u30ff]"),
    "thai": re.compile("[\u0e00-\u0e7f]"),
}
LANGUAGES = (ENGLISH_OR_UNSURE, *map(str.lower, OTHERS), *_SCRIPTS, OTHER, NO_LETTERS)
"""All that ``language_of`` returns: languages in Latin letters, scripts, and two for the rest."""
MIN_WORDS = 2
"""One word of another language may be a name, a typing error or a title."""


def is_foreign(text: str) -> bool:
    """Tells whether a text is plainly in another language than English."""
    return language_of(text) not in (ENGLISH_OR_UNSURE, NO_LETTERS)


def language_of(text: str) -> str:
    """Returns one of ``LANGUAGES``.

    A text is of another script if most of its letters are not Latin. It is in another language if
    it has at least ``MIN_WORDS`` different words that speak for that one, and more of them than
    small words of English. The small words of a language speak for it, and so does every second
    word with a diacritic: "Kärcher" and "café" are English, too.
    """
    letters = len(_LETTER.findall(text))
    if not letters:
        return NO_LETTERS
    if 2 * len(_LATIN.findall(text)) < letters:
        return _script_of(text)
    found = set(_WORD.findall(text.casefold()))
    small = found & _languages_of().keys()
    votes = Counter(language for word in small for language in _languages_of()[word])
    accented = sum(_ACCENTED.search(word) is not None for word in found - small)
    most = max(votes.values(), default=0) + accented // 2
    if most < MIN_WORDS or most <= len(found & ENGLISH):
        return ENGLISH_OR_UNSURE
    # Of languages with as many words, always the same one, whatever order a set has.
    return min(votes, key=lambda language: (-votes[language], language), default=OTHER)


def _script_of(text: str) -> str:
    letters = {script: len(pattern.findall(text)) for script, pattern in _SCRIPTS.items()}
    most = max(letters, key=letters.__getitem__)
    return most if letters[most] else OTHER


@cache
def _languages_of() -> dict[str, list[str]]:
    """Returns the languages of each small word that is no word of English."""
    languages: dict[str, list[str]] = {}
    for language, listed in OTHERS.items():
        for word in set(listed.split()) - ENGLISH:
            languages.setdefault(word, []).append(language.lower())
    return languages

"""The words that lemmas would rob of their meaning, and the words that may be left out."""

# Degrees carry intensity: "best" is not "good". The regular ones are known by their endings.
DEGREES = (
    "better best worse worst less lesser least more most further furthest farther farthest elder "
    "eldest"
)
NEGATIONS = "not no nor never none nothing nobody nowhere neither without cannot hardly barely"
# Their lemma is another word in feedback ("left" is seldom what somebody leaves) or plain wrong in
# the dictionary ("bit" to "bite"), or the form alone carries the sentiment.
OTHER_MEANINGS = (
    "left broken lost missing mixed disappointed disappointing pleased pleasing amazed amazing "
    "satisfied tired boring bored excited exciting interested interesting annoyed annoying moving "
    "touching stunning outstanding was were bit straight wedding media data opera agenda trivia "
    "feed crew span bare lay cal lan ma dang et"
)
LEMMA_EXCEPTIONS = frozenset(f"{DEGREES} {NEGATIONS} {OTHER_MEANINGS}".split())
"""Forms that keep their own token, because their lemma loses intensity, negation or meaning."""

_CORRECTIONS = (
    "answer: answered; ask: asked; cancel: cancelled; claim: claimed; confirm: confirmed; "
    "craft: crafted; cross: crosses; develop: developed; fix: fixed; go: went gone; "
    "grow: growing; laugh: laughed laughing; play: played playing; prefer: preferred; "
    "put: putting; run: ran; sing: singing; talk: talked talking; tax: taxes; think: thinking"
)
LEMMA_CORRECTIONS = {
    form: lemma
    for lemma, forms in (entry.split(": ") for entry in _CORRECTIONS.split("; "))
    for form in forms.split()
}
"""Frequent forms whose lemma is no word in the dictionary ("playe"), or another word ("wend")."""

STOP_WORDS = frozenset(
    "a an the "
    "i me my mine myself you your yours yourself he him his himself she her hers herself it its "
    "itself we us our ours ourselves they them their theirs themselves "
    "this that these those who whom whose which what where when why how here there "
    "am is are was were be been being have has had having do does did doing will would shall s "
    "and or as if because while until whether then once "
    "of at by for from in into on onto to with about between through during before after above "
    "below".split()
)
"""Function words, on the whole those of the Snowball list (Porter 2001).

Negations, intensifiers, degrees, contrast ("but", "although", "than", "only") and modals of doubt
("could", "should") are not among them: they turn or weigh a sentiment.
"""


def is_degree(form: str, lemma: str) -> bool:
    """Tells whether a form is the regular comparative or superlative of its lemma."""
    stems = {lemma, lemma.removesuffix("e"), lemma + lemma[-1:]}
    if lemma.endswith("y"):
        stems.add(lemma[:-1] + "i")
    return any(form == stem + ending for stem in stems for ending in ("er", "est"))

import dataclasses
import re
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st
from simplemma.strategies.dictionaries.dictionary_factory import DefaultDictionaryFactory

from sentiment_common.errors import InputError
from sentiment_common.text import Replace, Squeeze, Tokenizer, check_tokens, current
from sentiment_common.text.rules import RULES
from sentiment_common.text.words import STOP_WORDS

SPECIFICATION = current(DefaultDictionaryFactory().get_dictionary("en"))
TOKENIZER = Tokenizer(SPECIFICATION)

EXAMPLES = {
    "underscores": ("_positive_ and snake_case", "positive and snake case"),
    "ampersands": ("you &amp; me &amp;amp;#39; us", "you me we"),
    "apostrophe entities": ("isn&#39;t don&rsquo;t won&#146;t can&#x2019;t",
                            "be not do not will not can not"),
    "opening tag entities": ("i &lt;3 it", "i _positive_ it"),
    "closing tag entities": ("&lt;br&gt; good", "good"),
    "letter entities": ("Caf&eacute; &Uuml;ber &ccedil;a", "cafe uber ca"),
    "positive emoji entities": ("&hearts; &#128512; &#x1F44D;", "_positive_ _positive_ _positive_"),
    "negative emoji entities": ("&#128148; &#x1F44E;", "_negative_ _negative_"),
    "other emoji entities": ("&#128640; &#x1F680;", "_emoji_ _emoji_"),
    "other entities": ("good&nbsp;phone &#8230; &frac12; &#x2026;", "good phone"),
    "styles and scripts": ("<style>p {a: b}</style>good<script src='x'>y()</script >", "good"),
    "html tags": ('<!-- x --><a href="x">good</a> phone<br/><o:p> x<y and y>z',
                  "good phone x y and y z"),
    "urls": ("see http://t.co/a?b=c and www.x.com", "see _url_ and _url_"),
    "e-mail addresses": ("write to some_one@mail.example.com now", "write to _email_ now"),
    "domains": ("on amazon.com, ebay.co.uk/x.y and bit.ly/x?y but word.common",
                "on _url_ _url_ and _url_ but word common"),
    "mentions": ("@Virgin_America thanks", "_user_ thank"),
    "hashtags": ("#fail so #not_good #1", "fail so not good 1"),
    "hearts": ("<3 <333 <3. but <30 or <3.5", "_positive_ _positive_ _positive_ but 30 or 3 5"),
    "hearts, second pass": ("<3<3<3", "_positive_ _positive_ _positive_"),
    "broken hearts": ("</3 phone", "_negative_ phone"),
    "happy faces": ("ok :) then :-D, 8:p =] :*", "ok _positive_ then _positive_ 8 p _positive_ "
                    "_positive_"),
    "happy faces, second pass": (":D ;-P :'))", "_positive_ _positive_ _positive_"),
    "sad faces": ("ok :( then :-/ and ='[ :@", "ok _negative_ then _negative_ and _negative_ "
                  "_negative_"),
    "sad faces, second pass": (":( :((( :/", "_negative_ _negative_ _negative_"),
    "happy faces after words": ("thanks:) yay;-))", "thank _positive_ yay _positive_"),
    "sad faces after words": ("home:( pros:(1)", "home _negative_ pro 1"),
    "turned faces": ("(: good (-; f(x): (:", "_positive_ good _positive_ f x _positive_"),
    "turned faces, second pass": ("(: (: (:", "_positive_ _positive_ _positive_"),
    "smiling eyes": ("^_^ ^^", "_positive_ _positive_"),
    "closed eyes": ("ugh -_- T_T well", "ugh _negative_ _negative_ well"),
    "closed eyes, second pass": ("-_- >.< ;_;", "_negative_ _negative_ _negative_"),
    "positive emoji": ("😀😀 👍🏽 ❤️", "_positive_ _positive_ _positive_"),
    "negative emoji": ("💔 and 😭😭", "_negative_ and _negative_"),
    "other emoji": ("🚀 and 👨‍👩‍👧 and 🇩🇪", "_emoji_ and _emoji_ and _emoji_"),
    "repeated letters": ("sooooo goooood", "soo good"),
    "spaced contractions": ("do n't is n 't don ' t", "do not be not do not"),
    "contractions without apostrophe": ("i dont, it doesn t, want",
                                        "i do not it do not want"),
    "contractions without apostrophe, second pass": ("dont cant isnt", "do not can not be not"),
    "can not": ("can't or cannot", "can not or can not"),
    "can not, second pass": ("can't cannot can't", "can not can not can not"),
    "will not": ("it won't work", "it will not work"),
    "will not, second pass": ("won't won't", "will not will not"),
    "shall not": ("i shan't", "i shall not"),
    "shall not, second pass": ("shan't shan't", "shall not shall not"),
    "is not": ("it ain't", "it be not"),
    "is not, second pass": ("ain't ain't", "be not be not"),
    "not": ("don't isn't", "do not be not"),
    "without": ("w/o noise, w/out it", "without noise without it"),
    "without, second pass": ("w/o w/o", "without without"),
    "will": ("we'll see it'll", "we will see it will"),
    "have": ("they've and could've", "they have and could have"),
    "are": ("you're", "you be"),
    "am": ("i'm", "i be"),
    "would": ("she'd go", "she would go"),
    "mixed marks": ("what?!?! !?", "what ? !"),
    "exclamation marks": ("wow!!! so ! ! !", "wow ! so !"),
    "question marks": ("why?? oh ? ?", "why ? oh ?"),
    "other characters": ("$200, (really) 50% off", "200 really 50 off"),
}  # fmt: skip
WORDS = "&amp; &lt; http:// n't can't won't dont ooo :) :D :( (: <3 </3 -_- x.com".split(" ")
PIECES = st.sampled_from([*WORDS, *"aeno tsx :;=)(</3@#&;'-!?.😀💔🚀éß’"])
TEXTS = st.lists(st.one_of(PIECES, st.characters()), max_size=60).map("".join)


def one_rule_after_the_other(text):
    text = text.translate(SPECIFICATION.characters.translation)
    for rule in SPECIFICATION.rules:
        if isinstance(rule, Squeeze):
            text = re.sub(rf"([{rule.letters}])\1{{{rule.keep},}}", r"\1" * rule.keep, text)
        else:
            text = re2.sub(rule.pattern, rule.replacement, text)
    return text


def test_every_rule_has_an_example():
    assert list(EXAMPLES) == [rule.name for rule in RULES]


@pytest.mark.parametrize("rule", EXAMPLES)
def test_a_rule_does_what_its_example_shows(rule):
    text, tokens = EXAMPLES[rule]
    assert " ".join(TOKENIZER.tokens(text)) == tokens
    assert rule in [name for name, _ in TOKENIZER.explain(text)]


@given(text=TEXTS)
@settings(max_examples=500)
def test_skipping_rules_that_do_not_match_changes_nothing(text):
    assert TOKENIZER.clean(text) == one_rule_after_the_other(text)


@given(text=TEXTS)
def test_tokens_are_never_none_and_hold_no_white_space_or_capitals(text):
    tokens = TOKENIZER.tokens(text)
    assert tokens
    for token in tokens:
        assert not re.search(r"[\sA-Z]", token)
        assert token == TOKENIZER.clean(token).strip() or not token.isalnum()


@given(text=st.text(st.characters(max_codepoint=126)))
def test_capitals_do_not_matter(text):
    assert TOKENIZER.tokens(text.upper()) == TOKENIZER.tokens(text.lower())


@given(text=TEXTS)
def test_an_explanation_ends_with_the_tokens_and_names_only_changes(text):
    *steps, (last, tokens) = TOKENIZER.explain(text)
    assert (last, tokens) == ("tokens", " ".join(TOKENIZER.tokens(text)))
    texts = [text, *(after for _, after in steps)]
    assert all(before != after for before, after in pairwise(texts))
    rules = [after for name, after in steps if name != "lemmas"]
    assert (rules or [text])[-1] == TOKENIZER.clean(text)


def test_lemmas_keep_intensity_and_negation():
    tokens = TOKENIZER.tokens("The best batteries weren't cheaper, they never lasted")
    assert " ".join(tokens) == "the best battery were not cheaper they never last"


def test_no_text_can_bring_a_token_of_the_rules_along():
    ours = {rule.replacement.strip(" \\12") for rule in RULES if isinstance(rule, Replace)}
    ours = {token for token in ours if token.startswith("_")}
    assert ours == {"_positive_", "_negative_", "_emoji_", "_url_", "_email_", "_user_"}
    for token in {*ours, "_empty_"}:
        assert TOKENIZER.tokens(f"a {token} b") == ["a", token.strip("_"), "b"]


def test_stop_words_leave_negation_degree_and_the_lemmas_of_the_rest():
    tokenizer = Tokenizer(dataclasses.replace(SPECIFICATION, stop_words=STOP_WORDS))
    assert tokenizer.tokens("It's not the best of the batteries, but it works") == (
        ["not", "best", "battery", "but", "work"]
    )
    assert tokenizer.tokens("It is what it is") == ["_empty_"]
    assert tokenizer.explain("They are batteries") == [
        ("characters", "they are batteries"),
        ("stop words", "batteries"),
        ("lemmas", "battery"),
        ("tokens", "battery"),
    ]


@pytest.mark.parametrize("text", ["", " ", "\n", "...", "&nbsp;", "\ud800"])
def test_a_text_without_tokens_is_the_empty_token(text):
    assert TOKENIZER.tokens(text) == ["_empty_"]


def test_squeezing_may_keep_one_and_knows_letters_beyond_ascii():
    rules = (Squeeze("runs", "aé", 1),)
    specification = current({})
    squeezed = dataclasses.replace(specification, rules=rules)
    table = type(specification.characters)(((0x61, 0x7A), (0xE9, 0xE9)), {})
    other = dataclasses.replace(squeezed, characters=table)
    assert Tokenizer(squeezed).clean("aaab bb") == "ab bb"
    assert Tokenizer(other).clean("aéééé") == "aé"


def test_long_texts_have_no_limit():
    assert TOKENIZER.tokens("The batteries don't last :( " * 5000) == (
        ["the", "battery", "do", "not", "last", "_negative_"] * 5000
    )


def test_threads_may_share_a_tokenizer():
    texts = [text for text, _ in EXAMPLES.values()] * 20
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(TOKENIZER.tokens, texts)) == [*map(TOKENIZER.tokens, texts)]


def test_stored_tokens_are_held_against_their_texts():
    texts = ["The batteries lasted", ""]
    stored = [TOKENIZER.tokens(text) for text in texts]
    check_tokens(TOKENIZER, texts, stored, "features")
    for other in ([texts[0], "late"], [texts[0], None]):
        with pytest.raises(InputError, match="features: the tokens of row 1 are not those"):
            check_tokens(TOKENIZER, other, stored, "features")

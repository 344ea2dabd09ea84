import re
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st
from simplemma.strategies.dictionaries.dictionary_factory import DefaultDictionaryFactory

from sentiment_common.text import Squeeze, Tokenizer, current
from sentiment_common.text.rules import RULES

SPECIFICATION = current(DefaultDictionaryFactory().get_dictionary("en"))
TOKENIZER = Tokenizer(SPECIFICATION)

EXAMPLES = {
    "ampersands": ("you &amp; me &amp;#39; us", "you me we"),
    "apostrophe entities": ("it&#39;s can&rsquo;t", "it can not"),
    "quote entities": ("&quot;good&quot;", "good"),
    "opening tag entities": ("i &lt;3 it", "i _positive_ it"),
    "closing tag entities": ("&lt;br&gt; good", "good"),
    "other entities": ("good&nbsp;phone &#8230; &#x2026;", "good phone"),
    "html tags": ('<a href="x">good</a> phone<br/>', "good phone"),
    "urls": ("see http://t.co/a?b=c and www.x.com", "see _url_ and _url_"),
    "e-mail addresses": ("write to some.one@mail.example.com now", "write to _email_ now"),
    "mentions": ("@VirginAmerica thanks", "_user_ thank"),
    "hashtags": ("#fail so #not_good", "fail so not_good"),
    "hearts": ("<3 <333", "_positive_ _positive_"),
    "broken hearts": ("</3 phone", "_negative_ phone"),
    "happy faces": ("ok :) then :-D, 8:p =]", "ok _positive_ then _positive_ 8 p _positive_"),
    "happy faces, second pass": (":D ;-P :'))", "_positive_ _positive_ _positive_"),
    "sad faces": ("ok :( then :-/ and ='[", "ok _negative_ then _negative_ and _negative_"),
    "sad faces, second pass": (":( :((( :/", "_negative_ _negative_ _negative_"),
    "positive emoji": ("😀👍❤️", "_positive_ _positive_ _positive_"),
    "negative emoji": ("💔😭", "_negative_ _negative_"),
    "other emoji": ("🚀☕", "_emoji_ _emoji_"),
    "repeated letters": ("sooooo goooood", "soo good"),
    "cannot": ("can't, cannot or cant", "can not can not or can not"),
    "will not": ("it won't work", "it will not work"),
    "shall not": ("i shan't", "i shall not"),
    "not": ("don't isn't", "do not be not"),
    "other contractions": ("i'm you're it's she'd we'll they've", "i you it she we they"),
    "exclamation marks": ("wow!!!", "wow !"),
    "question marks": ("why??", "why ?"),
    "other characters": ("$200, (really) 50% off_it", "200 really 50 off_it"),
}
WORDS = "&amp; &lt; http:// n't can't won't ooo :) :D :( </3".split(" ")
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
    assert texts[-1] == TOKENIZER.clean(text)


def test_lemmas_keep_intensity_and_negation():
    tokens = TOKENIZER.tokens("The best batteries weren't better, they never lasted")
    assert " ".join(tokens) == "the best battery were not better they never last"


@pytest.mark.parametrize("text", ["", " ", "\n", "...", "&nbsp;", "\ud800"])
def test_a_text_without_tokens_is_the_empty_token(text):
    assert TOKENIZER.tokens(text) == ["_empty_"]


def test_squeezing_may_keep_one_and_knows_letters_beyond_ascii():
    rules = (Squeeze("runs", "aé", 1),)
    specification = current({})
    squeezed = type(specification)(1, specification.characters, rules, {}, "_empty_")
    table = type(specification.characters)(((0x61, 0x7A), (0xE9, 0xE9)), {})
    other = type(specification)(1, table, rules, {}, "_empty_")
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

import dataclasses
import re
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sentiment_common.text import Replace, Squeeze, TextSpecification, Tokenizer, probes
from sentiment_common.text.characters import CharacterTable
from sentiment_common.text.words import STOP_WORDS

VERSION_1 = Path(__file__).parents[3] / "common" / "base" / "tests" / "text" / "version-1"
SURROGATES = range(0xD800, 0xE000)
SURROGATE = re.compile("[\ud800-\udfff]")
MARKUP = (
    "<b> </b> <br/> <a href='x'> <style> </style> <script> </script> <!-- --> <! <o:p> < > = / &lt;"
    " &gt; &amp; &amp;amp; &#39; &#x27; &nbsp; &eacute; &hearts; &#128077; &#x1F44E; & ; # x<y y>z"
)
FACES = (
    ":) :-D ;-P =] :'( :-/ =[ :@ :| (: (-; ^_^ ^^ -_- T_T >.< ;_; <3 <33 </3 <3.5 x:) x:( 8:p xD"
    " 😀 👍🏽 ❤️ 💔 👨‍👩‍👧 🇩🇪 🚀 ★ ⭐ 1️⃣"
)
WORDS = (
    "can't WON'T shan't ain't isn't don’t donʼt cannot dont wasn t do n't don ' t n't it's i'm"
    " we'll they've you're she'd w/o w/out w/ not never best batteries playing the of to ooo sooooo"
    " !!! ??? ?!?! ! ? ... _ __ _positive_ ~ http://x.y/z www.a.b x.com a.co.uk/y bit.ly a@b.co"
    " @who @w_o #tag #t_g . , - ' \" ` ´ “ ” — / \\ | ( [ { $ % * + ﬁ Å ß İ ǅ ª ٣ 東京 ไทย é"
)
SEPARATORS = "\u200b\ufeff\x00\t\n\x85\x92\xa0\xad\u200d\u202e\u2028\ufffd"
COMBINING = "ae\u0301\u0300\u0327\u20d0\u20e3\u0e31\u093f\u3099\ufe0f"
PIECES = st.one_of(
    *(st.sampled_from(pieces.split(" ")) for pieces in (MARKUP, FACES, WORDS)),
    st.sampled_from([*SEPARATORS, " ", " ", " "]),
    st.text(st.sampled_from(COMBINING), max_size=6),
    st.text(max_size=8),
    st.builds("&#{};".format, st.integers(0, 0x110000)),
    st.builds("&#x{:X};".format, st.integers(0, 0x110000)),
    st.builds(str.__mul__, st.sampled_from(["o", "Z", "!", "? ", ":)", "😭", "&amp;", "<b>", "é"]),
              st.integers(2, 400)),
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=16).map("".join)


def test_both_engines_agree_on_every_code_point(engine, tokenizer):
    points = [point for point in range(sys.maxunicode + 1) if point not in SURROGATES]
    step = len(points) // 16  # 17 code points of a text lie far apart, so that no rule takes two
    texts = [" ".join(f"a{chr(point)}b" for point in points[n::step]) for n in range(step)]
    expected = [tokenizer.tokens(text) for text in texts]
    pairs = zip(texts, engine(texts), expected, strict=True)
    assert [ascii(text) for text, found, tokens in pairs if found != tokens] == []


def test_both_engines_agree_on_every_row_of_the_feedback(engine, tokenizer, rows):
    texts = [row["text"] for row in rows]
    assert engine(texts) == [tokenizer.tokens(text) for text in texts]


def test_both_engines_agree_on_the_probes_of_the_specification(engine, specification, tokenizer):
    texts = probes(specification)
    assert engine(texts) == [tokenizer.tokens(text) for text in texts]


@given(texts=st.lists(TEXTS, min_size=1, max_size=20))
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
def test_both_engines_agree_on_generated_text(engine, tokenizer, texts):
    assert engine(texts) == [tokenizer.tokens(text) for text in texts]


@given(text=st.lists(st.one_of(PIECES, st.characters(categories=["Cs"]))).map("".join))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_both_engines_agree_on_lone_surrogates(engine, tokenizer, text):
    sent = SURROGATE.sub(" ", text)  # UTF-8 cannot hold them: models send spaces
    assert engine([sent]) == [tokenizer.tokens(text)]


@given(content=st.lists(st.one_of(st.binary(max_size=9), PIECES.map(str.encode))).map(b"".join))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_both_engines_agree_on_bytes_that_are_not_utf_8(engine, tokenizer, content):
    assert engine([content]) == [tokenizer.tokens(content.decode("utf-8", "replace"))]


def test_a_text_becomes_the_tokens_of_the_specification(engine):
    assert engine(["The BATTERIES don’t last &amp; it’s “sooooo” bad :( http://x.y/z 👍"]) == [
        "the battery do not last it s soo bad _negative_ _url_ _positive_".split()
    ]


def test_a_text_without_tokens_becomes_the_empty_token(engine):
    assert engine(["", "   ", ".,-", "\u200b"]) == [["_empty_"]] * 4


def test_no_texts_give_no_rows(engine):
    assert engine([]) == []


def test_bytes_that_are_not_utf_8_separate_tokens(engine):
    assert engine([b"a\xffb", b"good\xed\xa0\x80buy\x80"]) == [["a", "b"], ["good", "buy"]]


def test_long_texts_have_no_limit(engine, tokenizer):
    text = "The batteries don't last, I'm :( " * 3000
    assert engine([text]) == [tokenizer.tokens(text)]


def test_any_specification_gives_the_same_tokens_in_both_engines(build_engine):
    specification = TextSpecification(
        version=9,
        characters=CharacterTable(
            ((0x30, 0x39), (0x61, 0x7A), (0xE9, 0xE9)), {"É": "é", "ß": "ss"}
        ),
        rules=(
            Squeeze("runs", "aé", 1),
            Replace("swapped", "([a-z]+)([0-9]+)", r"\2 \1"),
            Replace("removed", "x", ""),
        ),
        lemmas={"é": "e", "5": "five", "nothing": "something"},
        empty_token="nothing",  # noqa: S106
        stop_words=frozenset({"of", "é"}),
    )
    texts = ["aaÉÉ b", "abc5 5 of", "xx", "Straße", "é of", ""]
    expected = [["aé", "b"], ["five", "abc", "five"], ["nothing"], ["trasse"], ["nothing"]]
    tokens = [Tokenizer(specification).tokens(text) for text in texts]
    assert build_engine(specification)(texts) == tokens == [*expected, ["nothing"]]


@pytest.mark.parametrize("lemmas", [True, False])
@pytest.mark.parametrize("stop_words", [STOP_WORDS, frozenset()])
def test_both_engines_leave_stop_words_out_and_lemmas_as_they_are_told(
    build_engine, specification, rows, lemmas, stop_words
):
    chosen = dataclasses.replace(
        specification, lemmas=specification.lemmas if lemmas else {}, stop_words=stop_words
    )
    tokenizer, engine = Tokenizer(chosen), build_engine(chosen)
    texts = [row["text"] for row in rows]
    assert engine(texts) == [tokenizer.tokens(text) for text in texts]
    kept = ["battery"] if lemmas else ["batteries"]
    assert engine(["The batteries"]) == [kept if stop_words else ["the", *kept]]


def test_both_engines_execute_version_1_as_it_was(build_engine, rows):
    specification = TextSpecification.load(VERSION_1)
    tokenizer, engine = Tokenizer(specification), build_engine(specification)
    texts = [*probes(specification), *(row["text"] for row in rows)]
    assert engine(texts) == [tokenizer.tokens(text) for text in texts]

import sys

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sentiment_common.text import Replace, Squeeze, TextSpecification, Tokenizer
from sentiment_common.text.characters import CharacterTable

SURROGATES = range(0xD800, 0xE000)
VISIBLE = (
    "&amp; &lt;br&gt; &#39; &nbsp; <b> </3 <3 http://x.y/z www.a.b a@b.co @who #tag :) ;-P :( :'( "
    "can't WON'T shan't isn't it's cannot !!! ??? sooooo coool best batteries ❤️ 💔 😀 😭 🚀 ★ ﬁ Å "
    "ß İ ǅ ’ “ — ª ٣ 東京 ไทย é . , - _ / \\ | ( ["
)
PIECES = st.sampled_from([*VISIBLE.split(" "), *"\u200b\ufeff\x00\t\n\x85\xa0\u2028"])
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=8), st.sampled_from(" aeno")), max_size=20)


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


@given(texts=st.lists(TEXTS.map("".join), min_size=1, max_size=20))
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
def test_both_engines_agree_on_generated_text(engine, tokenizer, texts):
    assert engine(texts) == [tokenizer.tokens(text) for text in texts]


def test_a_text_becomes_the_tokens_of_the_specification(engine):
    assert engine(["The BATTERIES don’t last &amp; it’s “sooooo” bad :( http://x.y/z 👍"]) == [
        "the battery do not last it soo bad _negative_ _url_ _positive_".split()
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
    )
    texts = ["aaÉÉ b", "abc5 5", "xx", "Straße", "x x", ""]
    expected = [["aé", "b"], ["five", "abc", "five"], ["nothing"], ["trasse"], ["nothing"]]
    tokens = [Tokenizer(specification).tokens(text) for text in texts]
    assert build_engine(specification)(texts) == tokens == [*expected, ["nothing"]]

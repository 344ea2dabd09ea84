import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.redaction import RULES, redact, redact_counting
from sentiment_common.text import Tokenizer, current

CASES = {
    "url": ["https://shop.example/reset?token=abc", "http://joe:secret@host/x",
            "www.shop.example/session/0a1b2c3d4e5f6a7b8c9d", "https://x.example/#me"],
    "email": ["joe.doe+shop@mail.example.co.uk", "jürgen@münchen.example", "o'neil@x.ie"],
    "iban": ["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432", "nl91-ABNA-0417-1643-00"],
    "card": ["4111 1111 1111 1111", "5500-0000-0000-0004", "378282246310005",
             "６０１１０００９９０１３９４２４"],
    "ip": ["192.168.100.1", "fe80::1", "2001:db8:0:0:0:0:0:1", "2001:db8::8a2e:370:7334"],
    "phone": ["+49 30 1234567", "+1 (415) 555-2671", "(415) 555-2671", "415.555.2671",
              "07700 900123", "030/1234567", "0049 171 1234567", "555-1234",
              "06.12.34.56.78", "(11) 91234-5678"],
    "account": ["@joe_doe", "@joe.doe"],
}  # fmt: skip
WRITTEN = [(kind, written) for kind, cases in CASES.items() for written in cases]
WORDS = st.text(st.characters(categories=["L", "Zs", "Po", "So"], exclude_characters="@#&.,/'"))
HARMLESS = [
    "Order 123456789012 came on 2024-05-12, not 12/05/2024, at 10:30.",
    "I paid $1,234.99 or 1000000 yen in 2019-2020, 24/7, 100%.",
    "Version 1.2.3.4.5, ISBN 978-3-16-148410-0, 10/10, 5 stars :: fine",
    "Read https://shop.example/reviews and www.shop.example first @ 5pm.",
    "I waited 2 3 weeks, then 10 20 30 40 50 60 70.",
    "Card 4111 1111 1111 1112 has a wrong digit.",
]


def test_every_rule_has_a_case():
    assert set(CASES) == {rule.kind for rule in RULES}


@pytest.mark.parametrize(("kind", "written"), WRITTEN)
@pytest.mark.parametrize(
    "sentence", ["{}", "Write to {}, please!", "({})", "Was ist {} ?", "é {} é"]
)
def test_it_is_taken_out_of_any_sentence_and_the_rest_stays(kind, written, sentence):
    redacted, counts = redact_counting(sentence.format(written))
    replacement = next(rule.replacement for rule in RULES if rule.kind == kind)
    assert redacted == sentence.format(replacement)
    assert counts == {kind: 1}


@pytest.mark.parametrize("word", ["call", "My phone number is:", "WhatsApp me on"])
def test_bare_digits_behind_a_word_that_asks_to_call_are_a_telephone_number(word):
    assert redact(f"{word} 5551234567") == f"{word} [PHONE]"
    assert redact("Article 5551234567") == "Article 5551234567"


@pytest.mark.parametrize("text", HARMLESS)
def test_numbers_that_are_nobodys_stay(text):
    assert redact_counting(text) == (text, {})


def test_several_in_one_text_are_each_taken_out_once():
    text = "DE89370400440532013000 GB82WEST12345698765432 4111111111111111 5500000000000004 a@b.de"
    assert redact(text) == "[IBAN] [IBAN] [CARD] [CARD] redacted@email.invalid"


def test_a_card_number_behind_many_other_digits_is_taken_out():
    text = "+49 30 1234567 4111 1111 1111 1111 4111 1111 1111 1111 77 78 5500 0000 0000 0004"
    assert redact(text) == "[PHONE] [CARD] [CARD] 77 78 [CARD]"


@given(st.lists(st.tuples(WORDS, st.sampled_from(WRITTEN)), min_size=1, max_size=5), WORDS)
def test_nothing_of_it_is_left_between_any_words(parts, last):
    text = " ".join(part for words, (_, written) in parts for part in (words, written))
    redacted = redact(f"{text} {last}")
    assert [written for _, (_, written) in parts if written in redacted] == []


@given(st.text(st.characters(exclude_categories=["Nd"], exclude_characters="@/.")))
def test_a_text_without_digits_signs_and_dots_is_not_touched(text):
    assert redact_counting(text) == (text, {})


@given(st.text())
def test_any_text_can_be_redacted(text):
    assert isinstance(redact(text), str)


@pytest.mark.parametrize("written", [*CASES["url"], *CASES["email"][:2], "@joe_doe", "@joe99"])
def test_links_addresses_and_accounts_score_as_before(written):
    tokens = Tokenizer(current({})).tokens
    text = f"I love it, {written} says so"
    assert redact(text) != text
    assert tokens(redact(text)) == tokens(text)

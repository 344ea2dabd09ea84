import unicodedata
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.text.characters import CharacterTable, generate

TABLE = CharacterTable.frozen()


def test_the_frozen_table_is_what_its_generator_makes_of_unicode_14():
    assert unicodedata.unidata_version == "14.0.0"
    assert generate() == TABLE


def test_a_table_comes_back_from_its_text():
    assert CharacterTable.from_text(TABLE.to_text()) == TABLE


def test_known_ranges_ascend_apart_and_hold_what_stays_and_what_is_folded():
    assert all(last + 1 < first for (_, last), (first, _) in pairwise(TABLE.known))
    points = {point for first, last in TABLE.known for point in range(first, last + 1)}
    kept = {point for first, last in TABLE.kept for point in range(first, last + 1)}
    assert points == kept | set(map(ord, TABLE.folded))
    assert not kept & set(map(ord, TABLE.folded))


def test_what_a_character_becomes_stays_as_it_is():
    translation = TABLE.translation
    for target in TABLE.folded.values():
        assert target.translate(translation) == target


def test_case_accents_quotes_dashes_and_compatibility_forms_are_folded():
    folded = "Ünïcödé ﬁt’s “ok” — Ⓐ① ＡＢ donʼt".translate(TABLE.translation)
    assert folded == "unicode fit's \"ok\" - a1 ab don't"


def test_windows_1252_read_as_latin_1_has_its_quotes_and_dashes():
    text = "don’t “ok” – —".encode("cp1252").decode("latin-1")
    assert text.translate(TABLE.translation) == 'don\'t "ok" - -'


def test_white_space_controls_and_what_unicode_14_lacks_become_spaces():
    text = "a\t\n\x85\xa0\u2028\x00\ud800\U000323b0z"
    assert text.translate(TABLE.translation) == "a" + " " * 8 + "z"


def test_invisible_characters_vanish():
    text = "\u202ego\u200bod\ufeff\ufe0f\xad\u202c 👍🏽 1\ufe0f\u20e3"
    assert text.translate(TABLE.translation) == "good 👍 1"


@given(text=st.text())
def test_translating_is_what_the_table_says_for_each_character(text):
    def becomes(character):
        if character in TABLE.folded:
            return TABLE.folded[character]
        stays = any(first <= ord(character) <= last for first, last in TABLE.kept)
        return character if stays else " "

    assert text.translate(TABLE.translation) == "".join(map(becomes, text))

import codecs

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sentiment_common.errors import InputError

TEXT = "text,stars\nnaïve – “good” €5,5\nbad,1\n"
ROWS = [(2, "naïve – “good” €5", "5"), (3, "bad", "1")]
MARKED = {
    "utf-8": codecs.BOM_UTF8, "utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE, "utf-32-be": codecs.BOM_UTF32_BE,
}  # fmt: skip


@pytest.mark.parametrize("encoding", MARKED)
def test_a_byte_order_mark_decides_and_is_no_part_of_the_text(read, encoding):
    given = MARKED[encoding] + TEXT.encode(encoding)
    assert read("a.csv", given, "text", "stars") == (ROWS, [], [])
    assert read("a.csv", given, "text", "stars", encoding=encoding) == (ROWS, [], [])


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_nul_bytes_tell_utf16_and_utf32_without_a_mark(read, encoding):
    found = read("a.csv", TEXT.encode(encoding), "text", "stars")
    assert (found.kept, found.dropped) == (ROWS, [])
    assert found.told == [
        f"a.csv: read as {encoding} (by its NUL bytes); pin with encoding={encoding}"
    ]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "Très déçu, la qualité n’est pas là – à éviter"),
        ("cp1252", "Größe passt überhaupt nicht"),
        ("cp1252", "It doesn’t work – “great” product… £20"),
        ("cp1252", "café"),
        ("cp1252", "déçu, really"),
        ("cp1252", "NÃO COMPREM, péssima qualidade, não funciona"),
        ("cp1250", "Świetny produkt, szybka wysyłka, źle zapakowane, łatwy w użyciu"),
        ("cp1251", "Отличный товар, быстрая доставка, всем рекомендую"),
        ("cp1253", "Εξαιρετικό προϊόν, γρήγορη αποστολή"),
        ("cp1254", "Ürün çok güzel, teşekkürler, kargo hızlıydı şahane"),
        ("euc_kr", "배송이 빠르고 품질이 좋습니다"),
        ("koi8_r", "Отличный товар, быстрая доставка, всем рекомендую"),
        ("shift_jis", "とても良い商品でした。配送も早かったです。"),
        ("mac_roman", "Très déçu, la qualité n’est pas là. Le café était froid"),
    ],
)
def test_an_encoding_from_before_unicode_is_guessed_told_and_can_be_pinned(read, encoding, text):
    given = f"text;stars\nplain;3\n{text};5\n".encode(encoding)
    found = read("a.csv", given, "text", "stars", delimiter=";")
    assert found.kept == [(2, "plain", "3"), (3, text, "5")]
    first = next(byte for byte in given if byte > 127)
    assert found.told == [
        f"a.csv: read as {encoding} (byte 0x{first:02x} in line 3 is not UTF-8); "
        f"pin with encoding={encoding}"
    ]
    pinned = read("a.csv", given, "text", "stars", delimiter=";", encoding=encoding)
    assert pinned == (found.kept, [], [])


def test_lines_that_are_not_utf8_in_a_utf8_file_are_dropped_one_by_one(read):
    given = b"text,stars\nna\xc3\xafve,5\ncut \xe2\x80,1\n\xc3\xa9t\xc3\xa9,2\ncaf\xe9,3\nfine,4\n"
    found = read("a.csv", given)
    assert found.kept == [(2, "naïve"), (4, "été"), (6, "fine")]
    assert found.dropped == [
        (3, "not UTF-8", "byte 0xe2 at offset 24"), (5, "not UTF-8", "byte 0xe9 at offset 40"),
    ]  # fmt: skip
    assert found.told == [
        "a.csv: read as utf-8, and lines that are not (byte 0xe2 in line 3) left out: 2; "
        "pin with encoding=utf-8"
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_line_of_the_first_bad_byte_is_right_for_any_line_end(read, end):
    found = read("a.csv", end.join(["text,stars", "fine,3", "café,5", ""]).encode("cp1252"))
    assert found.kept == [(2, "fine"), (3, "café")]
    assert "(byte 0xe9 in line 3 is not UTF-8)" in found.told[0]


def test_a_mark_counts_in_the_offset(read):
    found = read("a.csv", codecs.BOM_UTF8 + b"text,stars\nfine,3\n\xff,5\n")
    assert found.dropped == [(3, "not UTF-8", "byte 0xff at offset 21")]


def test_a_pinned_encoding_that_does_not_fit_costs_the_rows_concerned(read):
    found = read("a.csv", b"text,stars\nfine,3\ncaf\xe9,5\n\x81,5\n", encoding="ascii")
    assert found.kept == [(2, "fine")]
    assert [(row, problem) for row, problem, _ in found.dropped] == [
        (3, "not ASCII"), (4, "not ASCII"),
    ]  # fmt: skip
    assert read("a.csv", b"text,stars\n\x81,5\n", encoding="cp1252").dropped == [
        (2, "not CP1252", "byte 0x81")
    ]


def test_a_utf16_file_that_is_cut_in_a_character_loses_its_last_row(read):
    found = read("a.csv", "\ufefftext,stars\nfine,3\ngood,5".encode("utf-16-le") + b"x")
    assert found.kept == [(2, "fine")]
    assert found.dropped == [(3, "not UTF-16-LE", "byte 0x78")]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_pin_need_not_know_the_byte_order(read, encoding):
    for mark in ("", "\ufeff"):
        found = read("a.csv", (mark + TEXT).encode(encoding), "text", "stars", encoding="utf-16")
        assert found == (ROWS, [], [])
    assert read("a.txt", "よい".encode("utf-16-le"), encoding="utf-16").kept == [(1, "よい")]


@pytest.mark.parametrize("name", ["latin-99", "base64", "zlib", "undefined", "\0", "utf-8\n.csv"])
def test_what_is_no_encoding_is_refused(read, name):
    with pytest.raises(InputError, match=r"^encoding: no encoding .*; give one, e.g. utf-8"):
        read("a.csv", TEXT, encoding=name)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters='\n\r\0\x1a"'), min_size=1)
        .filter(str.strip),
        min_size=1, max_size=6,
    ),
    bad=st.integers(0, 5),
)  # fmt: skip
def test_the_offset_of_a_bad_byte_is_exact(read, lines, bad):
    written = [line.encode() for line in lines]
    bad %= len(written)
    written[bad] += b"\xff"
    content = b"text\n" + b"\n".join(written) + b"\n"
    found = read("a.txt", content, encoding="utf-8")
    dropped = (bad + 2, "not UTF-8", f"byte 0xff at offset {content.index(0xFF)}")
    assert found.dropped == [dropped]
    assert len(found.kept) == len(lines)


def test_damage_far_inside_a_file_is_found_at_its_line(read):
    content = "text\n" + "naïve text\n" * 300_000
    bad = content.encode()[:-1] + b"\xc3\nlast\n"
    found = read("a.txt", bad)
    assert found.dropped == [(300_001, "not UTF-8", f"byte 0xc3 at offset {len(bad) - 7}")]
    assert found.kept[-1] == (300_002, "last")


def test_a_stray_byte_does_not_make_another_encoding_of_the_whole_file(read):
    rows = [f"déçu, naïve {n}" for n in range(40)] + ["façade \x81"]
    found = read("a.csv", b"text\n" + "\n".join(rows).encode("latin-1"))
    assert [text for _, text in found.kept] == rows[:-1]
    assert found.dropped == [(42, "not CP1252", "byte 0x81")]
    mac = "Très déçu, la façade a été bâclée, où êtes-vous"
    told = read("a.csv", f"text,stars\n{mac!r},1\n".encode("mac_roman")).told
    assert told[0].startswith("a.csv: read as mac_roman")

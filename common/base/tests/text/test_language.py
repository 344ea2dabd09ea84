import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.text.language import ENGLISH, LANGUAGES, OTHERS, is_foreign, language_of

FOREIGN = {
    "Arabic": "المنتج ممتاز والتوصيل كان سريعا",
    "Chinese": "质量很好，送货也很快",
    "Czech": "Výrobek je velmi pěkný, ale dodání trvalo dva týdny",
    "Danish": "Varen er fin, men det tog alt for lang tid at få den",
    "Dutch": "Het product is goed maar de levering was niet op tijd",
    "Finnish": "Tuote on hyvä mutta toimitus kesti liian kauan",
    "French": "Le produit est très bien mais la livraison était en retard",
    "German": "Der Lüfter ist leider schon nach einem Tag kaputt gegangen",
    "Greek": "Πολύ καλό προϊόν και γρήγορη αποστολή",
    "Hindi": "उत्पाद बहुत अच्छा है",
    "Indonesian": "Barang ini bagus tapi pengiriman tidak cepat",
    "Italian": "Il prodotto è molto bello ma la consegna non è stata puntuale",
    "Japanese": "とても良い商品でした",
    "Korean": "배송이 아주 빨랐어요",
    "Polish": "Produkt jest bardzo dobry, ale paczka nie przyszła na czas",
    "Portuguese": "O produto é muito bom mas a entrega não foi no prazo",
    "Romanian": "Produsul este foarte bun dar nu a ajuns la timp",
    "Russian": "Очень хороший товар, спасибо",
    "Spanish": "El producto es muy bueno pero el envío no llegó a tiempo",
    "Swedish": "Produkten är mycket bra men det tog lång tid att få den",
    "Thai": "สินค้าดีมากส่งเร็ว",
    "Turkish": "Ürün çok güzel ama kargo geç geldi",
    "Vietnamese": "Sản phẩm rất tốt và giao hàng nhanh",
}


@pytest.mark.parametrize("language", FOREIGN)
def test_feedback_in_another_language_is_foreign(language):
    assert is_foreign(FOREIGN[language])


SCRIPTS = {
    "Arabic": "arabic", "Chinese": "han", "Greek": "greek", "Hindi": "devanagari",
    "Japanese": "kana", "Korean": "hangul", "Russian": "cyrillic", "Thai": "thai",
}  # fmt: skip


@pytest.mark.parametrize("language", FOREIGN)
def test_feedback_in_another_language_has_its_name(language):
    assert language_of(FOREIGN[language]) == SCRIPTS.get(language, language.lower())


@given(st.text())
def test_any_text_has_one_of_the_languages(text):
    assert language_of(text) in LANGUAGES


@pytest.mark.parametrize(
    ("text", "language"), [("12 :-)", "none"), ("ok", "english"), ("ꦗꦮ", "other")]
)
def test_what_has_no_name_is_none_english_or_other(text, language):
    assert language_of(text) == language


@pytest.mark.parametrize(
    "text",
    [
        "", "🙂🙂", "👍 10/10", "ok", "Soooo gooood", "lol idk tbh", "100% würth it",
        "The café au lait maker from Kärcher is über great",
        "Crème brûlée torch works, what is more to say",
        "I die for this, no man was ever so happy",
        "de facto the best", "El Niño ruined it", "𝓛𝓸𝓿𝓮 𝓲𝓽",
        "Great phone, the keyboard even does Русский and 中文",
    ],
)  # fmt: skip
def test_english_with_a_foreign_word_is_english(text):
    assert not is_foreign(text)


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_has_enough_small_words_that_are_not_english(language):
    words = set(OTHERS[language].split())
    assert len(words - ENGLISH) >= 20
    assert all(word == word.casefold() and word.isalpha() for word in words)


@given(st.lists(st.sampled_from(sorted(ENGLISH)), max_size=12))
def test_english_small_words_are_never_foreign(words):
    assert not is_foreign(" ".join(words))


@given(st.text())
def test_any_text_is_judged_and_case_does_not_matter(text):
    assert is_foreign(text.casefold()) == is_foreign(text.casefold().casefold())
    assert is_foreign(text) in (True, False)

from simplemma.strategies.dictionaries.dictionary_factory import DefaultDictionaryFactory

from sentiment_common.text.words import LEMMA_CORRECTIONS
from sentiment_transform.specification import english


def test_inflected_forms_have_their_lemma(specification):
    lemmas = specification.lemmas
    assert (lemmas["batteries"], lemmas["bought"], lemmas["loves"]) == ("battery", "buy", "love")
    assert len(lemmas) > 80_000


def test_forms_that_would_lose_intensity_or_negation_stay(specification):
    kept = {"best", "better", "worst", "cheaper", "funniest", "not", "never", "broken", "bit"}
    assert not kept & set(specification.lemmas)


def test_frequent_errors_of_the_dictionary_are_corrected(specification):
    lemmas = specification.lemmas
    assert (lemmas["playing"], lemmas["went"], lemmas["asked"]) == ("play", "go", "ask")


def test_every_correction_is_still_needed():
    dictionary = DefaultDictionaryFactory().get_dictionary("en")
    for form, lemma in LEMMA_CORRECTIONS.items():
        assert dictionary[form] not in (form, lemma)


def test_lemmas_and_stop_words_are_parts_of_the_specification(specification):
    assert english(lemmas=False).lemmas == {}
    assert "the" in english(stop_words=True).stop_words
    digests = {english(lemmas=False).digest, english(stop_words=True).digest, specification.digest}
    assert len(digests) == 3


def test_it_is_the_same_every_time(specification):
    assert english().digest == specification.digest

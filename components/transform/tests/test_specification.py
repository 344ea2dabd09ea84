from sentiment_transform.specification import english


def test_inflected_forms_have_their_lemma(specification):
    lemmas = specification.lemmas
    assert (lemmas["batteries"], lemmas["bought"], lemmas["loves"]) == ("battery", "buy", "love")
    assert len(lemmas) > 80_000


def test_forms_that_would_lose_intensity_or_negation_stay(specification):
    assert not {"best", "better", "worst", "not", "never", "broken"} & set(specification.lemmas)


def test_it_is_the_same_every_time(specification):
    assert english().digest == specification.digest

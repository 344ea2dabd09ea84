import pytest

from sentiment_common.errors import InputError
from sentiment_transform.settings import Settings


@pytest.mark.parametrize("name", ["ngram_max", "min_count", "max_ngrams", "max_tokens"])
def test_a_value_below_one_is_refused_by_the_name_of_its_option(name):
    values = {"ngram_max": 2, "min_count": 2, "max_ngrams": 9, "max_tokens": 9, name: 0}
    with pytest.raises(InputError) as refused:
        Settings(**values)
    assert str(refused.value) == f"--{name.replace('_', '-')}: 0 is less than 1"


def test_ngrams_of_more_than_five_tokens_are_refused():
    with pytest.raises(InputError, match="--ngram-max: 6 is more than 5"):
        Settings(ngram_max=6, min_count=1, max_ngrams=1, max_tokens=1)


def test_lemmas_and_stop_words_are_yes_or_no():
    for chosen in (True, False):
        settings = Settings(2, 1, 1, 1, lemmas=chosen, stop_words=chosen)
        assert (settings.lemmas, settings.stop_words) == (chosen, chosen)

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sentiment_serving.schemas import MAX_CHARACTERS, PredictRequest


@given(st.text(max_size=50))
def test_one_text_is_a_list_of_one(text):
    assert PredictRequest(text=text).all_texts() == [text]


@given(st.lists(st.text(max_size=50), min_size=1, max_size=10))
def test_texts_stay_as_they_are(texts):
    assert PredictRequest(texts=texts).all_texts() == texts


def test_the_longest_text_is_accepted_and_one_character_more_is_not():
    assert PredictRequest(text="x" * MAX_CHARACTERS).all_texts()
    with pytest.raises(ValidationError) as refused:
        PredictRequest(text="x" * (MAX_CHARACTERS + 1))
    assert "xxx" not in str(refused.value)

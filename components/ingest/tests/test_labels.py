import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_ingest.labels import LABELS, label_key, mend_for, parse_label, parse_mapping, propose


def test_the_three_words_are_labels_in_any_case():
    assert [parse_label(value) for value in (" Positive", "NEUTRAL.", "negative")] == [
        "positive", "neutral", "negative",
    ]  # fmt: skip
    assert [parse_label(value) for value in ("pos", "", 1, None)] == [None] * 4


def test_a_mapping_is_read_by_keys_that_ignore_case_and_spelling_of_numbers():
    assert parse_mapping("0=negative, 1.0=Positive,Thumbs  Up=positive,spam=DROP") == {
        "0": "negative", "1": "positive", "thumbs up": "positive", "spam": "drop",
    }  # fmt: skip
    assert parse_mapping("") == {}
    assert parse_mapping("a=b=negative") == {"a=b": "negative"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0", "no list of VALUE=LABEL"), ("0=bad", "'bad' is no label"),
        ("1=positive,1.0=negative", "names a value twice"),
    ],
)  # fmt: skip
def test_a_mapping_that_cannot_be_understood_is_refused(text, message):
    with pytest.raises(InputError, match=message):
        parse_mapping(text)


@pytest.mark.parametrize(
    ("values", "option"),
    [
        (["1", "0"], "--labels 0=negative,1=positive"),
        (["-1", "0", "1"], "--labels -1=negative,0=neutral,1=positive"),
        (["1.0", "0.0"], "--labels 0.0=negative,1.0=positive"),
        (["pos", "NEG"], "--labels NEG=negative,pos=positive"),
        (["True", "False"], "--labels False=negative,True=positive"),
        (["👍🏽", "👎"], "--labels '👎=negative,👍🏽=positive'"),
        (["LABEL_0", "LABEL_1"], "--labels LABEL_0=negative,LABEL_1=positive"),
        (["LABEL_0", "LABEL_2"], "--labels LABEL_0=negative,LABEL_2=positive"),
        (["0", "4"], "--labels 0=negative,4=positive"),
        (["1", "5", "3"], "--rating-column label"),
        (["7", "9"], "--rating-column label for ratings"),
        (["meh", "pos"], "--labels meh=negative,..."),
    ],
)
def test_a_known_scheme_is_proposed_as_the_option_to_give(values, option):
    assert option in mend_for(values, "label")


@pytest.mark.parametrize("values", [["0", "1"], ["pos", "neu", "neg"], ["👍🏽", "👎"], ["-1", "1"]])
def test_what_is_proposed_is_a_mapping_of_all_values(values):
    option = ",".join(f"{value}={label}" for value, label in propose(values).items())
    mapping = parse_mapping(option)
    assert {mapping[label_key(value)] for value in values} <= set(LABELS)


@given(st.lists(st.text(min_size=1), min_size=1))
def test_any_values_have_a_mend_and_a_proposal_maps_nothing_else(values):
    assert mend_for(values, "label")
    assert set(propose(values)) <= set(values)

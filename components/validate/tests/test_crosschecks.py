import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_validate.anomalies import Anomaly
from sentiment_validate.crosschecks import crosschecks, words

LABELS = ["negative", "neutral", "positive"]


def test_sound_examples_pass(frames):
    assert crosschecks(frames, LABELS) == []


def test_a_text_in_two_splits_is_an_error_with_its_rows(frames):
    frames["test"].loc[[3, 7], "text"] = frames["train"].loc[[10, 10], "text"].to_list()
    ids = tuple(frames["test"].loc[[3, 7], "id"])
    (found,) = crosschecks(frames, LABELS)
    assert found == Anomaly("test", "text", found.what, "error", "shared_text", ids)
    assert found.what == f"1 text also in train (2 rows, {2 / len(frames['test']):.1%} of test)"


@pytest.mark.parametrize("column", ["group", "id"])
def test_a_group_or_id_in_two_splits_is_an_error(frames, column):
    frames["test"].loc[0, column] = frames["validation"].loc[0, column]
    (found,) = crosschecks(frames, LABELS)
    assert (found.split, found.column, found.severity) == ("test", column, "error")
    assert found.what.startswith(f"1 {column} also in validation (1 row")


def test_a_text_that_differs_in_case_and_punctuation_is_a_warning(frames):
    shouted = frames["train"].loc[0, "text"].upper().replace(".", "!!! @shop https://t.co/x")
    frames["validation"].loc[5, "text"] = shouted
    (found,) = crosschecks(frames, LABELS)
    assert (found.split, found.severity) == ("validation", "warning")
    assert found.ids == (frames["validation"].loc[5, "id"],)


def test_texts_without_a_word_share_nothing(frames):
    frames["train"].loc[0, "text"] = "@shop :)"
    frames["validation"].loc[0, "text"] = "@shop :("
    frames["train"].loc[1, "text"] = frames["test"].loc[1, "text"] = "  "
    frames["train"].loc[2, "text"] = frames["test"].loc[2, "text"] = None
    assert crosschecks(frames, LABELS) == []


def test_an_id_of_two_rows_is_an_error(frames):
    frames["train"].loc[1, "id"] = frames["train"].loc[0, "id"]
    (found,) = crosschecks(frames, LABELS)
    assert (found.check, found.what) == ("duplicated_id", "1 id of more than one row")
    assert found.ids == (frames["train"].loc[0, "id"],)


def test_a_class_missing_from_a_split_is_an_error(frames):
    test = frames["test"]
    frames["test"] = test[test["label"] != "neutral"]
    (found,) = crosschecks(frames, LABELS)
    assert (found.split, found.check, found.severity) == ("test", "missing_class", "error")
    assert found.what == f"no row of class neutral among {len(frames['test'])}"


def test_missing_columns_are_left_to_the_schema(frames):
    bare = {split: frame[["created_at"]] for split, frame in frames.items()}
    assert crosschecks(bare, LABELS) == []


def test_an_empty_split_is_left_to_the_schema(frames):
    frames["test"] = frames["test"].iloc[:0]
    assert crosschecks(frames, LABELS) == []


@given(st.lists(st.text(alphabet="abcé", min_size=1), min_size=1))
def test_words_survive_case_punctuation_and_white_space(found):
    plain = " ".join(found)
    assert words("  ¡" + " — ".join(found).upper() + "?! ") == words(plain) == plain


@given(st.lists(st.sampled_from(["a", "b", "c", " a", None]), max_size=8),
       st.lists(st.sampled_from(["a", "b", "c", " a", None]), max_size=8))  # fmt: skip
def test_leakage_is_found_exactly_where_there_is_any(train, test):
    frames = {
        "train": pd.DataFrame({"text": pd.Series(train, dtype=object)}),
        "test": pd.DataFrame({"text": pd.Series(test, dtype=object)}),
    }
    found = {item.check for item in crosschecks(frames, [])}
    assert ("shared_text" in found) == bool(set(train) & set(test) - {None})

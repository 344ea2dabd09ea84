import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_validate import rules
from sentiment_validate.anomalies import Anomaly
from sentiment_validate.crosschecks import crosschecks, near_duplicates

LABELS = ["negative", "neutral", "positive"]
POLICY = rules.choose("feedback", "feedback")


def found_in(frames, labels=LABELS, policy=POLICY):
    return crosschecks(frames, labels, policy, near_duplicates(frames, policy))


def test_sound_examples_pass(frames):
    assert found_in(frames) == []


def test_a_text_in_two_splits_is_an_error_with_its_rows(frames):
    frames["test"].loc[[3, 7], "text"] = frames["train"].loc[[10, 10], "text"].to_list()
    ids = tuple(frames["test"].loc[[3, 7], "id"])
    (found,) = found_in(frames)
    rule = "shared_text"
    assert found == Anomaly("test", "text", found.what, "error", rule, rule, ids)
    assert found.what == f"1 text also in train (2 rows, {2 / len(frames['test']):.1%} of test)"


@pytest.mark.parametrize("column", ["group", "id"])
def test_a_group_or_id_in_two_splits_is_an_error(frames, column):
    frames["test"].loc[0, column] = frames["validation"].loc[0, column]
    (found,) = found_in(frames)
    assert (found.split, found.column, found.severity) == ("test", column, "error")
    assert found.what.startswith(f"1 {column} also in validation (1 row")


def shout(frames, rows):
    texts = frames["train"].loc[: rows - 1, "text"].str.upper()
    frames["validation"].loc[: rows - 1, "text"] = texts.str.replace(".", "! @shop", regex=False)


def test_near_duplicates_are_tolerated_up_to_a_share_and_then_named(frames):
    share = len(frames["validation"]) // 100
    shout(frames, share)
    assert found_in(frames) == []
    shout(frames, share + 1)
    (found,) = found_in(frames)
    assert (found.split, found.rule, found.severity) == ("validation", "near_duplicate", "error")
    assert found.what.startswith(f"{share + 1} texts (")
    assert "nearly like one of train: 80% of the words or more; 1.00% are tolerated" in found.what
    assert found.ids == tuple(frames["validation"]["id"].head(5))


def test_how_alike_near_duplicates_are_is_the_policys_to_say():
    text = "one two three four five six seven"
    frames = {
        "train": pd.DataFrame({"text": [f"{text} kettle"]}),
        "test": pd.DataFrame({"text": [f"{text} teapot"]}),
    }
    for alike, places in ((0.75, [0]), (0.8, [])):
        policy = rules.parse("own", f"[near_duplicate]\nsimilarity = {alike}")
        assert list(near_duplicates(frames, policy)["test"]) == places


def test_texts_without_a_word_share_nothing(frames):
    frames["train"].loc[0, "text"] = "@shop :)"
    frames["validation"].loc[0, "text"] = "@shop :("
    frames["train"].loc[1, "text"] = frames["test"].loc[1, "text"] = "  "
    frames["train"].loc[2, "text"] = frames["test"].loc[2, "text"] = None
    assert found_in(frames) == []


def test_an_id_of_two_rows_is_an_error(frames):
    frames["train"].loc[1, "id"] = frames["train"].loc[0, "id"]
    (found,) = found_in(frames)
    assert (found.rule, found.what) == ("repeated_id", "1 id of more than one row")
    assert found.ids == (frames["train"].loc[0, "id"],)


def test_a_class_with_too_few_rows_in_a_split_is_an_error(frames):
    test = frames["test"]
    frames["test"] = test[test["label"] != "neutral"]
    (found,) = found_in(frames)
    assert (found.split, found.rule, found.severity) == ("test", "too_few_of_class", "error")
    rows = f"among {len(frames['test'])}; at least 5 are wanted"
    assert found.what == f"0 rows of class neutral {rows}"


def test_the_rarest_class_of_train_needs_a_share(frames):
    neutral = frames["train"].query("label == 'neutral'")
    frames["train"] = frames["train"].drop(neutral.index[40:])
    (found,) = found_in(frames)
    assert (found.split, found.rule, found.severity) == ("train", "class_imbalance", "warning")
    share = 40 / len(frames["train"])
    assert found.what == f"{share:.2%} of the rows are of class neutral; at least 5.00% are wanted"


def test_the_policy_decides_how_bad_it_is(frames):
    frames["test"].loc[0, "group"] = frames["validation"].loc[0, "group"]
    mild = rules.parse("mild", '[shared_group]\nseverity = "warning"')
    assert [item.severity for item in found_in(frames, policy=mild)] == ["warning"]


def test_missing_columns_are_left_to_the_schema(frames):
    bare = {split: frame[["created_at"]] for split, frame in frames.items()}
    assert found_in(bare) == []


def test_an_empty_split_is_left_to_the_schema(frames):
    frames["test"] = frames["test"].iloc[:0]
    assert found_in(frames) == []


CELLS = st.lists(st.sampled_from(["a", "b", "c", " A", "a  b", "B", None]), max_size=8)


@given(CELLS, CELLS)
def test_leakage_is_found_exactly_where_there_is_any(train, test):
    frames = {
        "train": pd.DataFrame({"text": pd.Series(train, dtype=object)}),
        "test": pd.DataFrame({"text": pd.Series(test, dtype=object)}),
    }
    folded = [{" ".join(text.split()).lower() for text in texts if text} for texts in (train, test)]
    found = {item.rule for item in found_in(frames, labels=[])}
    assert found == ({"shared_text"} if folded[0] & folded[1] else set())

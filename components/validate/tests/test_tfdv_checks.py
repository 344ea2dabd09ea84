import numpy as np
import pandas as pd
import pytest

from sentiment_validate import rules
from sentiment_validate.examples import derive
from sentiment_validate.schema import SERVING, TRAINING, parse
from sentiment_validate.statistics import compute
from sentiment_validate.tfdv_checks import check

POLICY = rules.choose("feedback", "feedback")


@pytest.fixture
def train(frames):
    return frames["train"]


def found(frame, schema, control=None, environment=TRAINING, policy=POLICY):
    derived = derive(frame)
    train = compute(derive(control), schema.proto) if control is not None else None
    current = compute(derived, schema.proto)
    return check("test", derived, current, schema, policy, train, environment=environment)


def only(frame, schema, control=None):
    (anomaly,) = found(frame, schema, control).anomalies
    return anomaly


def test_sound_rows_have_no_anomaly_by_either_schema(train, default_corpus, feedback_schema):
    assert found(train, default_corpus).anomalies == []
    assert found(train, feedback_schema).anomalies == []


def test_an_unknown_label_is_an_error_that_names_it_and_its_rows(train, feedback_schema):
    train.loc[[4, 9], "label"] = "angry"
    anomaly = only(train, feedback_schema)
    assert (anomaly.column, anomaly.severity) == ("label", "error")
    assert "angry" in anomaly.what
    assert anomaly.ids == tuple(train.loc[[4, 9], "id"])


@pytest.mark.parametrize("rating", [4.5, -9.0])
def test_a_rating_out_of_range_is_an_error_that_names_its_row(train, default_corpus, rating):
    train.loc[2, "rating"] = rating
    anomaly = only(train, default_corpus)
    assert (anomaly.column, anomaly.severity) == ("rating", "error")
    assert anomaly.what.startswith("Out-of-range values: Unexpectedly")
    assert "significant" not in anomaly.what
    assert anomaly.ids == (train.loc[2, "id"],)


def test_ratings_in_strings_are_an_error_that_names_rows_out_of_range(train, default_corpus):
    train["rating"] = train["rating"].astype(str)
    train.loc[2, "rating"] = "17"
    anomalies = found(train, default_corpus).anomalies
    assert {(item.column, item.severity) for item in anomalies} == {("rating", "error")}
    assert {item.ids for item in anomalies} <= {(), (train.loc[2, "id"],)}


def test_an_infinite_rating_is_an_error(train, feedback_schema):
    train.loc[2, "rating"] = np.inf
    anomaly = only(train, feedback_schema)
    assert (anomaly.rule, anomaly.check) == ("out_of_range", "FLOAT_TYPE_HAS_INF")


def test_feedback_needs_no_rating_and_the_default_corpus_does(
    train, default_corpus, feedback_schema
):
    train["rating"] = np.nan
    assert found(train, feedback_schema, control=train).anomalies == []
    assert only(train, default_corpus).column == "rating"


def test_a_null_text_is_an_error(train, feedback_schema):
    train.loc[6, "text"] = None
    anomaly = only(train, feedback_schema)
    assert (anomaly.column, anomaly.severity) == ("text", "error")
    assert anomaly.ids == (train.loc[6, "id"],)


def test_empty_texts_are_tolerated_up_to_a_share(train, feedback_schema):
    hundredth = len(train) // 100
    train.loc[: hundredth - 1, "text"] = " "
    assert found(train, feedback_schema).anomalies == []
    train.loc[: 3 * hundredth - 1, "text"] = " "
    anomaly = only(train, feedback_schema)
    share = f"{3 * hundredth / len(train):.2%}"
    assert (anomaly.column, anomaly.severity) == ("is_empty", "error")
    assert f"({share}) are empty or only white space; the schema tolerates 1.00%" in anomaly.what
    assert anomaly.ids == tuple(train["id"][:5])


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("mojibake", "Itâ€™s {}, fine"),
        ("repeated", "The same again"),
        ("foreign", "Der Lüfter Nummer {} ist leider schon kaputt"),
    ],
)
def test_garbled_and_repeated_texts_over_the_share_are_errors(train, feedback_schema, column, text):
    some = train.index[: len(train) // 10]
    train.loc[some, "text"] = [text.format(at) for at in some]
    assert only(train, feedback_schema).column == column


def test_one_bad_text_is_no_share_of_a_small_split(train, feedback_schema, default_corpus):
    few = train.head(30).copy()
    few.loc[0, "text"] = "Itâ€™s lovely"
    assert found(few, feedback_schema).anomalies == []
    few.loc[1, "text"] = "cafÃ©"
    assert only(few, feedback_schema).rule == "garbled_text"
    train.loc[0, "text"] = "Itâ€™s lovely"
    assert only(train, default_corpus).rule == "garbled_text"


def test_a_text_beyond_the_bounds_is_an_error(train, default_corpus):
    train.loc[8, "text"] = "so " * 400
    assert {item.column for item in found(train, default_corpus).anomalies} == {
        "n_chars", "n_words",
    }  # fmt: skip


@pytest.mark.parametrize("column", ["id", "text", "label", "source", "group"])
def test_a_missing_column_is_an_error(train, feedback_schema, column):
    anomaly = only(train.drop(columns=column), feedback_schema)
    assert (anomaly.column, anomaly.severity) == (column, "error")
    assert anomaly.what == "Column dropped: Column is completely missing"


def test_a_column_nobody_reads_is_a_warning(train, feedback_schema):
    anomaly = only(train.assign(stars=3), feedback_schema)
    assert (anomaly.column, anomaly.severity) == ("stars", "warning")


def test_a_column_of_another_type_is_an_error(train, feedback_schema):
    anomalies = found(train.assign(rating="five"), feedback_schema).anomalies
    assert {(item.column, item.severity) for item in anomalies} == {("rating", "error")}


def test_a_column_that_tfdv_leaves_out_is_an_error(train, feedback_schema):
    anomaly = only(train.assign(created_at=pd.Timestamp("2026-01-02")), feedback_schema)
    assert (anomaly.column, anomaly.check) == ("created_at", "unread_column")
    assert "datetime64" in anomaly.what


def test_too_few_rows_are_an_error(train, default_corpus):
    anomaly = only(train.head(299), default_corpus)
    assert (anomaly.column, anomaly.rule) == ("", "too_few_rows")
    assert anomaly.check == "DATASET_LOW_NUM_EXAMPLES"
    assert "299" in anomaly.what


def test_no_rows_are_an_error(train, feedback_schema):
    anomaly = only(train.head(0), feedback_schema, control=train)
    assert (anomaly.what, anomaly.severity) == ("no rows", "error")


def test_columns_that_lie_far_from_train_are_warnings(train, default_corpus):
    happy = train[train["label"] != "negative"]
    findings = found(happy, default_corpus, control=train)
    assert {(item.rule, item.column, item.severity) for item in findings.anomalies} == {
        ("skew", "label", "warning"), ("skew", "rating", "warning"),
    }  # fmt: skip
    (said,) = (item.what for item in findings.anomalies if item.column == "label")
    assert said == "L-infinity 0.333 from train, 0.1 allowed; most of all negative"


def test_a_sample_of_train_lies_near_it(train, default_corpus):
    findings = found(train.sample(400, random_state=1), default_corpus, control=train)
    assert findings.anomalies == []
    assert {item.column for item in findings.distances} == {"label", "rating", "source", "length"}
    assert all(item.value < item.threshold for item in findings.distances)


def test_too_few_rows_to_compare_have_distances_and_no_anomaly(train, feedback_schema):
    happy = train[train["label"] == "positive"]
    fired = {item.rule for item in found(happy.head(50), feedback_schema, control=train).anomalies}
    assert fired == {"skew"}
    findings = found(happy.head(49), feedback_schema, control=train)
    assert findings.anomalies == []
    assert max(item.value for item in findings.distances) > 0.6
    assert {item.rows for item in findings.distances} == {49}


def test_the_same_schema_judges_requests_without_labels(train, default_corpus):
    requests = train[["id", "text"]].copy()
    assert found(requests, default_corpus, train, SERVING).anomalies == []
    missing = {item.column for item in found(requests, default_corpus, train).anomalies}
    assert missing == {"label", "rating", "source", "group"}


def test_requests_are_compared_with_train_in_what_both_have(train, default_corpus):
    requests = train[["id", "text"]].copy()
    requests["text"] += " And it went on like this for a whole week."
    (skew,) = found(requests, default_corpus, train, SERVING).anomalies
    assert (skew.rule, skew.column) == ("skew", "length")


def test_a_schema_without_environments_judges_both_alike(train):
    mine = parse("mine", 'feature { name: "label" type: BYTES presence { min_count: 1 } }')
    for environment in (TRAINING, SERVING):
        anomalies = found(train[["text"]], mine, environment=environment).anomalies
        assert "missing_column" in {item.rule for item in anomalies}


def test_the_policy_decides_how_bad_an_anomaly_is(train, feedback_schema):
    strict = rules.parse("strict", '[unknown_column]\nseverity = "error"')
    (anomaly,) = found(train.assign(stars=3), feedback_schema, policy=strict).anomalies
    assert (anomaly.rule, anomaly.severity) == ("unknown_column", "error")


def test_a_users_schema_need_not_know_the_derived_columns(train):
    types = {name: "FLOAT" if name == "rating" else "BYTES" for name in train.columns}
    mine = [f'feature {{ name: "{name}" type: {type_} }}' for name, type_ in types.items()]
    assert found(train, parse("mine", "".join(mine))).anomalies == []


def test_a_users_schema_may_judge_any_column_by_its_values(train):
    mine = parse("mine", 'feature { name: "group" type: BYTES string_domain { value: "a" } }')
    fired = {item.column: item.rule for item in found(train, mine).anomalies}
    assert fired["group"] == "unknown_value"
    assert fired["text"] == "unknown_column"

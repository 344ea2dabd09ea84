from sentiment_validate.anomalies import Anomaly, numbered, tally, verdict

ERROR = Anomaly("test", "label", "no neutral row", "error", "too_few_of_class", "too_few_of_class")
WARNING = Anomaly("test", "x", "New column", "warning", "unknown_column", "SCHEMA_NEW_COLUMN")


def test_only_an_error_refuses():
    assert verdict([]) == "accepted"
    assert verdict([WARNING, WARNING]) == "accepted"
    assert verdict([WARNING, ERROR]) == "refused"


def test_an_error_of_an_accepted_rule_does_not_refuse():
    assert verdict([ERROR, WARNING], {"too_few_of_class": "spring"}) == "accepted"
    assert verdict([ERROR], {"unknown_column": "known"}) == "refused"


def test_a_tally_counts_in_words():
    assert tally([]) == "0 errors, 0 warnings"
    assert tally([ERROR, WARNING, WARNING]) == "1 error, 2 warnings"


def test_a_tally_names_accepted_errors():
    said = tally([ERROR, WARNING], {"too_few_of_class", "unknown_column"})
    assert said == "1 error, 1 warning (1 error accepted)"


def test_a_thing_is_in_the_plural_where_it_is_not_one():
    assert [numbered(n, "row") for n in (0, 1, 2000)] == ["0 rows", "1 row", "2,000 rows"]

from sentiment_validate.anomalies import Anomaly, Drift, as_record, tally, verdict

ERROR = Anomaly("test", "label", "no row of class neutral among 9", "error", "missing_class")
WARNING = Anomaly("test", "x", "New column", "warning", "SCHEMA_NEW_COLUMN", ("a", "b"))


def test_only_an_error_refuses():
    assert verdict([]) == "accepted"
    assert verdict([WARNING, WARNING]) == "accepted"
    assert verdict([WARNING, ERROR]) == "refused"


def test_a_tally_counts_in_words():
    assert tally([]) == "0 errors, 0 warnings"
    assert tally([ERROR, WARNING, WARNING]) == "1 error, 2 warnings"


def test_the_record_holds_every_anomaly_and_every_distance():
    record = as_record("feedback", {"test": 9}, [ERROR, WARNING], [Drift("test", "x", "m", 1, 2)])
    assert (record["verdict"], record["errors"], record["warnings"]) == ("refused", 1, 1)
    assert record["anomalies"][1] == {
        "split": "test", "column": "x", "what": "New column", "severity": "warning",
        "check": "SCHEMA_NEW_COLUMN", "ids": ("a", "b"),
    }  # fmt: skip
    assert record["drift"] == [
        {"split": "test", "column": "x", "measure": "m", "value": 1, "threshold": 2}
    ]

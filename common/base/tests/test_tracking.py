from sentiment_common.tracking import TrackingLog, read_events


def test_events_are_read_in_the_order_they_were_recorded(tmp_path):
    log = TrackingLog()
    log.parameters({"seed": 13, "name": "größe"})
    log.metrics({"loss": 0.5}, step=1)
    log.metrics({"loss": 0.25}, step=2)
    log.trial({"c": 4}, {"macro_f1": 0.6})
    log.write(tmp_path)
    events = list(read_events(tmp_path))
    assert events[0] == {"event": "parameters", "values": {"seed": 13, "name": "größe"}}
    assert [(event["values"], event["step"]) for event in events[1:3]] == [
        ({"loss": 0.5}, 1), ({"loss": 0.25}, 2),
    ]  # fmt: skip
    assert events[1]["time"] <= events[2]["time"]
    assert events[3] == {"event": "trial", "parameters": {"c": 4}, "metrics": {"macro_f1": 0.6}}


def test_an_artifact_without_tracking_has_no_events(tmp_path):
    assert list(read_events(tmp_path)) == []


def test_only_a_newline_separates_events(tmp_path):
    log = TrackingLog()
    log.parameters({"text": "a\x85b\u2028c"})
    log.write(tmp_path)
    (event,) = read_events(tmp_path)
    assert event["values"] == {"text": "a\x85b\u2028c"}

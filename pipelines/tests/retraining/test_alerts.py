"""Alerts: those that ask for a retraining, by whatever way they come, under one name."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_pipelines.retraining import alerts, journal

from .conftest import alertmanager

BEGAN = "2026-11-23T10:00:00.123456789Z"
EVENT = {
    "version": "0", "id": "c4c1c1c9", "detail-type": "CloudWatch Alarm State Change",
    "source": "aws.cloudwatch", "account": "123456789012", "time": "2026-11-23T10:00:01Z",
    "region": "eu-central-1",
    "resources": ["arn:aws:cloudwatch:eu-central-1:123456789012:alarm:AccuracyFalls"],
    "detail": {
        "alarmName": "AccuracyFalls",
        "state": {
            "value": "ALARM", "reason": "Threshold Crossed: 1 datapoint [0.61] was less than 0.7.",
            "timestamp": "2026-11-23T10:00:00.123+0000",
        },
        "previousState": {"value": "OK", "timestamp": "2026-11-20T10:00:00.000+0000"},
        "configuration": {"description": "Accuracy by feedback. retrain=\"true\"", "metrics": []},
    },
}  # fmt: skip


def parse(value):
    return alerts.parse(json.dumps(value).encode(), "here")


def test_of_a_webhook_only_what_asks_and_fires_counts_and_what_has_ended_is_told():
    message = alertmanager(
        ("Falls", "true", "firing", BEGAN), ("Slow", "", "firing", BEGAN),
        ("Ended", "true", "resolved", BEGAN),
    )  # fmt: skip
    told = alerts.parse(message.encode(), "here")
    assert [it.id for it in told.firing] == ["alert:Falls:f-Falls:1795428000"]
    assert told.firing[0].reason == "Alert Falls: accuracy falls"
    assert told.resolved == ("alert:Ended:f-Ended:1795428000",)


def test_what_the_interface_lists_has_the_name_that_the_webhook_gave_it():
    pushed = alerts.parse(alertmanager(("Falls", "true", "firing", BEGAN)).encode(), "here")
    listed = json.loads(alertmanager(("Falls", "true", "firing", BEGAN)))["alerts"]
    listed[0] |= {"status": {"state": "active"}, "startsAt": "2026-11-23T10:00:00.123Z"}
    assert [it.id for it in parse(listed).firing] == [it.id for it in pushed.firing]
    listed[0]["status"]["state"] = "suppressed"
    assert parse(listed).firing == ()


def test_an_alarm_of_cloudwatch_asks_by_its_description():
    (alert,) = parse(EVENT).firing
    assert alert.reason.startswith("Alarm AccuracyFalls: Threshold Crossed")
    assert journal.iso(alert.since) == "2026-11-23T10:00:00.123Z"
    silent = json.loads(json.dumps(EVENT))
    silent["detail"]["configuration"]["description"] = "Accuracy by feedback."
    assert parse(silent) == alerts.Told()
    over = json.loads(json.dumps(EVENT))
    over["detail"]["previousState"] = over["detail"]["state"]
    over["detail"]["state"] = {"value": "OK", "timestamp": "2026-11-23T11:00:00.000+0000"}
    assert parse(over) == alerts.Told((), (alert.id,))


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{}", b"[1]", b"{", b"\xff", b'{"alerts": 1}', b'{"detail-type": "EC2"}', b"null",
        b'{"alerts": [{"labels": {"retrain": "true"}, "startsAt": "soon"}]}', b"[" * 100_000,
        b"1" * ((1 << 20) + 1),
    ],
)  # fmt: skip
def test_what_is_no_message_is_one_line(content):
    with pytest.raises(InputError) as error:
        alerts.parse(content, "here")
    assert str(error.value).startswith("here: ")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["alerts", "labels", "status", "startsAt", "detail-type", "retrain"]), inner
    ),
)  # fmt: skip


@given(json_values)
def test_no_message_is_more_than_one_line_of_complaint(value):
    try:
        found = parse(value)
    except InputError as error:
        assert "\n" not in str(error)
    else:
        assert isinstance(found, alerts.Told)


def test_they_are_asked_for_where_alertmanager_is():
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            listed = json.loads(alertmanager(("Falls", "true", "firing", BEGAN)))["alerts"]
            listed[0]["status"] = {"state": "active"}
            self.wfile.write(json.dumps(listed).encode())

        def log_message(self, format, *arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        told = alerts.read(f"http://127.0.0.1:{server.server_port}/am/")
        server.shutdown()
    assert asked == ["/am/api/v2/alerts?active=true&silenced=false&filter=retrain%3D%22true%22"]
    assert len(told.firing) == 1

import json
import logging

from sentiment_serving.logs import FIELDS, JsonLines


def record(**extra):
    return logging.LogRecord("name", logging.INFO, "file", 1, "said %s", ("it",), None, **extra)


def test_a_record_is_one_line_of_json_with_its_fields():
    entry = record()
    setattr(entry, FIELDS, {"route": "/predict\n", "status": 200})
    text = JsonLines().format(entry)
    line = json.loads(text)
    assert "\n" not in text
    assert (line["message"], line["route"], line["status"]) == ("said it", "/predict\n", 200)
    assert line["time"].endswith("Z")


def test_an_exception_is_told_without_its_message():
    try:
        raise ValueError("my order zx-qrst never came")
    except ValueError as error:
        entry = record()
        entry.exc_info = (type(error), error, error.__traceback__)
    line = json.loads(JsonLines().format(entry))
    assert line["exception"] == "ValueError"
    assert "test_logs.py" in line["trace"][0]
    assert "zx" not in json.dumps(line)

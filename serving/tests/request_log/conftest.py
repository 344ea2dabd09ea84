import pytest

from sentiment_common.request_log import Answered
from sentiment_serving.request_log import LogSettings, RequestLog


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "log"


@pytest.fixture
def answered():
    """Makes the answer to a request."""

    def make(*texts, **fields):
        given = {
            "request_id": "r-1", "model": "tiny", "digest": "sha256:0", "texts": list(texts),
            "labels": ("negative", "neutral", "positive"), "rows": [[0.1, 0.2, 0.7]] * len(texts),
            "seconds": 0.0042, "time": 1_700_000_000.125,
        }  # fmt: skip
        return Answered(**given | fields)

    return make


@pytest.fixture
def opened(folder):
    """Opens logs in the folder, and closes them in the end."""
    logs = []

    def open_log(**settings):
        logs.append(RequestLog(folder, LogSettings(**{"flush_seconds": 0.02} | settings)))
        return logs[-1]

    yield open_log
    for log in logs:
        log.close()

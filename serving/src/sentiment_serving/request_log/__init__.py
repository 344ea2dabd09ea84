"""The request log: what was asked and answered, for monitoring, comparison and retraining."""

from sentiment_serving.request_log.entry import SCHEMA_VERSION, Answered, Entry
from sentiment_serving.request_log.reader import Account, read_log
from sentiment_serving.request_log.writer import LogSettings, RequestLog, writable

__all__ = [
    "SCHEMA_VERSION", "Account", "Answered", "Entry", "LogSettings", "RequestLog", "read_log",
    "writable",
]  # fmt: skip

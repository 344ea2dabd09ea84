"""The request log: what was asked and answered, for monitoring, comparison and retraining.

The service writes it (``sentiment_serving.request_log``); whoever looks back reads it with this.
"""

from sentiment_common.request_log.entry import SCHEMA_VERSION, Answered, Entry, LoggedText
from sentiment_common.request_log.feedback import Feedback, last_feedback, read_feedback
from sentiment_common.request_log.reader import Account, read_log

__all__ = [
    "SCHEMA_VERSION", "Account", "Answered", "Entry", "Feedback", "LoggedText", "last_feedback",
    "read_feedback", "read_log",
]  # fmt: skip

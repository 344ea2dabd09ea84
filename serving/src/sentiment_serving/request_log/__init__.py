"""Writes the request log and feedback; ``sentiment_common.request_log`` reads both."""

from sentiment_serving.request_log.feedback import FeedbackLog, FeedbackReader
from sentiment_serving.request_log.writer import LogSettings, RequestLog, writable

__all__ = ["FeedbackLog", "FeedbackReader", "LogSettings", "RequestLog", "writable"]

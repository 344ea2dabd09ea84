"""Writes the request log; ``sentiment_common.request_log`` says what stands in it and reads it."""

from sentiment_serving.request_log.writer import LogSettings, RequestLog, writable

__all__ = ["LogSettings", "RequestLog", "writable"]

"""Alerts that ask for a retraining: of Alertmanager, pushed or pulled, and of CloudWatch.

Only what carries ``retrain="true"`` asks: as a label in Prometheus' world, as words in an alarm's
description in CloudWatch's, whose events have no tags.
"""

import json
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentiment_common.errors import InputError
from sentiment_pipelines.retraining.journal import seconds
from sentiment_pipelines.retraining.signals import Alert

LABEL = "retrain"
ASKS = f'{LABEL}="true"'
API, ANSWER_SECONDS, MOST_BYTES = "/api/v2/alerts", 10, 1 << 20
LONGEST = 300
"""So many characters of what an alert says are kept."""
STDIN = "-"


@dataclass(frozen=True)
class Told:
    """What a message says.

    Attributes:
        firing: Alerts that ask for a retraining.
        resolved: Ids of those that do no more.
    """

    firing: tuple[Alert, ...] = ()
    resolved: tuple[str, ...] = ()


def read(place: str) -> Told:
    """Reads alerts from where somebody says that they are.

    Args:
        place: The address of an Alertmanager, a file with what one or EventBridge sends, ``-`` for
            the standard input, the message itself; nothing for none.

    Raises:
        InputError: It cannot be read, or is no such message.
    """
    if not place:
        return Told()
    if place.startswith(("http://", "https://")):
        return parse(_pulled(place), place)
    if place.lstrip().startswith(("{", "[")):
        return parse(place.encode("utf-8", "surrogateescape"), "--alerts")
    try:
        content = sys.stdin.buffer.read(MOST_BYTES + 1) if place == STDIN else _file(Path(place))
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=place) from error
    return parse(content, "standard input" if place == STDIN else place)


def _file(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(MOST_BYTES + 1)


def _pulled(address: str) -> bytes:
    parts = urllib.parse.urlsplit(address)
    path = parts.path.rstrip("/")
    if not path.endswith(API):
        path += API
    query = urllib.parse.urlencode({"active": "true", "silenced": "false", "filter": ASKS})
    whole = urllib.parse.urlunsplit((parts.scheme, parts.netloc, path, query, ""))
    try:
        with urllib.request.urlopen(whole, timeout=ANSWER_SECONDS) as answer:  # noqa: S310
            return bytes(answer.read(MOST_BYTES + 1))
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise InputError(
            f"Alertmanager does not answer ({reason})", where=f"{parts.scheme}://{parts.netloc}",
            mend="start it, or check the address",
        ) from error  # fmt: skip


def parse(content: bytes, where: str) -> Told:
    """Reads a message: Alertmanager's webhook or API (version 2), or an event of EventBridge.

    Args:
        content: JSON.
        where: What errors call it.

    Raises:
        InputError: It is too large, or none of these.
    """
    if len(content) > MOST_BYTES:
        raise InputError(f"more than {MOST_BYTES:,} bytes", where=where)
    try:
        found = json.loads(content)
        if isinstance(found, list):
            return _told(found)
        if "alerts" in found:
            return _told(found["alerts"])
        if found["detail-type"] == "CloudWatch Alarm State Change":
            return _alarm(found)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise InputError(
            f"no alerts ({error})", where=where,
            mend="send what Alertmanager or a rule of EventBridge for CloudWatch alarms sends",
        ) from error  # fmt: skip
    raise InputError(f"no alarm but {str(found['detail-type'])[:LONGEST]!r}", where=where)


def _told(listed: Iterable[Mapping[str, Any]]) -> Told:
    firing, resolved = [], []
    for it in listed:
        labels = it["labels"]
        if str(labels.get(LABEL, "")).lower() != "true":
            continue
        began = seconds(it["startsAt"])
        name = str(labels.get("alertname", "alert"))
        # To the second: the webhook's times are finer than the API's.
        id_ = f"alert:{name}:{it.get('fingerprint') or _print(labels)}:{int(began)}"
        status = it.get("status")
        state = status["state"] if isinstance(status, Mapping) else status
        if state in ("firing", "active"):
            firing.append(Alert(id_, _said(name, it.get("annotations", {})), began))
        elif state == "resolved":
            resolved.append(id_)
    return Told(tuple(firing), tuple(resolved))


def _print(labels: Mapping[str, Any]) -> str:
    return ",".join(f"{name}={labels[name]}" for name in sorted(labels))


def _said(name: str, annotations: Mapping[str, Any]) -> str:
    said = annotations.get("summary") or annotations.get("description") or ""
    return " ".join(f"Alert {name}{': ' if said else ''}{said}".split())[:LONGEST]


def _alarm(event: Mapping[str, Any]) -> Told:
    detail = event["detail"]
    name, state = str(detail["alarmName"]), detail["state"]
    described = str(detail.get("configuration", {}).get("description", ""))
    if ASKS not in described.replace("'", '"'):
        return Told()
    before = detail.get("previousState", {}).get("timestamp")
    place = f"alert:{name}:{event.get('account', '')}/{event.get('region', '')}"
    if state["value"] != "ALARM":
        return Told((), (f"{place}:{int(seconds(before))}",) if before else ())
    began = seconds(state["timestamp"])
    said = " ".join(f"Alarm {name}: {state.get('reason', '')}".split())[:LONGEST]
    return Told((Alert(f"{place}:{int(began)}", said, began),))

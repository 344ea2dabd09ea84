"""Looks at the service every few seconds and keeps what it saw."""

import threading
import time
import urllib.request
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit

from sentiment_common.errors import InputError
from sentiment_pipelines.dashboard.boards import Board, Panel, read_board
from sentiment_pipelines.dashboard.history import last_day
from sentiment_pipelines.dashboard.rules import Rule, read_rules
from sentiment_pipelines.dashboard.samples import Labels, Samples, labels_of, parsed

JOB = "sentiment"
TIMEOUT = 5.0
"""Seconds that the service has for its figures."""
LOG_SECONDS, NO_LOG_SECONDS = 300.0, 10.0
"""Between two readings of the request log, and until there is something in it."""
MOST_BYTES = 16_000_000
"""Of the service's figures: an address that never ends is no service."""
DRAWN = 360
"""Points of a course that are sent to the page."""
ORDER = ("service", "model", "data", "experiment")


@dataclass(frozen=True)
class Watched:
    """What is looked at.

    Attributes:
        service: Address of the service.
        key: One of its API keys; empty for none.
        monitor: File of the monitor's figures, or None.
        log: Folder of the request log, or None.
        interval: Seconds between two looks.
        keep: Seconds that are kept.
    """

    service: str
    key: str = ""
    monitor: Path | None = None
    log: Path | None = None
    interval: float = 5.0
    keep: float = 7200.0


class Watch:
    """The figures of a service since the watch began: samples, rules and panels.

    Args:
        watched: What is looked at.
        files: Folder with the chart's ``rules.yaml`` and ``dashboards``.

    Raises:
        InputError: The files cannot be read.
    """

    def __init__(self, watched: Watched, files: Path) -> None:
        self.watched = watched
        self._rules: list[Rule] = read_rules(files / "rules.yaml")
        self._boards: list[Board] = [
            read_board(files / "dashboards" / f"{name}.json", watched.interval) for name in ORDER
        ]
        self._samples = Samples(watched.keep)
        self._most = max(2, int(watched.keep / watched.interval))
        self._times: deque[float] = deque(maxlen=self._most)
        self._complaint = self._log_complaint = ""
        self._day: list[dict[str, Any]] = []
        self._lock = threading.Lock()

    def run(self, stop: threading.Event) -> None:
        """Looks again and again until it is told to stop."""
        # A long log takes longer to read than there is between two looks.
        threading.Thread(target=self._read_log, args=(stop,), name="log", daemon=True).start()
        while not stop.is_set():
            begun = time.monotonic()
            self.look(time.time())
            stop.wait(max(0.0, self.watched.interval - (time.monotonic() - begun)))

    def look(self, now: float) -> None:
        """Looks once: scrapes, evaluates the rules, then the panels."""
        found, complaint = self._scraped()
        with self._lock:
            if self._times and now <= self._times[-1]:
                return  # the clock was set back: samples have to follow each other
            self._complaint = complaint
            self._samples.look(now, found)
            for rule in self._rules:
                self._samples.add(now, rule.evaluate(self._samples, now))
            for board in self._boards:
                for panel in board.panels():
                    for course in panel.courses:
                        course.look(self._samples, now, len(self._times), self._most)
            self._times.append(now)

    def state(self) -> dict[str, Any]:
        """Returns what the page shows, as plain data."""
        with self._lock:
            step = max(1, -(-len(self._times) // DRAWN))
            now = self._times[-1] if self._times else 0.0
            alerts = [alert for rule in self._rules for alert in rule.told(self._samples, now)]
            alerts.sort(key=lambda it: (it.state, it.severity, -it.since))
            return {
                "service": self.watched.service,
                "complaint": self._complaint or self._log_complaint,
                "interval": self.watched.interval,
                "times": list(self._times)[::-step][::-1],
                "alerts": [asdict(alert) for alert in alerts],
                "rules": sum(rule.alerts for rule in self._rules),
                "boards": [self._drawn(board, step) for board in self._boards],
            }

    def read_log(self, now: float) -> None:
        """Reads the last day in the request log, if there is one."""
        if self.watched.log is not None:
            self._day = last_day(self.watched.log, now)

    def _read_log(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                self.read_log(time.time())
                self._log_complaint = ""
            except InputError as error:
                self._log_complaint = str(error)
            except (OSError, ValueError, TypeError, AttributeError) as error:
                # Lines that are JSON but no entries: the log is read again later, the page goes on.
                self._log_complaint = f"{self.watched.log} cannot be read: {_said(error)}"
            stop.wait(LOG_SECONDS if self._day else NO_LOG_SECONDS)

    def _drawn(self, board: Board, step: int) -> dict[str, Any]:
        rows = [
            {"title": title, "panels": [_drawn(panel, step) for panel in panels]}
            for title, panels in board.rows
        ]
        if board.name == "model" and self._day:
            rows.append({"title": "The last 24 hours, from the request log", "panels": self._day})
        return {"name": board.name, "title": board.title, "about": board.about, "rows": rows}

    def _scraped(self) -> tuple[dict[Labels, float], str]:
        address = urlsplit(self.watched.service).netloc
        found: dict[Labels, float] = {}
        try:
            text = _fetched(f"{self.watched.service}/metrics", self.watched.key)
            found = parsed(text, job=JOB, instance=address)
            complaint = ""
        except (OSError, ValueError, HTTPException) as error:
            complaint = _said(error)
        found[labels_of(__name__="up", job=JOB, instance=address)] = float(not complaint)
        monitored, more = self._monitored()
        return {**found, **monitored}, complaint or more

    def _monitored(self) -> tuple[Mapping[Labels, float], str]:
        file = self.watched.monitor
        if file is None:
            return {}, ""
        try:
            return parsed(file.read_text(encoding="utf-8")), ""
        except FileNotFoundError:
            return {}, ""  # it has not looked yet
        except (OSError, ValueError) as error:
            return {}, f"{file}: {error}"


def _drawn(panel: Panel, step: int) -> dict[str, Any]:
    series = [
        {"name": name, "values": list(values)[::-step][::-1]}
        for course in panel.courses
        for name, values in sorted(course.values.items())
    ]
    return {**panel.drawing, "series": series}


def _said(error: Exception) -> str:
    if isinstance(error, URLError) and isinstance(error.reason, OSError):
        error = error.reason
    return str(error).strip() or type(error).__name__


def _fetched(address: str, key: str) -> str:
    headers = {"X-API-Key": key} if key else {}
    request = urllib.request.Request(address, headers=headers)  # noqa: S310 (checked: http alone)
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
        text: bytes = answer.read(MOST_BYTES + 1)
    if answer.length or len(text) > MOST_BYTES:
        raise ValueError("its figures break off, or have no end")
    return text.decode()

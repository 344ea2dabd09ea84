"""The last day by the hour, from the request log: what was before the page was opened."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from sentiment_common.request_log import Account, Entry, read_log

HOUR = 3600
HOURS = 24


def last_day(log: Path, now: float) -> list[dict[str, Any]]:
    """Returns the panels of the last 24 hours, as the page draws them; none where there is no log.

    Args:
        log: Folder of the request log.
        now: Seconds since 1970.
    """
    if not any(log.glob("requests-*.jsonl*")):
        return []
    begin = int(now // HOUR - HOURS + 1)
    texts, sure = _counted(read_log(log, Account(tolerant=True), since=now - HOURS * HOUR), begin)
    hours = range(begin, begin + HOURS)
    labels = sorted({label for _, label in texts})
    of_hour = {hour: sum(texts[hour, label] for label in labels) for hour in hours}
    shown = {"times": [hour * HOUR for hour in hours], "single": False, "limit": None, "width": 12}
    return [
        {
            **shown, "title": "Labels", "help": "Texts an hour by label, shadows apart.",
            "unit": "short", "stacked": True, "most": None,
            "series": [
                {"name": label, "values": [texts[hour, label] for hour in hours]}
                for label in labels
            ],
        },
        {
            **shown, "title": "Confidence", "help": "Mean highest probability of an hour's texts.",
            "unit": "percentunit", "stacked": False, "most": 1,
            "series": [{
                "name": "confidence",
                "values": [sure[hour] / of_hour[hour] if of_hour[hour] else None for hour in hours],
            }],
        },
    ]  # fmt: skip


def _counted(
    entries: Iterable[Entry], begin: int
) -> tuple[Counter[tuple[int, str]], dict[int, float]]:
    texts: Counter[tuple[int, str]] = Counter()
    sure: dict[int, float] = dict.fromkeys(range(begin, begin + HOURS), 0.0)
    for entry in entries:
        hour = int(datetime.fromisoformat(entry.time).timestamp() // HOUR)
        if entry.shadow or hour not in sure:
            continue
        texts[hour, entry.label] += 1
        sure[hour] += max(entry.probabilities.values())
    return texts, sure

"""What the request log costs a request, and how much the writer gets done."""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from sentiment_common.request_log import Account, Answered, read_log
from sentiment_serving.request_log import LogSettings, RequestLog

TEXT = "The parcel came late and was wet, mail me at jo@shop.example or call +49 30 1234567. "
LABELS = ("negative", "neutral", "positive")
REPEATS = 5


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    arguments, _ = parser.parse_known_args()
    print("| what is kept | a record costs, µs: min / median / max | texts a second, written |")
    print("|---|---|---|")
    for kept in ("redacted", "raw", "none"):
        measured = [_measure(kept, arguments.requests) for _ in range(REPEATS)]
        costs, rates = zip(*measured, strict=True)
        spread = f"{min(costs):.2f} / {statistics.median(costs):.2f} / {max(costs):.2f}"
        print(f"| {kept} | {spread} | {statistics.median(rates):,.0f} |")


def _measure(kept: str, requests: int) -> tuple[float, float]:
    """Returns microseconds of a record in the event loop's thread, and texts written a second."""
    answered = Answered(
        "r-1", "baseline", "sha256:0", [TEXT], LABELS, [[0.7, 0.2, 0.1]], 0.002, time.time()
    )
    with tempfile.TemporaryDirectory() as folder:
        log = RequestLog(
            Path(folder), LogSettings(text=kept, queue_texts=requests, flush_seconds=60)
        )
        started = time.perf_counter()
        for _ in range(requests):
            log.record(answered)
        recorded = time.perf_counter()
        log.close()
        written = time.perf_counter()
        account = Account()
        if sum(1 for _ in read_log(Path(folder), account)) != requests or account.lost:
            raise AssertionError(str(account))
    return 1e6 * (recorded - started) / requests, requests / (written - recorded)


if __name__ == "__main__":
    main()

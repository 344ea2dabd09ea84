"""Steady mixed load for a long time: memory, files, threads and latency must stay where they are.

Good requests come at a steady rate over kept connections; beside them come bad ones, oversized
ones, clients that hang up and clients that dribble. After a warm-up, a line is fitted to the second
half of each quantity; if one of them grows, the exit code is 1.
"""

import argparse
import asyncio
import json
import math
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from harness import candidates, processes
from harness.load import Load, connect, get, post
from harness.tables import table

from soak import plot

GROWTH_ALLOWED = 0.02
"""Share of the median that a fitted line may rise over the second half."""
ALLOWED_AT_LEAST = {"allocated MB": 1.0, "open files": 2.0, "threads": 2.0}
"""The same as a number, for what is small; pools of threads fill as they are needed."""
CERTAIN = 3.0
"""Standard errors by which a slope must be above zero to count as growth."""
GOOD_RATE, GOOD_CONNECTIONS = 200.0, 8
HEAD, _, _ = post("/predict", b"{}").partition(b"\r\n\r\n")
BAD = [
    post("/predict", b'{"text": '), post("/predict", b"[" * 50_000), post("/predict", b"\xff\x00"),
    post("/predict", b'{"texts": [], "more": 1}'), get("/nowhere"), post("/models", b"{}"),
]  # fmt: skip
OVERSIZED = post("/predict", json.dumps({"text": "x" * 2_000_000}).encode())
PROBES = [get("/livez"), get("/readyz"), get("/metrics")]


@dataclass(frozen=True)
class Sample:
    """What the server used at a moment, and the p99 of the good requests since the last one."""

    seconds: float
    resident: float
    private: float
    descriptors: float
    threads: float
    p99: float


@dataclass
class Traffic:
    """What has been sent and how it was answered.

    Attributes:
        good: Answers to good requests.
        outcomes: Answers of the other kinds: kind and status, or what else became of it.
    """

    good: Load = field(default_factory=Load)
    outcomes: Counter[str] = field(default_factory=Counter)


async def soak(server: processes.Server, texts: Sequence[str], seconds: float, pause: float) -> (
    tuple[list[Sample], Traffic]
):  # fmt: skip
    """Applies the load and samples the server.

    Args:
        server: The server.
        texts: Sent in turn, one a request.
        seconds: How long.
        pause: Seconds between two samples.

    Returns:
        The samples, and what became of the requests.
    """
    traffic = Traffic()
    until = time.monotonic() + seconds
    good = [post("/predict", json.dumps({"text": text}).encode()) for text in texts]
    tasks = [
        *(_steady(server.port, good, traffic, until, lane) for lane in range(GOOD_CONNECTIONS)),
        _again("bad", lambda turn: _ask(server.port, BAD[turn % len(BAD)]), 0.1, traffic, until),
        _again("oversized", lambda _: _ask(server.port, OVERSIZED), 2.0, traffic, until),
        _again("probe", lambda t: _ask(server.port, PROBES[t % len(PROBES)]), 1.0, traffic, until),
        _again("hung up", lambda _: _hang_up(server.port, good[0]), 0.5, traffic, until),
        *(
            _again("slow", lambda _: _dribble(server.port), 1.0, traffic, until)
            for _ in range(4)
        ),
    ]  # fmt: skip
    sampling = asyncio.create_task(_sample(server, traffic, until, pause))
    await asyncio.gather(*tasks)
    return await sampling, traffic


async def _steady(
    port: int, requests: Sequence[bytes], traffic: Traffic, until: float, lane: int
) -> None:
    """Sends good requests at a fixed rate over one kept connection, made anew when it is closed."""
    connection = await connect(port)
    step = GOOD_CONNECTIONS / GOOD_RATE
    due, turn = time.monotonic() + lane * step / GOOD_CONNECTIONS, lane
    while due < until:
        await asyncio.sleep(max(due - time.monotonic(), 0))
        begin = time.perf_counter()
        try:
            if connection.closed:
                connection = await connect(port)
            status, _ = await connection.ask(requests[turn % len(requests)])
            traffic.good.add(status, time.perf_counter() - begin)
        except OSError as error:
            traffic.good.outcomes[type(error).__name__] += 1
        turn += GOOD_CONNECTIONS
        due += step
    connection.close()


async def _again(
    kind: str, act: Callable[[int], Awaitable[str]], pause: float, traffic: Traffic, until: float
) -> None:
    turn = 0
    while time.monotonic() < until:
        try:
            outcome = await act(turn)
        except OSError:
            outcome = "closed"
        traffic.outcomes[f"{kind}: {outcome}"] += 1
        turn += 1
        await asyncio.sleep(pause)


async def _ask(port: int, request: bytes) -> str:
    connection = await connect(port)
    try:
        return (await connection.ask(request))[0]
    finally:
        connection.close()


async def _hang_up(port: int, request: bytes) -> str:
    connection = await connect(port)
    connection.send(request[:-3])
    connection.close()
    return "left"


async def _dribble(port: int) -> str:
    connection = await connect(port)
    try:
        for byte in HEAD:
            connection.send(bytes([byte]))
            await asyncio.sleep(0.2)
        return "not hung up on"
    finally:
        connection.close()


async def _sample(
    server: processes.Server, traffic: Traffic, until: float, pause: float
) -> list[Sample]:
    begin, seen, samples = time.monotonic(), 0, []
    while time.monotonic() < until:
        await asyncio.sleep(pause)
        used = processes.use(server.process.pid)
        recent, seen = traffic.good.latencies[seen:], len(traffic.good.latencies)
        p99 = sorted(recent)[math.ceil(0.99 * len(recent)) - 1] if recent else math.nan
        now = time.monotonic() - begin
        samples.append(
            Sample(now, used.resident, used.private, used.descriptors, used.threads, p99)
        )
    return samples


@dataclass(frozen=True)
class Trend:
    """A line fitted to the second half of a quantity.

    Attributes:
        median: Of the second half.
        growth: Rise of the line over the second half.
        error: Standard error of that rise.
    """

    median: float
    growth: float
    error: float

    def is_flat(self, at_least: float) -> bool:
        """Whether it rises by no more than is allowed, or not beyond doubt."""
        allowed = max(GROWTH_ALLOWED * self.median, at_least)
        return self.growth <= max(allowed, CERTAIN * self.error)


def trend(seconds: Sequence[float], values: Sequence[float]) -> Trend:
    """Fits a line to the second half of samples by least squares."""
    half = len(values) // 2
    x, y = list(seconds[half:]), list(values[half:])
    slope, intercept = statistics.linear_regression(x, y)
    residuals = [value - slope * at - intercept for at, value in zip(x, y, strict=True)]
    spread = statistics.fmean(x)
    squares = sum((at - spread) ** 2 for at in x)
    variance = sum(residual**2 for residual in residuals) / max(len(x) - 2, 1)
    length = x[-1] - x[0]
    return Trend(statistics.median(y), slope * length, math.sqrt(variance / squares) * length)


def main() -> None:
    """Prints the trends, draws them and exits with 1 if one of them is not flat."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        model = options.model or candidates.of_run(options.run, "train-baseline", "model")
        texts = json.loads(options.texts.read_text()) if options.texts else TEXTS
        ours = candidates.ours(model, scratch / "home", SENTIMENT_READ_TIMEOUT="2",
                               SENTIMENT_REQUEST_LOG=str(scratch / "request_log"))  # fmt: skip
        port = processes.free_port()
        with processes.started(
            ours.command(port), port, ours.request("good"), scratch / "log.txt", ours.environment
        ) as server:
            seconds = 60 * options.minutes
            pause = max(seconds / 360, 0.5)
            samples, traffic = asyncio.run(soak(server, texts, seconds, pause))
        complaints = _complaints(traffic, (scratch / "log.txt").read_text(errors="replace"))
    flat = _show(samples, traffic, options.minutes)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(plot.svg({
        "allocated MB": [(each.seconds / 60, each.private / 1e6) for each in samples],
        "resident MB": [(each.seconds / 60, each.resident / 1e6) for each in samples],
        "open files": [(each.seconds / 60, each.descriptors) for each in samples],
        "threads": [(each.seconds / 60, each.threads) for each in samples],
        "p99 ms": [(each.seconds / 60, 1e3 * each.p99) for each in samples],
    }, "minutes"))  # fmt: skip
    print(f"plot: {options.out}")
    for complaint in complaints:
        print(f"NOT AS IT SHOULD BE: {complaint}")
    sys.exit(0 if flat and not complaints else 1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30, help="how long (default: 30)")
    parser.add_argument("--run", type=Path, help="run of the pipeline (default: the newest)")
    parser.add_argument("--model", type=Path, help="linear bundle (default: the run's baseline)")
    parser.add_argument("--texts", type=Path, help="JSON list of texts (default: ten short ones)")
    parser.add_argument("--out", type=Path, default=candidates.VAR / "soak" / "soak.svg",
                        help="where to draw (default: var/soak/soak.svg)")  # fmt: skip
    return parser.parse_args()


def _complaints(traffic: Traffic, log: str) -> list[str]:
    wrong = {status: n for status, n in traffic.good.outcomes.items() if status != "200"}
    found = [f"good requests ended otherwise: {wrong}"] if wrong else []
    if "Traceback" in log:
        found.append("a traceback in the log")
    if traffic.outcomes["slow: not hung up on"]:
        found.append("slow clients were not hung up on")
    return found


def _show(samples: Sequence[Sample], traffic: Traffic, minutes: float) -> bool:
    seconds = [each.seconds for each in samples]
    quantities = {
        "allocated MB": [each.private / 1e6 for each in samples],
        "resident MB": [each.resident / 1e6 for each in samples],
        "open files": [each.descriptors for each in samples],
        "threads": [each.threads for each in samples],
        "p99 ms of good requests": [1e3 * each.p99 for each in samples],
    }
    rows, all_flat = [], True
    for name, values in quantities.items():
        found = trend(seconds, values)
        judged = name in ALLOWED_AT_LEAST
        flat = not judged or found.is_flat(ALLOWED_AT_LEAST[name])
        all_flat = all_flat and flat
        rows.append([
            name, f"{values[0]:,.1f}", f"{found.median:,.1f}", f"{max(values):,.1f}",
            f"{found.growth:+,.2f} ± {found.error:,.2f}",
            ("yes" if flat else "NO") if judged else "not judged",
        ])  # fmt: skip
    print(f"{minutes:g} minutes, {GOOD_RATE:g} good requests a second and the others beside them\n")
    header = ["quantity", "first", "median of the second half", "highest"]
    print(table([*header, "rise over the second half", "flat"], rows))
    kinds = {f"good: {status}": n for status, n in traffic.good.outcomes.items()}
    outcomes = sorted((kinds | traffic.outcomes).items())
    print(table(["request: answer", "number"], [[name, f"{n:,}"] for name, n in outcomes]))
    return all_flat


TEXTS = [
    "Great battery, lasts two days.", "It broke after a week :(", "Arrived on Tuesday.",
    "Not bad at all!", "Never again. The support hung up on me.", "The manual is in German.",
    "Soooo good!!! 😍", "I expected more for this price, but it works.", "", "ok",
]  # fmt: skip

if __name__ == "__main__":
    main()

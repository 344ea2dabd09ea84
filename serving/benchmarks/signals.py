"""What the signals cost: CPU of a request with and without them, a look at them, a second's work.

Two servers that are the same differ by some hundredths, by where their memory lies. So it is one,
whose signals are turned off and on between turns of some hundred requests, and each turn is
compared with its neighbour: whatever else the machine does, it does to both.
"""

import argparse
import asyncio
import json
import os
import shutil
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from harness import candidates, load, processes, tables
from harness.load import post
from prometheus_client import CollectorRegistry, generate_latest

from sentiment_models import reference
from sentiment_models.bundle import read_bundle
from sentiment_serving.signals.board import Board
from sentiment_serving.signals.drift import Drift
from sentiment_serving.signals.watch import AT_A_TIME
from sentiment_serving.signals.watched import EXAMINED_TEXTS, Watched
from sentiment_serving.signals.windows import WINDOWS

TURN = 400
"""Requests, or texts where a request has many: a tenth of a second."""
WORKERS = 8
TEXTS = (
    "The parcel came late and the box was wet, but the phone inside works.",
    "Great battery, love it!!",
    "Worst purchase of the year, it broke after two days and nobody answers my mails :(",
    "It arrived on Tuesday.",
)


def main() -> None:
    """Prints tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    candidates.add_options(parser)
    parser.add_argument("--turns", type=int, default=200, help="with signals, and as many without")
    arguments, _ = parser.parse_known_args()
    bundle = arguments.model or candidates.of_run(arguments.run, "train-baseline", "model")
    if reference.read(bundle) is None:
        raise SystemExit(f"{bundle} has no reference: train it again")
    if arguments.quick:
        arguments.turns = 20
    with tempfile.TemporaryDirectory() as scratch:
        _requests(bundle, Path(scratch), arguments.turns)
        _look(bundle, Path(scratch))
    _second(bundle)


def _requests(bundle: Path, scratch: Path, turns: int) -> None:
    one = [candidates.one_text(text) for text in TEXTS]
    many = [post("/predict", json.dumps({"texts": TEXTS * 25}).encode())]
    loads = {
        "1 text, 1 connection": (one, 1, TURN), "1 text, 8 connections": (one, 8, TURN),
        "100 texts, 1 connection": (many, 1, TURN // 20),
    }  # fmt: skip
    port, (on_core, other_core) = processes.free_port(), processes.cores()
    command = [sys.executable, str(candidates.PEERS / "switched.py"), str(bundle), str(port)]
    rows = []
    log = scratch / "server.log"
    with processes.started(command, port, one[0], log, on_cores=on_core) as server:
        os.sched_setaffinity(0, other_core)
        for name, (requests, connections, count) in loads.items():
            off, on = asyncio.run(_costs(server, requests, connections, count, turns))
            rows.append([name, tables.spread(off, 3), tables.spread(on, 3), _more(on, off)])
    header = ["", "CPU ms a request, signals off", "on", "more (95% of the median)"]
    print(tables.table(header, rows))


async def _costs(
    server: processes.Server, requests: Sequence[bytes], connections: int, count: int, turns: int
) -> tuple[list[float], list[float]]:
    """Returns CPU milliseconds a request without signals and with them, of neighbouring turns."""
    opened = [await load.connect(server.port) for _ in range(connections)]
    costs: dict[bool, list[float]] = {False: [], True: []}
    await _ask(opened, requests, count)
    signals_on = True
    for turn in range(2 * turns):
        # Who is asked first changes, too: on, off, off, on.
        if signals_on != (turn % 4 in (0, 3)):
            os.kill(server.process.pid, signal.SIGUSR1)
            signals_on = not signals_on
            await asyncio.sleep(0.01)
        before = _cpu_seconds(server.process.pid)
        await _ask(opened, requests, count)
        costs[signals_on].append(1e3 * (_cpu_seconds(server.process.pid) - before) / count)
    for connection in opened:
        connection.close()
    return costs[False], costs[True]


async def _ask(opened: Sequence[load.Connection], requests: Sequence[bytes], count: int) -> None:
    """Asks so many requests in all, each connection its share.

    Raises:
        RuntimeError: A request was not answered.
    """

    async def ask(connection: load.Connection) -> None:
        for number in range(count // len(opened)):
            status, _ = await connection.ask(requests[number % len(requests)])
            if status != "200":
                raise RuntimeError(f"a request was answered with {status}")

    await asyncio.gather(*map(ask, opened))


def _more(costs: Sequence[float], others: Sequence[float]) -> str:
    """Returns by how much costs exceed those of the same turns, with its interval."""
    more = [100 * (one / other - 1) for one, other in zip(costs, others, strict=True)]
    return f"{statistics.median(more):+.1f}% ({_interval(more)})"


def _cpu_seconds(pid: int) -> float:
    """Returns CPU time of a process; ``/proc`` knows it in hundredths of a second only.

    The clock of another process is the one of clock_getcpuclockid(3), which Python does not have.
    """
    return time.clock_gettime((~pid << 3) | 2)


def _interval(values: Sequence[float]) -> str:
    """Returns the distribution-free 95% interval of a median, by ranks of the binomial."""
    ordered, count = sorted(values), len(values)
    cut = max(int((count - 1.96 * count**0.5) / 2), 0)
    return f"{ordered[cut]:+.1f}% to {ordered[-cut - 1]:+.1f}%"


def _look(bundle: Path, scratch: Path) -> None:
    """Times what ``/metrics`` has to do, with the files of workers whose windows are all full."""
    watched = _watched(bundle)
    if watched.layout is None:
        raise RuntimeError("no reference")
    counts = {name: [1_000] * len(bins) for name, bins in watched.layout.expected.items()}
    now = time.monotonic()
    for moment in range(int(now) - 86_400, int(now), min(each for each, _ in WINDOWS.values())):
        watched.windows.add(counts, float(moment))
    folder = scratch / "board"
    folder.mkdir()
    board = Board(folder)
    begin = time.perf_counter()
    board.publish({watched.key: watched.windows.content()})
    published = time.perf_counter() - begin
    own = folder / f"signals_{os.getpid()}.json"
    for number in range(1, WORKERS):
        shutil.copy(own, folder / f"signals_{number}.json")
    registry = CollectorRegistry()
    registry.register(Drift(board, lambda: [watched], time.monotonic))
    times = []
    for _ in range(20):
        begin = time.process_time()
        generate_latest(registry)
        times.append(1e3 * (time.process_time() - begin))
    print(tables.table(
        ["windows of the last day, all slices full", ""],
        [[f"a look at {WORKERS} workers, CPU ms", tables.spread(times)],
         ["a worker leaves its own, every 5 s, ms", f"{1e3 * published:.2f}"],
         ["its file, KB", f"{own.stat().st_size / 1e3:.0f}"]],
    ))  # fmt: skip


def _second(bundle: Path) -> None:
    """Times what a worker does in a second, and how long it keeps a request waiting for it."""
    watched = _watched(bundle)
    rows = [[0.2, 0.1, 0.7]] * 1_000
    counted, examined = [], []
    for _ in range(20):
        begin = time.process_time()
        watched.scored(["good"] * 1_000, rows)
        counted.append(1e3 * (time.process_time() - begin))
        watched.take()
        begin = time.process_time()
        for text in TEXTS * (EXAMINED_TEXTS // len(TEXTS)):
            watched.examiner.examine(text)
        examined.append(1e3 * (time.process_time() - begin))
    print(tables.table(
        ["in a worker", ""],
        [["labels and confidence, CPU µs a text", tables.spread(counted)],
         [f"the sample of a second ({EXAMINED_TEXTS} texts), CPU ms", tables.spread(examined)],
         [f"of it at a time ({AT_A_TIME} texts), CPU ms",
          tables.spread([each * AT_A_TIME / EXAMINED_TEXTS for each in examined])]],
    ))  # fmt: skip


def _watched(bundle: Path) -> Watched:
    return Watched.of(bundle, read_bundle(bundle), "model", "sha256:0")


if __name__ == "__main__":
    main()

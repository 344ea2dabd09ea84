"""What the signals cost: CPU of a request with and without them, a look at them, a second's work.

The servers run all the while on one core and are asked in turn, a second or so each: whatever else
the machine does, it does to all. CPU time is that of a server's processes alone. Two servers that
are the same differ by some hundredths all the same, by where their memory lies: so all are started
anew several times, and a second one without signals shows what is no cost of theirs.
"""

import argparse
import contextlib
import json
import os
import shutil
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

WAYS = ("off", "off again", "on")
CONNECTIONS = (1, 8)
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
    parser.add_argument("--starts", type=int, default=4, help="of all servers anew")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each server after a start")
    parser.add_argument("--seconds", type=float, default=1.2, help="of a turn")
    arguments, _ = parser.parse_known_args()
    bundle = arguments.model or candidates.of_run(arguments.run, "train-baseline", "model")
    if reference.read(bundle) is None:
        raise SystemExit(f"{bundle} has no reference: train it again")
    if arguments.quick:
        arguments.starts, arguments.rounds = 1, 3
    with tempfile.TemporaryDirectory() as scratch:
        _requests(bundle, Path(scratch), arguments)
        _look(bundle, Path(scratch))
    _second(bundle)


def _requests(bundle: Path, scratch: Path, options: argparse.Namespace) -> None:
    one = [candidates.one_text(text) for text in TEXTS]
    many = post("/predict", json.dumps({"texts": TEXTS * 25}).encode())
    loads = {f"1 text, connections: {count}": (one, count) for count in CONNECTIONS}
    loads["100 texts, connections: 1"] = [many], 1
    costs: dict[tuple[str, str], list[float]] = {}
    for start in range(options.starts):
        with contextlib.ExitStack() as stack:
            servers = {
                way: stack.enter_context(_server(bundle, scratch / f"{way} {start}", way, one[0]))
                for way in WAYS
            }
            for name, (requests, connections) in loads.items():
                for turn in range(options.rounds):
                    # Who is asked first changes, too.
                    for way in WAYS if turn % 2 else reversed(WAYS):
                        cost = _cost(servers[way], requests, connections, options.seconds)
                        costs.setdefault((name, way), []).append(cost)
    rows = []
    for name in loads:
        off, again, on = (costs[name, way] for way in WAYS)
        rows.append([
            name, tables.spread(off, 3), tables.spread(on, 3), _more(on, off), _more(again, off),
        ])  # fmt: skip
    header = [
        "", "CPU ms a request, signals off", "on", "more (95% of the median)",
        "two servers with signals off",
    ]  # fmt: skip
    print(tables.table(header, rows))


def _more(costs: Sequence[float], others: Sequence[float]) -> str:
    """Returns by how much costs exceed those of the same turns, with its interval."""
    more = [100 * (one / other - 1) for one, other in zip(costs, others, strict=True)]
    return f"{statistics.median(more):+.1f}% ({_interval(more)})"


def _server(
    bundle: Path, home: Path, way: str, request: bytes
) -> contextlib.AbstractContextManager[processes.Server]:
    candidate = candidates.ours(bundle, home, SENTIMENT_SIGNALS=way.partition(" ")[0])
    port = processes.free_port()
    on_core, _ = processes.cores()
    log = home.with_suffix(".log")
    return processes.started(
        candidate.command(port), port, request, log, candidate.environment, on_core
    )


def _cost(
    server: processes.Server, requests: Sequence[bytes], connections: int, seconds: float
) -> float:
    """Returns CPU milliseconds a request.

    Raises:
        RuntimeError: A request was not answered.
    """
    before = _cpu_seconds(server.process.pid)
    found = load.measure(server.port, requests, connections, seconds, warm_up=0)
    spent = _cpu_seconds(server.process.pid) - before
    if found.errors:
        raise RuntimeError(f"not all requests were answered: {dict(found.outcomes)}")
    return 1e3 * spent / len(found.latencies)


def _cpu_seconds(pid: int) -> float:
    """Returns CPU time of a tree of processes; ``/proc`` knows it in hundredths of a second only.

    The clock of another process is the one of clock_getcpuclockid(3), which Python does not have.
    """
    return sum(time.clock_gettime((~each << 3) | 2) for each in processes.tree(pid))


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

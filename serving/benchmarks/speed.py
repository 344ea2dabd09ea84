"""What a request costs here, beside a bare ASGI app, MLflow's server and a plain BentoML service.

All answer the same texts, one a request, in one process on a core of their own; the load comes from
another core where there is one. They are measured in turn, so that a busy moment hits all of them.
"""

import argparse
import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from harness import candidates, processes
from harness.candidates import BARE, BENTOML, MLFLOW, OURS, Candidate
from harness.load import Load, measure
from harness.tables import spread, table

CONNECTIONS = (1, 8, 64)


@dataclass(frozen=True)
class Measurement:
    """One repeat: what came of the load, and the milliseconds of CPU an answer cost."""

    load: Load
    cpu: float


Results = dict[tuple[str, int], list[Measurement]]


def main() -> None:
    """Prints rates, latencies and CPU by number of connections, then the ratios aimed at."""
    options = _options()
    with tempfile.TemporaryDirectory() as scratch, contextlib.ExitStack() as stack:
        services, texts = _services(options, Path(scratch))
        results, idle = _measure(services, texts, options, Path(scratch), stack)
    print(f"One text a request, {options.seconds:g} s, {options.repeats} repeats\n")
    print(_figures(results))
    print(table(
        ["service", "resident MB after start", "and after the load", "processes"],
        [[name, *figures] for name, figures in idle.items()],
    ))  # fmt: skip
    print(_goals(results))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    candidates.add_options(parser)
    parser.add_argument("--seconds", type=float, default=3.0, help="length of a measurement")
    parser.add_argument("--repeats", type=int, default=3, help="measurements of each kind")
    parser.add_argument("--only", nargs="*", help="services by name; all if none are given")
    options = parser.parse_args()
    if options.quick:
        options.seconds = 0.5
    return options


def _services(options: argparse.Namespace, scratch: Path) -> tuple[list[Candidate], list[str]]:
    services, texts = candidates.all_linear(options.run, options.model, scratch)
    return [each for each in services if not options.only or each.name in options.only], texts


def _measure(
    services: Sequence[Candidate], texts: Sequence[str], options: argparse.Namespace,
    scratch: Path, stack: contextlib.ExitStack,
) -> tuple[Results, dict[str, list[str]]]:  # fmt: skip
    for_server, for_load = processes.cores()
    os.sched_setaffinity(0, for_load)
    servers = {
        each.name: stack.enter_context(processes.started(
            each.command(port), port, each.request("good"), scratch / f"{each.name}.log",
            each.environment, for_server,
        ))
        for each in services
        for port in [processes.free_port()]
    }  # fmt: skip
    requests = {each.name: [each.request(text) for text in texts] for each in services}
    before = {name: processes.use(server.process.pid) for name, server in servers.items()}
    results: Results = {}
    for connections in CONNECTIONS:
        for _ in range(options.repeats):
            for name, server in servers.items():
                one = _one(server, requests[name], connections, options.seconds)
                results.setdefault((name, connections), []).append(one)
    used = {}
    for name, server in servers.items():
        after = processes.use(server.process.pid)
        memory = [f"{each.resident / 1e6:,.0f}" for each in (before[name], after)]
        used[name] = [*memory, str(after.processes)]
    return results, used


def _one(
    server: processes.Server, requests: Sequence[bytes], connections: int, seconds: float
) -> Measurement:
    measure(server.port, requests, connections, 0.1, warm_up=0.3)
    before = processes.cpu_seconds(server.process.pid)
    load = measure(server.port, requests, connections, seconds, warm_up=0)
    cpu = processes.cpu_seconds(server.process.pid) - before
    if not load.outcomes["200"]:
        raise RuntimeError(f"no text was scored: {dict(load.outcomes)}")
    return Measurement(load, 1e3 * cpu / len(load.latencies))


def _figures(results: Results) -> str:
    rows = []
    for (name, connections), repeats in results.items():
        loads = [each.load for each in repeats]
        rows.append([
            name, str(connections),
            spread([load.rate for load in loads], 0),
            spread([1e3 * load.percentile(0.5) for load in loads]),
            spread([1e3 * load.percentile(0.99) for load in loads]),
            spread([each.cpu for each in repeats], 3),
            str(sum(load.errors for load in loads)),
        ])  # fmt: skip
    header = ["service", "connections", "requests/s: median (min to max)"]
    return table([*header, "p50 ms", "p99 ms", "CPU ms a request", "errors"], rows)


def _goals(results: Results) -> str:
    """Compares pairs of the same turn; the figures of a pair met the same moment."""
    rows = []
    for connections in CONNECTIONS:
        for aim in AIMS:
            mine, theirs = results.get((aim.of, connections)), results.get((aim.to, connections))
            if mine and theirs:
                ratios = [aim.ratio(*pair) for pair in zip(mine, theirs, strict=True)]
                rows.append([aim.name, str(connections), spread(ratios), aim.goal])
    return table(["aim", "connections", "median (min to max)", "goal"], rows)


def _cpu(mine: Measurement, theirs: Measurement) -> float:
    return mine.cpu / theirs.cpu


def _rate(mine: Measurement, theirs: Measurement) -> float:
    return mine.load.rate / theirs.load.rate


def _tail(mine: Measurement, _: Measurement) -> float:
    return mine.load.percentile(0.99) / mine.load.percentile(0.5)


@dataclass(frozen=True)
class Aim:
    """A ratio of two services' figures, and what it should be."""

    name: str
    of: str
    to: str
    ratio: Callable[[Measurement, Measurement], float]
    goal: str


AIMS = (
    Aim(f"CPU a request, times that of {BARE}", OURS, BARE, _cpu, "1.5, at most 3"),
    Aim(f"requests/s, times those of {MLFLOW}", OURS, MLFLOW, _rate, "at least 5"),
    Aim(f"the same of {BARE}: the most there is", BARE, MLFLOW, _rate, ""),
    Aim(f"CPU a request of {MLFLOW}, times ours", MLFLOW, OURS, _cpu, ""),
    Aim(f"requests/s, times those of {BENTOML}", OURS, BENTOML, _rate, "at least 3"),
    Aim(f"CPU a request of {BENTOML}, times ours", BENTOML, OURS, _cpu, ""),
    Aim("p99, times the p50", OURS, OURS, _tail, "under 10"),
)


if __name__ == "__main__":
    main()

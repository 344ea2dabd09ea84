"""What an experiment costs a request: none, one of two variants with guardrails, one with a shadow.

The same bundle is control, challenger and shadow, so that only the experiment differs. The closed
loop of 8 connections uses the whole core, which the shadow then has to share.
"""

import argparse
import contextlib
import os
import re
import sys
import tempfile
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from harness import candidates, processes
from harness.load import measure
from harness.tables import spread, table

CONNECTIONS = (1, 8)
VARIANTS = """
name = "measured-1"
[[variants]]
name = "control"
model = "baseline"
weight = 1
[[variants]]
name = "challenger"
model = "challenger"
{other}
[[guardrails]]
metric = "error_rate"
most = 0.01
[[guardrails]]
metric = "latency_ms_p95"
most = 50
relative = true
"""
KINDS = {"no experiment": "", "two variants": "weight = 1", "a shadow": "shadow = true"}
TEXT = "The parcel of {} came late and was wet, but the battery is great and the case looks nice."


def main() -> None:
    """Prints rates, latencies and CPU by number of connections."""
    parser = argparse.ArgumentParser(description=__doc__)
    candidates.add_options(parser)
    parser.add_argument("--seconds", type=float, default=3.0, help="length of a measurement")
    parser.add_argument("--repeats", type=int, default=5, help="measurements of each kind")
    options = parser.parse_args()
    if options.quick:
        options.seconds, options.repeats = 0.5, 2
    bundle = options.model or candidates.of_run(options.run, "train-baseline", "model")
    with tempfile.TemporaryDirectory() as scratch, contextlib.ExitStack() as stack:
        for_server, for_load = processes.cores()
        os.sched_setaffinity(0, for_load)
        servers = {
            kind: _started(bundle, kind, Path(scratch) / kind, for_server, stack) for kind in KINDS
        }
        results: dict[tuple[int, str], list[list[float]]] = {}
        for connections in CONNECTIONS:
            for _ in range(options.repeats):
                for kind, server in servers.items():
                    figures = _measured(server, connections, options.seconds)
                    results.setdefault((connections, kind), []).append(figures)
        rows = [
            [str(connections), kind, *(spread(column, 3) for column in zip(*figures, strict=True))]
            for (connections, kind), figures in results.items()
        ]
        header = ["connections", "service", "requests/s", "p50 ms", "p99 ms", "CPU ms a request"]
        print(table(header, rows))
        print(_shadowed(servers["a shadow"]))


def _started(
    bundle: Path, kind: str, folder: Path, core: set[int], stack: contextlib.ExitStack
) -> processes.Server:
    folder.mkdir()
    variables = {"SENTIMENT_MORE_MODELS": f"challenger={bundle}"}
    if KINDS[kind]:
        file = folder / "experiment.toml"
        file.write_text(VARIANTS.format(other=KINDS[kind]))
        variables["SENTIMENT_EXPERIMENT"] = str(file)
    ours = candidates.ours(Path(f"baseline={bundle}"), folder / "home", **variables)
    port = processes.free_port()
    log = folder / "log.txt"
    return stack.enter_context(
        processes.started(
            ours.command(port), port, ours.request("good"), log, ours.environment, core
        )
    )


def _measured(server: processes.Server, connections: int, seconds: float) -> list[float]:
    ours = [candidates.one_text(TEXT.format(number)) for number in range(500)]
    measure(server.port, ours, connections, 0.1, warm_up=0.3)
    before = processes.cpu_seconds(server.process.pid)
    load = measure(server.port, ours, connections, seconds, warm_up=0)
    cpu = processes.cpu_seconds(server.process.pid) - before
    if load.errors:
        raise RuntimeError(f"not all were answered: {dict(load.outcomes)}")
    latencies = [1e3 * load.percentile(share) for share in (0.5, 0.99)]
    return [load.rate, *latencies, 1e3 * cpu / len(load.latencies)]


def _shadowed(server: processes.Server) -> str:
    """Returns what the shadow has done with the texts it was offered."""
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics") as answer:
        text = answer.read().decode()
    found = re.findall(r'^sentiment_experiment_shadow_texts_total\{.*outcome="(\w+)".*\} (\S+)$',
                       text, re.MULTILINE)  # fmt: skip
    return "the shadow: " + ", ".join(f"{float(count):,.0f} {outcome}" for outcome, count in found)


if __name__ == "__main__":
    main()

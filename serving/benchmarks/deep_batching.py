"""Throughput of the deep model at 64 connections, with and without adaptive batching."""

import argparse
import contextlib
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from harness import candidates, processes
from harness.load import Load, measure
from harness.tables import spread, table

CONNECTIONS = 64
WITHOUT = {"SENTIMENT_MAX_BATCH": "1"}


def main() -> None:
    """Prints rates and latencies with and without batching, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    candidates.add_options(parser)
    parser.add_argument("--seconds", type=float, default=5.0, help="length of a measurement")
    parser.add_argument("--repeats", type=int, default=3, help="measurements of each kind")
    options = parser.parse_args()
    if options.quick:
        options.seconds, options.repeats = 2.0, 2
    for_server, for_load = processes.cores()
    loads: dict[str, list[Load]] = {}
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        scratch = Path(folder)
        _, texts = candidates.bentoml(candidates.of_run(options.run, "ingest", "examples"), scratch)
        kinds = {
            "batching": candidates.deep(options.run, options.deep_model, scratch),
            "one request at a time": candidates.deep(
                options.run, options.deep_model, scratch, **WITHOUT
            ),
        }
        os.sched_setaffinity(0, for_load)
        servers = {
            kind: stack.enter_context(processes.started(
                each.command(port), port, each.request("good"), scratch / f"{kind}.log",
                each.environment, for_server,
            ))
            for kind, each in kinds.items()
            for port in [processes.free_port()]
        }  # fmt: skip
        for _ in range(options.repeats):
            for kind, server in servers.items():
                requests = [kinds[kind].request(text) for text in texts]
                load = measure(server.port, requests, CONNECTIONS, options.seconds)
                loads.setdefault(kind, []).append(load)
    _show(loads)


def _show(loads: dict[str, list[Load]]) -> None:
    print(f"Deep model, {CONNECTIONS} connections, one text a request: median (min to max)\n")
    rows = [
        [
            kind,
            spread([load.rate for load in repeats], 0),
            spread([1e3 * load.percentile(0.5) for load in repeats]),
            spread([1e3 * load.percentile(0.99) for load in repeats]),
            str(sum(load.errors for load in repeats)),
        ]
        for kind, repeats in loads.items()
    ]
    print(table(["deep model", "requests/s", "p50 ms", "p99 ms", "errors"], rows))
    batched, single = loads.values()
    gains = [mine.rate / theirs.rate for mine, theirs in zip(batched, single, strict=True)]
    print(f"Batching gives {spread(gains)} times the requests/s; the goal is at least 2.")


if __name__ == "__main__":
    main()

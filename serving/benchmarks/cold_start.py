"""From the start of a server to its first prediction, beside its peers; and what it then holds.

Each is started alone, with its files in the page cache, on both cores.
"""

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from harness import candidates, processes
from harness.tables import spread, table


def main() -> None:
    """Prints seconds to the first answer and resident memory, a row for each service."""
    options = _options()
    with tempfile.TemporaryDirectory() as scratch:
        services, _ = candidates.all_linear(options.run, options.model, Path(scratch))
        if not options.quick:
            services.append(candidates.deep(options.run, options.deep_model, Path(scratch)))
        rows = []
        for each in services:
            seconds, memory = [], []
            for _ in range(options.repeats):
                port = processes.free_port()
                log = Path(scratch) / "log.txt"
                with processes.started(
                    each.command(port), port, each.request("good"), log, each.environment
                ) as server:
                    seconds.append(server.seconds_to_answer)
                    memory.append(processes.use(server.process.pid).resident / 1e6)
            rows.append([each.name, spread(seconds), spread(memory, 0)])
    print(f"{options.repeats} starts each: median (min to max)\n")
    print(table(["service", "seconds to the first prediction", "resident MB"], rows))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    candidates.add_options(parser)
    parser.add_argument("--repeats", type=int, default=3, help="starts of each service")
    options = parser.parse_args()
    if options.quick:
        options.repeats = 1
    return options


if __name__ == "__main__":
    main()

"""Plants every fault in clean examples and prints which rule finds it.

``--json FILE`` writes what was found, to compare it with what another TFDV finds.
"""

import argparse
import json
import logging
import sys
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests"))
import planted

from sentiment_validate.loading import without_import_chatter

COLUMNS = ("planted fault", "rule that fired", "column", "severity", "verdict")


def found(fault: planted.Fault | None) -> dict[str, object]:
    """Returns what is found where a fault is planted, or none."""
    judged = planted.judge(fault)
    return {
        "fault": fault.name if fault else "none",
        "expected": fault.rule if fault else "",
        "verdict": judged.verdict,
        "anomalies": [asdict(item) for item in judged.anomalies],
        "distances": [asdict(item) for item in judged.distances],
    }


def row(result: dict[str, object]) -> str:
    """Returns a line of the table."""
    anomalies = result["anomalies"]
    cells = (
        str(result["fault"]),
        *(", ".join(dict.fromkeys(item[field] for item in anomalies))
          for field in ("rule", "column", "severity")),
        str(result["verdict"]),
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def wrong(results: list[dict[str, object]]) -> list[str]:
    """Returns the faults that were not found by their own rule alone."""
    return [
        str(result["fault"])
        for result in results
        if {item["rule"] for item in result["anomalies"]} != {result["expected"]} - {""}
    ]


def main() -> int:
    """Prints the table; 1 if a fault is found by another rule than its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was found")
    arguments, _ = parser.parse_known_args()  # Benchmarks of a room are given the same flags.
    with without_import_chatter():
        import sentiment_validate.judgement  # noqa: F401 - what it says must not be in the table
    logging.disable(logging.WARNING)
    results = [found(fault) for fault in (None, *planted.FAULTS)]
    lines = [f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|", *map(row, results)]
    sys.stdout.write("\n".join(lines) + "\n")
    missed = wrong(results)
    tfdv = version("tensorflow-data-validation")
    sys.stdout.write(
        f"\n{len(results) - len(missed)} of {len(results)} found by the right rule and no other, "
        f"with TFDV {tfdv}\n"
    )
    if arguments.json:
        arguments.json.write_text(json.dumps({"tfdv": tfdv, "results": results}, indent=1))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

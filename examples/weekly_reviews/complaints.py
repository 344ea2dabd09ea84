"""What the team adds of its own: a message about this week's complaints, for their chat."""

import json
import sys
from pathlib import Path
from typing import Any

LABELS = ("negative", "neutral", "positive")


def message(exploration: dict[str, Any]) -> str:
    """Says how many complain, about which product most, and in which words."""
    labels, products = exploration["labels"], exploration["sources"]
    rows = sum(labels.values())
    worst = max(products, key=lambda name: share(products[name]))
    words = ", ".join(it["term"] for it in exploration["terms"]["negative"][:3])
    return (
        f"{labels['negative']} of {rows} reviews complain ({share(labels):.0%}), most about the "
        f"{worst} ({share(products[worst]):.0%}). What they say: {words}."
    )


def share(labels: dict[str, int]) -> float:
    """Returns the share of the negative ones."""
    return labels["negative"] / sum(labels[label] for label in LABELS)


def main(exploration: str, target: str) -> None:
    """Reads the folder that explore wrote and writes the message to a file."""
    figures = json.loads((Path(exploration) / "exploration.json").read_text(encoding="utf-8"))
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    Path(target).write_text(message(figures), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])

"""``sentiment-pipelines study``: the models' figures over several seeds, with intervals."""

import argparse
import sys
from typing import Any

SEEDS = (13, 14, 15, 16, 17)


def add(commands: Any) -> None:
    """Adds the command."""
    study = commands.add_parser(
        "study", help="train and evaluate under several seeds: what is skill, what luck"
    )
    study.add_argument(
        "--seeds", type=int, nargs="+", default=SEEDS, metavar="SEED",
        help=f"seeds of split and training (default: {' '.join(map(str, SEEDS))})",
    )  # fmt: skip
    study.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="override a parameter"
    )
    study.set_defaults(command=_study)


def _study(arguments: argparse.Namespace) -> int:
    from sentiment_pipelines import study

    def tell(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    print(study.run(arguments.seeds, arguments.set, tell))
    return 0

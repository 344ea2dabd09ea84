"""``sentiment-pipelines compile`` and ``champion``: what other commands stand on."""

import argparse
from typing import Any

from sentiment_common.errors import InputError
from sentiment_pipelines.environments import ROOT


def add(commands: Any) -> None:
    """Adds the commands."""
    compile_ = commands.add_parser("compile", help="write component.yaml, README tables, pipelines")
    compile_.set_defaults(command=_compile)
    champion = commands.add_parser("champion", help="print the folder of the champion's bundle")
    champion.set_defaults(command=_champion)


def _compile(arguments: argparse.Namespace) -> int:
    from sentiment_pipelines import compilation

    for path in compilation.write_all():
        print(path.relative_to(ROOT))
    return 0


def _champion(arguments: argparse.Namespace) -> int:
    from sentiment_pipelines import champion, tracker

    bundle = champion.champion_bundle(tracker.connect())
    if bundle is None:
        raise InputError("no model has been pushed yet", mend="run `make pipeline-run`")
    print(bundle)
    return 0

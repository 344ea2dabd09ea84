"""``sentiment-pipelines cluster``: kind on this machine; ``images-push``: any registry."""

import argparse
from typing import Any

from rich.console import Console


def add(commands: Any) -> None:
    """Adds the commands."""
    cluster = commands.add_parser("cluster", help="a cluster on this machine, by kind")
    verbs = cluster.add_subparsers(required=True, metavar="VERB")
    verbs.add_parser("up", help="make it, or what of it is missing").set_defaults(command=_up)
    load = verbs.add_parser("load", help="build what has changed and push it to its registry")
    load.add_argument("names", nargs="*", metavar="IMAGE", help="e.g. ingest; all if none is given")
    load.set_defaults(command=_load)
    verbs.add_parser("status", help="what is up, its memory, links").set_defaults(command=_status)
    down = verbs.add_parser("down", help="take it away")
    down.add_argument("--purge", action="store_true", help="its registry's images too")
    down.set_defaults(command=_down)
    push = commands.add_parser("images-push", help="push the images to a registry")
    push.add_argument("registry", help="e.g. registry.example.com/team")
    push.add_argument("names", nargs="*", metavar="IMAGE", help="e.g. ingest; all if none is given")
    push.add_argument(
        "--dev", action="store_true", help="also images that are in no release (tags with -dev)"
    )
    push.set_defaults(command=_push)


def _up(arguments: argparse.Namespace) -> int:
    from sentiment_pipelines import cluster

    return cluster.up(Console(stderr=True))


def _down(arguments: argparse.Namespace) -> int:
    from sentiment_pipelines import cluster

    cluster.down(Console(stderr=True), purge=arguments.purge)
    return 0


def _load(arguments: argparse.Namespace) -> int:
    from sentiment_pipelines import cluster

    for pushed in cluster.load(arguments.names, Console(stderr=True)):
        print(pushed.reference)
    return 0


def _status(arguments: argparse.Namespace) -> int:
    from sentiment_pipelines.cluster import state, status

    found = state.read()
    if found is None:
        print("no cluster here: make kind-up")
        return 1
    rows = status.rows(found)
    width = max(len(row.name) for row in rows)
    for row in rows:
        mark = {True: "✓", False: "✗", None: "-"}[row.up]
        print(f"{mark} {row.name:<{width}}  {row.words}")
    return int(any(row.up is False for row in rows))


def _push(arguments: argparse.Namespace) -> int:
    from sentiment_pipelines.images import Image, base, contents, docker, pushing

    found = docker.connect()
    ground = base.find(found)
    wanted = [Image(room, ground) for room in contents.chosen(arguments.names)]
    registry = pushing.check(arguments.registry, wanted, development=arguments.dev)
    for pushed in pushing.push(found, wanted, registry, Console(stderr=True)):
        print(pushed.reference)
    return 0

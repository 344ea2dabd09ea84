"""``sentiment-pipelines images`` and ``base-image``: what the containers run."""

import argparse
import os
import sys
from typing import Any


def add(commands: Any) -> None:
    """Adds the commands."""
    images = commands.add_parser("images", help="build the images that have changed")
    images.add_argument(
        "names", nargs="*", metavar="IMAGE", help="e.g. ingest; all if none is given"
    )
    images.add_argument(
        "--base", default="", help="what they stand on, e.g. python:3.11-slim-trixie"
    )
    images.add_argument(
        "--record", action="store_true", help="write their sizes into components/images.json"
    )
    images.set_defaults(command=_images)
    base = commands.add_parser("base-image", help="make the base of the images without a registry")
    base.add_argument("--mirror", default="", help="address of Debian's archive")
    base.add_argument("--security-mirror", default="", help="address of its security updates")
    base.set_defaults(command=_base)


def _images(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from sentiment_pipelines import images
    from sentiment_pipelines.images import contents, docker, sbom, sizes

    wanted = contents.chosen(arguments.names)
    console = Console(stderr=True)
    done = images.build(wanted, console, arguments.base)
    found = docker.connect()
    for built in done:
        with console.status(f"lists what {built.image.name} holds"):
            sbom.write(found, built.image)
    changed = sum(bool(built.seconds) for built in done)
    bills = os.path.relpath(sbom.path_of(done[0].image).parent)
    console.print(
        f"{changed} built, {len(done) - changed} as they were; bills of materials: {bills}"
    )
    if arguments.record:
        sizes.record(done)
    sizes.check(found, done)
    for built in done:
        print(built.image.reference)
    return 0


def _base(arguments: argparse.Namespace) -> int:
    from sentiment_pipelines.images import base, docker

    def tell(line: str) -> None:
        print(f"base-image: {line}", file=sys.stderr, flush=True)

    mirror = arguments.mirror or base.MIRROR
    security = arguments.security_mirror or base.SECURITY_MIRROR
    made = base.make(docker.connect(), tell, mirror, security)
    tell(f"{made.name} holds {made.content[:12]}")
    print(made.name)
    return 0

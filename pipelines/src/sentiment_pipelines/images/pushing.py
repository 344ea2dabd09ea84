"""Pushes images to a registry under their own tags, and says by which digest they are there."""

import re
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console

from sentiment_common.errors import InputError
from sentiment_pipelines.images.contents import CONTENT, Image
from sentiment_pipelines.images.docker import Docker, environment

DEVELOPMENT = "-dev."
"""In the tags of what is in no release."""
DIGEST = re.compile(r"digest: (sha256:[0-9a-f]{64})")
REGISTRY = re.compile(
    r"[a-zA-Z0-9.-]+(:\d+)?(/[a-z0-9._/-]+)?|\[[0-9a-fA-F:]+\](:\d+)?(/[a-z0-9._/-]+)?"
)
LOCAL = re.compile(r"(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?(/|$)")
FAULTS = (
    (
        r"no basic auth|unauthorized|authentication required|denied|\b40[13]\b",
        "the registry does not let you in",
        "`docker login {registry}`; may you push there?",
    ),
    (
        "server gave HTTP response to HTTPS client",
        "the registry speaks no TLS",
        "name it in insecure-registries of docker's daemon.json, or use one that does",
    ),
    (
        "x509|certificate",
        "the registry has a certificate that docker does not know",
        "put its authority's into /etc/docker/certs.d/{registry}/ca.crt",
    ),
    (
        "connection refused|no such host|i/o timeout|deadline exceeded|no route|EOF",
        "the registry cannot be reached",
        "is its address right? `make kind-up` starts one on localhost:5001",
    ),
    ("no space left", "the registry's disk is full", "make room there, then push again"),
    (
        "repository .* does not exist|name unknown",
        "the registry has no such repository",
        "create it there; some registries want that first",
    ),
)
"""What a push complains of, what it means, and the remedy; the first that fits is it."""


@dataclass(frozen=True)
class Pushed:
    """An image in a registry.

    Attributes:
        image: Which.
        registry: Where.
        digest: Digest of its manifest: what a cluster pulls it by.
        seconds: How long the push took.
    """

    image: Image
    registry: str
    digest: str
    seconds: float

    @property
    def reference(self) -> str:
        """Its name with the digest, which never means another image."""
        return f"{self.registry}/{self.image.name}@{self.digest}"


def check(registry: str, images: Sequence[Image], *, development: bool = False) -> str:
    """Returns the name of a registry as images are called by it, once it may be pushed to.

    Args:
        registry: Host with port, and a path if its images lie below one.
        images: What would be pushed.
        development: Whether images that are in no release may go to a registry of others.

    Raises:
        InputError: It is none, or would be given images that are in no release.
    """
    name = registry.removesuffix("/")
    if not REGISTRY.fullmatch(name):
        mend = "a host, with a port or a path if need be: registry.example.com/team"
        raise InputError(f"{registry!r} is no registry", where="REGISTRY", mend=mend)
    unreleased = [image.reference for image in images if DEVELOPMENT in image.tag]
    if unreleased and not development and not LOCAL.match(name):
        raise InputError(
            f"{len(unreleased)} of {len(images)} images are in no release, e.g. {unreleased[0]}",
            where=name,
            mend="release them: `make release`; or push them as they are: DEV=1",
        )
    return name


def push(
    docker: Docker,
    images: Sequence[Image],
    registry: str,
    console: Console,
    *,
    by_version: bool = False,
) -> list[Pushed]:
    """Pushes images that are built, one after the other; layers that are there are not sent.

    Args:
        docker: Who pushes.
        images: Which.
        registry: Where to, as :func:`check` returns it.
        console: Where the progress is shown, a line an image.
        by_version: Whether they are also to be had there by the plain version of their room,
            whatever it meant before: for a registry that is nobody else's.

    Raises:
        InputError: One is not built, or the registry does not take it. Those before it are there.
    """
    if missing := [image for image in images if not _is_built(docker, image)]:
        names = " ".join(image.room.name for image in missing)
        raise InputError(
            f"not built for what lies here, {len(missing)} of {len(images)} images",
            where=missing[0].reference,
            mend=f'build them: `make images IMAGES="{names}"`',
        )
    done, width = [], max((len(image.name) for image in images), default=0)
    for image in images:
        begin = time.monotonic()
        with console.status(f"pushes {image.name} to {registry}"):
            found = _push(docker, image, f"{registry}/{image.reference}")
            if by_version:
                _push(docker, image, f"{registry}/{image.name}:{image.room.version}")
        done.append(Pushed(image, registry, found, time.monotonic() - begin))
        console.print(
            f"[green]✓[/] {image.name:<{width}}  {done[-1].seconds:6.1f} s  [dim]{image.tag}[/]",
            soft_wrap=True, highlight=False,
        )  # fmt: skip
    return done


def _is_built(docker: Docker, image: Image) -> bool:
    content = f'{{{{index .Config.Labels "{CONTENT}"}}}}'
    told = docker.ask("image", "inspect", "--format", content, image.reference)
    return told.returncode == 0 and told.stdout.strip() == image.content


def _push(docker: Docker, image: Image, name: str) -> str:
    docker.ask("tag", image.reference, name)
    command = docker.command("push", name)
    try:
        told = subprocess.run(
            command,
            env=environment(),
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    finally:
        docker.ask("image", "rm", name)  # the name alone: the image keeps its own
    digest = DIGEST.search(told.stdout)
    if told.returncode or digest is None:
        raise fault(told.stderr or told.stdout, name)
    return digest[1]


def fault(said: str, name: str) -> InputError:
    """Returns the one line for a push that failed.

    Args:
        said: What docker wrote.
        name: What was pushed, with its registry.
    """
    host = name.partition("/")[0]
    for pattern, what, mend in FAULTS:
        if re.search(pattern, said, re.IGNORECASE):
            return InputError(what, where=name, mend=mend.format(registry=host))
    lines = said.strip().splitlines() or ["no reason given"]
    return InputError(f"the push failed: {lines[-1]}", where=name)

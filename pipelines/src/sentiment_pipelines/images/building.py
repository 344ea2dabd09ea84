"""Builds one image: the command, what it says while it runs, and what can go wrong."""

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from sentiment_common.errors import InputError
from sentiment_pipelines.environments import ROOT, VAR, uv
from sentiment_pipelines.images.contents import Image
from sentiment_pipelines.images.docker import Docker, environment

STEP = re.compile(r"^#(\d+) \[([\w-]+)[^\]]*\] (.+)$")
SAID = re.compile(r"^#(\d+) [\d.]+ (.+)$")
LAYER = re.compile(r"source=/parts/(\w+)\.lock")
INDEX = ("index-url", "extra-index-url", "trusted-host", "timeout")
"""What the build is told of the user's pip settings."""
FAULTS = (
    (
        "no space left on device",
        "the disk is full",
        "make room, e.g. `docker builder prune`, then build again: what is done is kept",
    ),
    (
        "python3: not found|ensurepip is not|No interpreter found",
        "the base has no Python 3.11 with venv",
        "another: BASE=python:3.11-slim-trixie; or ours: `make base-image`, and leave BASE out",
    ),
    (
        "cannot create /etc/passwd: Permission denied",
        "the user of the base is not root",
        "set it back in a base of your own: USER 0; the images have a user without rights anyway",
    ),
    (
        "UnknownIssuer|CERTIFICATE_VERIFY_FAILED|certificate verify failed",
        "the package index has a certificate that the build does not know",
        "name its authority's: PIP_CERT=/path/to/ca.pem",
    ),
    (
        r"\b40[137]\b.*(Unauthorized|Forbidden|Authentication)|Missing credentials|401 Client",
        "the package index wants credentials",
        "put them into index-url of pip's configuration: it is passed as a secret of the build",
    ),
    (
        "Hash mismatch|do not match the hashes",
        "a package is not the one that the lock names",
        "ask who keeps the package index; if the new one is right: `make lock`",
    ),
    (
        "dns error|name resolution|Network is unreachable|error sending request|Connection refused|"
        "Failed to establish a new connection|timed out",
        "the build cannot reach the package index",
        "is there a network? Another index: PIP_INDEX_URL, or index-url of pip's configuration",
    ),
    (
        "was not found in the package registry|No matching distribution",
        "the package index lacks a package of the lock",
        "is it the right one? `pip config list` shows what the build is told",
    ),
)
"""What a build complains of, what it means, and the remedy; the first that fits is it."""


def log_of(image: Image) -> Path:
    """Returns the file that the last build of an image is written to."""
    return VAR / "images" / f"{image.name}.log"


def run(docker: Docker, image: Image, tell: Callable[[str], None]) -> None:
    """Builds an image.

    Args:
        docker: Who builds.
        image: What to build.
        tell: Is called with what the build is doing, a few words at a time.

    Raises:
        InputError: The build failed; its log says more.
    """
    log = log_of(image)
    log.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="sentiment-build-") as folder:
        told = Path(folder) / "image"
        with secrets() as given, log.open("w") as stream:
            code = _run(command(docker, image, given, told), stream, tell)
        if code:
            raise fault(log.read_text(), image)
        made = told.read_text()
    if Image(image.room, image.base).content != image.content:
        docker.ask("image", "rm", made)
        raise InputError(
            "a file changed while the image was built", where=image.name, mend="build it again"
        )
    # It gets its name last: whenever a build is stopped, what has the name is what it says.
    docker.ask("tag", made, image.reference)


def _run(command: Sequence[str], log: TextIO, tell: Callable[[str], None]) -> int:
    with subprocess.Popen(
        command,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        try:
            for words in steps(_kept(process, log)):
                tell(words)
        except BaseException:
            process.terminate()  # or it would be waited for until the image is there
            raise
    return process.returncode


def _kept(process: subprocess.Popen[str], stream: TextIO) -> Iterator[str]:
    for line in process.stdout or ():
        stream.write(line)
        yield line.rstrip("\n")


def command(docker: Docker, image: Image, given: dict[str, Path], told: Path) -> list[str]:
    """Returns the command that builds an image.

    Args:
        docker: Who builds.
        image: What to build.
        given: File of each secret.
        told: Where docker writes the digest of what it has made, which has no name yet.
    """
    arguments = ["build", "--progress=plain", f"--target={image.target}"]
    for name, value in image.arguments.items():
        arguments += ["--build-arg", f"{name}={value}"]
    for name, value in image.labels().items():
        arguments += ["--label", f"{name}={value}"]
    for name, path in given.items():
        arguments += ["--secret", f"id={name},src={path}"]
    return docker.command(*arguments, f"--iidfile={told}", str(ROOT))


@contextmanager
def secrets() -> Iterator[dict[str, Path]]:
    """Yields the files that let a build reach the user's package index; nothing of them stays."""
    pip = [str(uv().with_name("python")), "-m", "pip", "config", "list"]
    listed = subprocess.run(pip, capture_output=True, text=True, check=True).stdout
    found: dict[str, str] = {}
    for line in listed.splitlines():
        key, _, value = line.partition("=")
        name = key.rpartition(".")[2].removeprefix("default-")
        if name not in found or key.startswith(":env:"):
            found[name] = value.strip("'\"").replace("\\n", " ")
    with tempfile.TemporaryDirectory(prefix="sentiment-build-") as folder:
        told = Path(folder) / "pip.conf"
        told.touch(mode=0o600)
        settings = [f"{name} = {found[name]}\n" for name in INDEX if name in found]
        told.write_text("[global]\n" + "".join(settings))
        authority = Path(found.get("cert") or os.environ.get("SSL_CERT_FILE", ""))
        yield {"pip": told} | ({"ca": authority} if authority.is_file() else {})


def steps(lines: Iterator[str]) -> Iterator[str]:
    """Turns what docker says into what it is doing, in a few words."""
    names: dict[str, str] = {}
    for line in lines:
        if step := STEP.match(line):
            names[step[1]] = _step(step[2], step[3])
            yield names[step[1]]
        elif (said := SAID.match(line)) and said[1] in names:
            yield f"{names[said[1]]}: {said[2].strip()}"
        elif "exporting layers" in line:
            yield "writes the layers"


def _step(stage: str, instruction: str) -> str:
    if layer := LAYER.search(instruction):
        return f"installs {layer[1]}"
    return {"tools": "fetches uv", "parts": "takes the lock apart"}.get(stage, "puts together")


def fault(log: str, image: Image) -> InputError:
    """Returns the one line for a build that failed.

    Args:
        log: What it said.
        image: What was built.
    """
    place = os.path.relpath(log_of(image))
    for pattern, what, mend in FAULTS:
        if re.search(pattern, log, re.IGNORECASE):
            return InputError(what, where=image.name, mend=f"{mend} (log: {place})")
    said = [match[2] for line in log.splitlines() if (match := SAID.match(line))]
    errors = [line for line in said if re.match(r"\W*error", line, re.IGNORECASE)]
    reason = (errors[:1] or said or log.splitlines() or ["no reason given"])[-1]
    return InputError(f"the build failed: {reason}", where=image.name, mend=f"see {place}")

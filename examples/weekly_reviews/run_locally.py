"""Runs the compiled pipeline on this machine: each task in its container, by KFP's own runner.

It needs ``kfp`` and ``docker`` (the SDK)::

    python run_locally.py weekly_reviews.yaml reviews.csv
"""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from docker.types import Mount
from kfp import components, local

DATA = "/data"


def runner(data: Path) -> local.DockerRunner:
    """Returns KFP's DockerRunner with what these containers need, and no more.

    Args:
        data: The folder to read from; the containers find it at ``/data``.
    """
    return local.DockerRunner(
        user=f"{os.getuid()}:{os.getgid()}",  # without it root owns what the containers write
        environment={"HOME": "/tmp"},  # noqa: S108 (in the container): that user has no home
        entrypoint="",  # as on Kubernetes, where the command replaces it
        read_only=True,
        tmpfs={"/tmp": ""},  # noqa: S108
        network_mode="none",  # both components read files here and ask nobody
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
        # DockerRunner mounts the folder of the outputs alone, and takes no `volumes`.
        mounts=[Mount(DATA, str(data), type="bind", read_only=True)],
    )


def run(pipeline: Path, reviews: Path, outputs: Path) -> Any:
    """Runs the pipeline and returns its outputs.

    A container that ends at once, or is removed, may be gone before DockerRunner asks for its exit
    code; it takes that for success (kfp 2.17). What was written tells the truth.

    Raises:
        RuntimeError: A task failed, or did not write its outputs.
    """
    local.init(runner=runner(reviews.resolve().parent), pipeline_root=str(outputs.resolve()))
    wired = components.load_component_from_file(str(pipeline))
    try:
        given = wired(source=f"{DATA}/{reviews.name}").outputs
    except ValueError as error:  # the next task looks for what is not there
        raise RuntimeError(f"a task ended without its outputs: {error}") from error
    if {"report", "message"} - set(given) or not Path(given["report"].path).is_file():
        raise RuntimeError(f"the pipeline ended without its outputs in {outputs}")
    return given


def main() -> int:
    """Runs the command line; returns 1 if a task failed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("pipeline", type=Path, help="the compiled pipeline")
    parser.add_argument("reviews", type=Path, help="CSV with review, stars and product")
    parser.add_argument("--outputs", type=Path, default=Path("outputs"), help="where to write")
    given = parser.parse_args()
    try:
        outputs = run(given.pipeline, given.reviews, given.outputs)
    except RuntimeError as error:
        print(f"run_locally: {error}; see above", file=sys.stderr)
        return 1
    print(outputs["message"], outputs["report"].path, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

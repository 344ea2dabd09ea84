"""The chain of the orchestration benchmark with kfp.local's own runner; needs kfp and pip alone.

Prints the seconds a task takes. kfp is imported before the clock starts.
"""

import contextlib
import io
import logging
import sys
import tempfile
import time

from kfp import dsl, local


def write(
    megabytes: int,
    data: dsl.Output[dsl.Dataset],
    before: dsl.Input[dsl.Dataset] = None,
) -> None:
    """Writes random bytes."""
    import os

    with open(data.path, "wb") as stream:  # noqa: PTH123
        stream.write(os.urandom(megabytes << 20))


def main(tasks: int, megabytes: int, *, preamble: bool) -> None:
    """Runs the chain once and prints the seconds of one task."""
    logging.disable(logging.CRITICAL)
    component = dsl.component(base_image="python:3.11", install_kfp_package=preamble)(write)

    @dsl.pipeline(name="chain")
    def pipeline() -> None:
        last = component(megabytes=megabytes)
        for _ in range(tasks - 1):
            last = component(megabytes=megabytes, before=last.outputs["data"])

    with tempfile.TemporaryDirectory() as folder:
        local.init(local.SubprocessRunner(use_venv=False), pipeline_root=folder)
        begin = time.monotonic()
        with contextlib.redirect_stdout(io.StringIO()):
            pipeline()
        seconds = (time.monotonic() - begin) / tasks
    print(seconds)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), preamble=sys.argv[3] == "preamble")

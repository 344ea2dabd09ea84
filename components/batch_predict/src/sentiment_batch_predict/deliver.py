"""Copies a result to where its reader wants it: ``python -m sentiment_batch_predict.deliver``.

The rows arrive under their name when they are complete, never before: a local file is written
beside its place and renamed, a store shows an object when its upload is done. The refused rows go
beside it, ``scored.csv`` and ``scored.refused.jsonl``.
"""

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import fsspec

from sentiment_common.artifacts import SCORED, read_intact
from sentiment_common.cli import EXIT_BAD_INPUT, EXIT_DONE, NO_SPACE, out_of_space
from sentiment_common.errors import InputError


def deliver(scored: Path, to: str, *, replace: bool = False) -> list[str]:
    """Copies scored and refused rows.

    Args:
        scored: The artifact.
        to: Path or address; one that ends in ``/``, or a folder, gets files of the usual names.
        replace: Whether files that are there may be replaced.

    Returns:
        Where the two files are now.

    Raises:
        InputError: The artifact is none or was changed, the name does not fit the format, something
            is there already, or the place cannot be written to.
    """
    read_intact(scored, SCORED)
    [rows] = scored.glob("scored.*")
    try:
        store, path = fsspec.core.url_to_fs(to)
        # Buckets are not searched for what may be a folder: the slash says it.
        local = "file" in _protocols(store)
        if to.endswith("/") or (local and store.isdir(path)):
            path = f"{path.rstrip('/')}/{rows.name}"
        targets = {rows: path, scored / "refused.jsonl": _beside(path)}
        _check(store, rows, targets.values(), replace=replace)
        for source, target in targets.items():
            _copy(source, store, target, local=local)
    except InputError:
        raise
    except Exception as error:
        # Every store has exceptions of its own.
        reason = NO_SPACE if out_of_space(error) else f"cannot be written to ({_line(error)})"
        raise InputError(reason, where=to, mend="check the address and your credentials") from error
    return [str(store.unstrip_protocol(target)) for target in targets.values()]


def _protocols(store: Any) -> Sequence[str]:
    return [store.protocol] if isinstance(store.protocol, str) else list(store.protocol)


def _beside(path: str) -> str:
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}{Path(name).stem}.refused.jsonl"


def _check(store: Any, rows: Path, targets: Any, *, replace: bool) -> None:
    for target in targets:
        if not replace and store.exists(target):
            where = str(store.unstrip_protocol(target))
            mend = "give another name, or --replace"
            raise InputError("is there already", where=where, mend=mend)
    extension = Path(next(iter(targets))).suffix
    if extension != rows.suffix:
        raise InputError(
            f"the rows are {rows.suffix[1:]}, the name ends in {extension or 'nothing'!r}",
            where=next(iter(targets)),
            mend=f"let it end in {rows.suffix}, or score with another --output-format",
        )


def _copy(source: Path, store: Any, target: str, *, local: bool) -> None:
    if not local:
        # In pieces and, unlike a stream, given up as a whole if it fails on the way.
        store.put_file(str(source), target)
        return
    place = Path(target)
    place.parent.mkdir(parents=True, exist_ok=True)
    partial = place.with_name(f".{place.name}.partial")
    try:
        shutil.copyfile(source, partial)
        partial.replace(place)
    finally:
        partial.unlink(missing_ok=True)


def _line(error: Exception) -> str:
    return str(error).split("\n", 1)[0][:200] or type(error).__name__


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m sentiment_batch_predict.deliver", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--scored", type=Path, required=True, help="the artifact with the rows")
    parser.add_argument("--to", required=True, help="a path, or s3://, gs:// and the like")
    parser.add_argument("--replace", action="store_true", help="replace what is there")
    options = parser.parse_args(argv)
    try:
        targets = deliver(options.scored, options.to, replace=options.replace)
    except InputError as error:
        sys.stderr.write(f"deliver: {error}\n")
        return EXIT_BAD_INPUT
    sys.stdout.write("\n".join(targets) + "\n")
    return EXIT_DONE


if __name__ == "__main__":
    sys.exit(main())

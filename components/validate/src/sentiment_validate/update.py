"""``python -m sentiment_validate.update``: proposes a schema, shows its diff, writes it if told."""

import argparse
import difflib
import sys
from collections.abc import Sequence
from pathlib import Path

from sentiment_common.artifacts import EXAMPLES, read_manifest
from sentiment_common.errors import InputError
from sentiment_validate import examples
from sentiment_validate.loading import without_import_chatter
from sentiment_validate.schema import NamedSchema, choose, parse
from sentiment_validate.schema_text import rewritten

NAME = "schema-update"


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line.

    Returns:
        0, or 2 for bad input, which is said in one line.
    """
    parser = argparse.ArgumentParser(
        prog=NAME,
        description="Proposes a schema that examples would pass, and shows what would change.",
        epilog="What is wrong with the data must not become the schema: read the diff.",
        allow_abbrev=False,
    )
    parser.add_argument("--examples", type=Path, required=True, metavar="DIR", help="examples")
    parser.add_argument(
        "--schema", type=Path, required=True, metavar="FILE",
        help="the schema to change; if there is none yet, one is made from the shipped feedback",
    )  # fmt: skip
    parser.add_argument(
        "--tighten", action="store_true",
        help="narrow ranges and list values, too: only if the data is known to be sound",
    )  # fmt: skip
    parser.add_argument("--write", action="store_true", help="write the schema")
    arguments = parser.parse_args(argv)
    try:
        _update(arguments.examples, arguments.schema, arguments.tighten, arguments.write)
    except InputError as error:
        sys.stderr.write(f"{NAME}: {error}\n")
        return 2
    return 0


def _update(folder: Path, path: Path, tighten: bool, write: bool) -> None:
    read_manifest(folder, EXAMPLES)
    before = _schema(path)
    frames = {split: examples.derive(rows) for split, rows in examples.read_splits(folder).items()}
    with without_import_chatter():  # After all that may be mistaken, for it takes seconds.
        from sentiment_validate.proposal import propose

    proposal = propose(before, frames, tighten=tighten)
    after = rewritten(before.text, proposal.schema)
    sys.stdout.write(diff(before.text, after, before.name, str(path)))
    for note in proposal.notes:
        sys.stderr.write(f"{NAME}: not proposed, mend the data: {note}\n")
    if after == before.text and path.is_file():
        sys.stderr.write(f"{NAME}: nothing to change in {path}\n")
    elif write:
        _write(path, after)
        sys.stderr.write(f"{NAME}: wrote {path}\n")
    else:
        sys.stderr.write(f"{NAME}: nothing written; to write {path} add --write\n")


def _schema(path: Path) -> NamedSchema:
    return choose(str(path), {}) if path.is_file() else choose("feedback", {})


def diff(before: str, after: str, old: str, new: str) -> str:
    """Returns the unified diff of two texts; empty if they are equal."""
    lines = (text.splitlines(keepends=True) for text in (before, after))
    return "".join(difflib.unified_diff(*lines, fromfile=old, tofile=new))


def _write(path: Path, text: str) -> None:
    """Writes a schema whole or not at all; what is written can be read."""
    parse(path.name, text)
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_name(f".{path.name}.partial")
    staged.write_text(text, "utf-8")
    staged.replace(path)


if __name__ == "__main__":
    sys.exit(main())

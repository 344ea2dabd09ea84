"""``sentiment-pipelines data``: versions of user data, kept by DVC and git."""

import argparse
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from sentiment_pipelines.versions import Commit

WIDTH = 160
"""Columns of the output where it is no terminal."""


def add(commands: Any) -> None:
    """Adds the command."""
    data = commands.add_parser("data", help="list, keep, share and bring back versions of data")
    data.set_defaults(command=_list)
    steps = data.add_subparsers(metavar="STEP")
    kept = steps.add_parser("add", help="keep a file or folder as it is now")
    kept.add_argument("file", type=Path, help="one from elsewhere is copied to data/ first")
    kept.set_defaults(command=_add)
    push = steps.add_parser("push", help="copy every version to the remote")
    push.add_argument(
        "--remote", default="", metavar="URL", help="s3://BUCKET/PATH or a folder, from now on"
    )
    push.add_argument("--endpoint", default="", metavar="URL", help="of another S3 than Amazon's")
    push.set_defaults(command=_push)
    pull = steps.add_parser("pull", help="fetch what this commit's data/*.dvc name")
    pull.set_defaults(command=_pull)
    back = steps.add_parser("checkout", help="put data back as they were at a commit")
    back.add_argument("revision", help="a commit, tag or branch")
    back.add_argument("files", nargs="*", type=Path, help="(default: all of data/)")
    back.set_defaults(command=_check_out)


def _list(arguments: argparse.Namespace) -> int:
    from sentiment_pipelines import dvc, versions

    files = dvc.tracked(dvc.repository())
    if not files:
        print("no data are versioned yet: `make data-add FILE=reviews.csv` keeps the first")
        return 0
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("", "data", "version", "bytes", "commit", "date", "by"):
        right = title == "bytes"
        table.add_column(title, no_wrap=True, justify="right" if right else "left")
    table.add_column("message")
    for file in files:
        target = file.with_suffix("")
        here = versions.md5(target) if target.exists() else ""
        known = versions.commits(file)
        name = escape(str(file.with_suffix("").relative_to(dvc.repository())))
        if here not in [it.md5 for it in known]:
            state = "in no commit yet" if here else "[red]not here[/]"
            table.add_row("★" if here else "", name, here[: versions.SHORT], "", "", "", "", state)
        for it in known:
            table.add_row(*_row(it, name, here))
    width = None if sys.stdout.isatty() else WIDTH
    Console(file=sys.stdout, highlight=False, width=width).print(table)
    return 0


def _row(it: "Commit", name: str, here: str) -> tuple[str, ...]:
    from sentiment_pipelines.versions import SHORT

    return (
        "★" if it.md5 and it.md5 == here else "", name, it.md5[:SHORT] or "[dim]ended[/]",
        f"{it.size:,}" if it.md5 else "", it.commit[:SHORT], it.date.partition("T")[0],
        escape(it.author), escape(it.subject),
    )  # fmt: skip


def _add(arguments: argparse.Namespace) -> int:
    from sentiment_pipelines import dvc, versions

    top = dvc.repository()
    file = dvc.add(top, arguments.file)
    found = versions.of(file.with_suffix(""))
    kept = shlex.join(str(it.relative_to(top)) for it in (file, file.parent / ".gitignore"))
    print(found)
    print(f"keep it      git add .dvc {kept} && git commit")
    print("share it     make data-push")
    print(f"train on it  make pipeline-run DATA={shlex.quote(found.path if found else '')}")
    return 0


def _push(arguments: argparse.Namespace) -> int:
    from sentiment_pipelines import dvc

    dvc.push(dvc.repository(), arguments.remote, arguments.endpoint)
    print("every version is on the remote")
    if arguments.remote:
        print("others find it when .dvc/config is committed")
    return 0


def _pull(arguments: argparse.Namespace) -> int:
    from sentiment_pipelines import dvc

    top = dvc.repository()
    dvc.pull(top)
    _say(dvc.tracked(top))
    return 0


def _check_out(arguments: argparse.Namespace) -> int:
    from sentiment_pipelines import dvc

    top = dvc.repository()
    _say(dvc.check_out(top, arguments.revision, arguments.files))
    print("forward again: make data-checkout REV=HEAD")
    return 0


def _say(files: list[Path]) -> None:
    from sentiment_pipelines import versions

    for file in files:
        print(versions.of(file.with_suffix("")))

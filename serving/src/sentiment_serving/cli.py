"""``sentiment-serve``: serves a bundle over HTTP, or builds the Bento that does."""

import argparse
import ipaddress
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from sentiment_common.cli import EXIT_BAD_INPUT, EXIT_DONE
from sentiment_common.errors import InputError

NAME = "sentiment-serve"
HOME = Path("var/bentoml")
EXAMPLES = """examples:
  sentiment-serve run --model var/model --port 3000
  sentiment-serve build --model var/model
  BENTOML_HOME=var/bentoml bentoml serve sentiment:latest"""


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Runs a command line and exits with its code: 2 for bad input, with one line."""
    arguments = _parser().parse_args(argv)
    try:
        if arguments.command == "build":
            print(_build(arguments))
        else:
            _run(arguments)
    except InputError as error:
        print(f"{NAME}: {error}", file=sys.stderr)
        sys.exit(EXIT_BAD_INPUT)
    sys.exit(EXIT_DONE)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=NAME,
        description="Serves a model bundle over HTTP, or builds the Bento that does.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="run|build")
    run = commands.add_parser(
        "run", help="serve: POST /predict; GET /livez, /readyz, /metrics, /docs", allow_abbrev=False
    )
    run.add_argument(
        "--model", metavar="DIR", help="the bundle (default: SENTIMENT_MODEL, else the Bento's own)"
    )
    run.add_argument("--port", type=int, default=3000, help="port to listen on (default: 3000)")
    run.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)"
    )
    _add_home(run, "below it each server keeps a BENTOML_HOME of its own, by port")
    build = commands.add_parser(
        "build", help="build the Bento of a bundle and print its tag", allow_abbrev=False
    )
    build.add_argument("--model", metavar="DIR", required=True, help="the bundle")
    build.add_argument(
        "--lock", metavar="FILE", type=Path,
        help="pins of its environment (default: this checkout's lock for the bundle's backend)",
    )  # fmt: skip
    _add_home(build, "the BENTOML_HOME whose store receives the Bento")
    return parser


def _add_home(parser: argparse.ArgumentParser, text: str) -> None:
    parser.add_argument(
        "--home", metavar="DIR", type=Path, default=HOME, help=f"{text} (default: {HOME})"
    )


def _build(arguments: argparse.Namespace) -> str:
    from sentiment_serving.bento import build

    return build(Path(arguments.model), arguments.home.absolute(), arguments.lock)


def _run(arguments: argparse.Namespace) -> NoReturn:
    """Becomes ``bentoml serve``, so that signals and the exit code are its own."""
    from sentiment_serving.bento import SERVICE
    from sentiment_serving.model import VARIABLE, bundle_folder, check

    folder = bundle_folder(arguments.model)
    check(folder)
    _check_address(arguments.host, arguments.port)
    # A starting server empties the metrics folder of its home: two must not share one.
    home = arguments.home.absolute() / "servers" / str(arguments.port)
    home.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        VARIABLE: str(folder),
        "BENTOML_HOME": str(home),
        "BENTOML_DO_NOT_TRACK": "True",
    }
    command = [sys.executable, "-m", "bentoml", "serve", SERVICE]
    address = ["--host", arguments.host, "--port", str(arguments.port)]
    os.execve(sys.executable, [*command, *address], environment)  # noqa: S606


def _check_address(host: str, port: int) -> None:
    try:
        family = socket.AF_INET6 if ipaddress.ip_address(host).version == 6 else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except ValueError as error:
        raise InputError(
            f"{host!r} is no IP address", where="--host", mend="give 127.0.0.1 or 0.0.0.0"
        ) from error
    except (OSError, OverflowError) as error:
        raise InputError(
            f"cannot listen there ({error})", where=f"{host}:{port}", mend="give another --port"
        ) from error

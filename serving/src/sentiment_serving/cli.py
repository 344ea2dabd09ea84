"""``sentiment-serve``: serves models over HTTP, builds the Bento that does, replays its log."""

import argparse
import ipaddress
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import NoReturn, get_args

from sentiment_common.cli import EXIT_BAD_INPUT, EXIT_DONE
from sentiment_common.errors import InputError
from sentiment_common.request_log import LoggedText
from sentiment_serving import replay
from sentiment_serving.settings import Settings

NAME = "sentiment-serve"
HOME = Path("var/bentoml")
SAGEMAKER_MODEL, SAGEMAKER_PORT = "/opt/ml/model", "8080"
EXAMPLES = """examples:
  sentiment-serve run --model var/model --port 3000
  sentiment-serve build --model var/model
  BENTOML_HOME=var/bentoml bentoml serve sentiment:latest"""
RUN_EXAMPLES = """examples:
  sentiment-serve run --model var/model
  MLFLOW_TRACKING_URI=http://mlflow:5000 sentiment-serve run --model models:/sentiment@champion
  sentiment-serve run --model models:/sentiment@champion --also previous=models:/sentiment/3
  sentiment-serve run --model var/model --also challenger=var/other --experiment experiment.toml
  sentiment-serve run --model var/model --host 0.0.0.0 --api-keys-file keys.txt --workers 4

every option is also a variable: SENTIMENT_MODEL, SENTIMENT_FOLLOW, SENTIMENT_API_KEYS_FILE and so
on; keys themselves are taken from SENTIMENT_API_KEYS or a file, never from the command line"""


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Runs a command line and exits with its code: 2 for bad input, with one line."""
    arguments = _parser().parse_args(argv)
    try:
        if arguments.command == "build":
            _say(_build(arguments))
        elif arguments.command == "replay":
            _say(replay.run(arguments))
        else:
            _run(arguments)
    except InputError as error:
        print(f"{NAME}: {error}", file=sys.stderr)
        sys.exit(EXIT_BAD_INPUT)
    sys.exit(EXIT_DONE)


def _say(text: str) -> None:
    try:
        print(text, flush=True)
    except BrokenPipeError:
        # Whoever read it, such as `head`, has seen enough; at its end Python would try again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def serve() -> NoReturn:
    """The command ``serve`` of an image on SageMaker, which alone can reach its port."""
    given = os.environ.get("SENTIMENT_MODEL")
    mounted = Path(SAGEMAKER_MODEL).is_dir()
    model = ["--model", SAGEMAKER_MODEL] if mounted or not given else []
    home = os.environ.get("BENTOML_HOME", "/tmp/bentoml")  # noqa: S108 (all else is read-only)
    address = ["--host", "0.0.0.0", "--port", SAGEMAKER_PORT]  # noqa: S104
    main(["run", *model, *address, "--home", home, "--open", *sys.argv[1:]])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=NAME,
        description="Serves models over HTTP, builds the Bento that does, replays its request log.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="run|build|replay")
    _add_run(commands)
    build = commands.add_parser(
        "build", help="build the Bento of a bundle and print its tag", allow_abbrev=False
    )
    build.add_argument("--model", metavar="DIR", required=True, help="the bundle")
    build.add_argument(
        "--lock", metavar="FILE", type=Path,
        help="pins of its environment (default: this checkout's lock for the bundle's backend)",
    )  # fmt: skip
    _add_home(build, "the BENTOML_HOME whose store receives the Bento")
    replay.add_parser(commands)
    return parser


def _add_run(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    run = commands.add_parser(
        "run", help="serve: POST /predict; GET /models, /metrics, /docs and a page at /",
        allow_abbrev=False, epilog=RUN_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    run.add_argument(
        "--model", metavar="MODEL",
        help="a bundle's folder, models:/NAME@ALIAS or models:/NAME/VERSION"
        " (default: SENTIMENT_MODEL, else the Bento's own)",
    )  # fmt: skip
    run.add_argument(
        "--also", metavar="NAME=MODEL", action="append",
        help="a further model, which requests pick by its name; may be repeated",
    )  # fmt: skip
    run.add_argument("--port", type=int, default=3000, help="port to listen on (default: 3000)")
    run.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)"
    )
    _add_home(run, "below it each server keeps a BENTOML_HOME of its own, by port, and all of "
              "them copies of registered models")  # fmt: skip
    add = run.add_argument
    add("--follow", metavar="SECONDS", help="between looks at an alias; 0 never looks again (15)")
    add("--workers", metavar="N", help="processes that answer (1)")
    add("--max-concurrency", metavar="N", help="requests waiting in a worker before 429 (256)")
    add("--max-batch", metavar="N", help="texts that a deep model scores together (256)")
    add("--timeout", metavar="SECONDS", help="until a request is given up with 504 (30)")
    add("--read-timeout", metavar="SECONDS", help="for a client's headers, and its body (10)")
    add("--api-keys-file", metavar="FILE", help="one key a line; read again when it changes")
    _add_switch(run, "--open", "answer without a key on an address that others can reach")
    _add_switch(run, "--open-metrics", "answer /metrics without a key")
    add("--access-log", metavar="SHARE", help="of answered requests with a line, 0 to 1 (0)")
    add("--signals", choices=("on", "off"), help="count what texts are like, and their drift (on)")
    add("--request-log", metavar="DIR", help="keep texts and answers there, for replay and drift")
    add(
        "--request-log-text",
        choices=get_args(LoggedText),
        help="what it keeps of a text (redacted)",
    )
    add("--experiment", metavar="FILE", help="who is answered by which model; read when it changes")
    add("--experiment-state", metavar="DIR", help="keep what was stopped there, not beside FILE")


def _add_switch(parser: argparse.ArgumentParser, name: str, text: str) -> None:
    parser.add_argument(name, action="store_const", const="true", help=text)


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

    home = arguments.home.absolute()
    settings = _settings(arguments, os.environ)
    if not settings.model_cache:
        settings = replace(settings, model_cache=str(home / "models"))
    _check(settings)
    _check_address(arguments.host, arguments.port, settings)
    # A starting server empties the metrics folder of its home: two must not share one.
    own = home / "servers" / str(arguments.port)
    own.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        **settings.to_environment(),
        "BENTOML_HOME": str(own),
        "BENTOML_DO_NOT_TRACK": "True",
    }
    command = [sys.executable, "-m", "bentoml", "serve", SERVICE]
    address = ["--host", arguments.host, "--port", str(arguments.port)]
    os.execve(sys.executable, [*command, *address], environment)  # noqa: S606


def _settings(arguments: argparse.Namespace, environment: Mapping[str, str]) -> Settings:
    """Returns what the variables say, and above them the command line."""
    given = {
        f"SENTIMENT_{item.name.upper()}": value
        for item in fields(Settings)
        if (value := getattr(arguments, item.name, None)) is not None
    }
    if arguments.also:
        given["SENTIMENT_MORE_MODELS"] = "\n".join(arguments.also)
    return Settings.from_environment({**environment, **given}).absolute()


def _check(settings: Settings) -> None:
    """Refuses what can be seen to be wrong before anything is started."""
    from sentiment_serving.checks import check
    from sentiment_serving.experiments.live import check_experiment
    from sentiment_serving.keys import ApiKeys
    from sentiment_serving.model import sources_of

    ApiKeys.of(settings)
    served = set()
    for source in sources_of(settings):
        bundle = None if source.registered else check(Path(source.text))[0]
        served.add(source.slot or (bundle.name if bundle else ""))
    check_experiment(settings, served)


def _check_address(host: str, port: int, settings: Settings) -> None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError as error:
        raise InputError(
            f"{host!r} is no IP address", where="--host", mend="give 127.0.0.1 or 0.0.0.0"
        ) from error
    if not (address.is_loopback or settings.open or settings.api_keys or settings.api_keys_file):
        raise InputError(
            "others can reach this address and no API key is set", where=host,
            mend="set SENTIMENT_API_KEYS or give --api-keys-file, or --open to do without",
        )  # fmt: skip
    try:
        family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except (OSError, OverflowError) as error:
        raise InputError(
            f"cannot listen there ({error})", where=f"{host}:{port}", mend="give another --port"
        ) from error

"""The command line of a stage, declared once: inputs, outputs, results, options.

``Stage.main`` parses, runs the stage's function on a ``Task`` and keeps the container contract:
outputs appear whole or not at all, exit code 0 for done (verdicts included), 2 for bad input with
one line, 1 with a traceback for a bug; SIGTERM and Ctrl-C stop it cleanly.
"""

import argparse
import contextlib
import errno
import json
import logging
import os
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version as installed_version
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

from sentiment_common import code, log
from sentiment_common.artifacts import (
    Kind,
    Manifest,
    Source,
    payload_digest,
    read_manifest,
    replace_tree,
    write_manifest,
)
from sentiment_common.errors import InputError
from sentiment_common.outputs import write_executor_output
from sentiment_common.tracking import TrackingLog

EXIT_DONE, EXIT_BUG, EXIT_BAD_INPUT = 0, 1, 2
CHECKPOINTS = "SENTIMENT_CHECKPOINTS"
"""Environment variable: a folder that outlives a killed stage, the same for the same work."""
TRACKING_SERVER = "SENTIMENT_TRACKING_SERVER"
"""Environment variable: address of an MLflow server that stages write to where no backend does."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Input:
    """An input artifact: ``--name DIR``."""

    name: str
    kind: Kind
    help: str
    optional: bool = False


@dataclass(frozen=True)
class Output:
    """An output artifact: ``--out-name PATH``; without a kind it is a plain file (HTML)."""

    name: str
    kind: Kind | None
    help: str


@dataclass(frozen=True)
class Result:
    """An output parameter: ``--out-name FILE`` receives its value as text."""

    name: str
    help: str
    type: type = str


@dataclass(frozen=True)
class Option:
    """A typed flag: ``--name VALUE``. Booleans take ``true`` or ``false``."""

    name: str
    type: type
    default: Any
    help: str
    choices: tuple[Any, ...] | None = None


@dataclass
class Task:
    """What a stage's function works on.

    Attributes:
        inputs: Path of each input artifact by name; None where an optional one is absent.
        outputs: Where to write each output; moved to its place when the function returns.
        options: The parsed options, as attributes.
        results: Output parameters, to be filled in.
        metadata: Artifact metadata for Kubeflow's interface, by output name.
        named_digests: Per output, digests that stand for folders whose bytes vary between saves.
        tracking: What the experiment tracker is to know.
        sources: Data from outside that was read; recorded in every output's manifest.
        checkpoints: Where a long stage keeps its progress, to go on from there after a kill; None
            if nobody offers such a place. Whoever offers it gives one folder per piece of work.
    """

    inputs: Mapping[str, Path | None]
    outputs: Mapping[str, Path]
    options: SimpleNamespace
    results: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, dict[str, Any]] = field(default_factory=dict)
    named_digests: dict[str, dict[str, str]] = field(default_factory=dict)
    tracking: TrackingLog = field(default_factory=TrackingLog)
    sources: list[Source] = field(default_factory=list)
    checkpoints: Path | None = None

    def input(self, name: str) -> Path:
        """Returns the path of an input that is not optional."""
        path = self.inputs[name]
        if path is None:
            raise KeyError(name)
        return path


@dataclass(frozen=True)
class Stage:
    """A stage's command line.

    Attributes:
        name: Distribution and command name, e.g. ``sentiment-ingest``.
        summary: One line for ``--help``.
        inputs: Input artifacts.
        outputs: Output artifacts.
        results: Output parameters.
        options: Typed flags.
        examples: Command lines shown by ``--help``.
    """

    name: str
    summary: str
    inputs: tuple[Input, ...] = ()
    outputs: tuple[Output, ...] = ()
    results: tuple[Result, ...] = ()
    options: tuple[Option, ...] = ()
    examples: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """The installed version, which is also the tag of the stage's image."""
        return installed_version(self.name)

    def main(self, run: Callable[[Task], None], argv: Sequence[str] | None = None) -> NoReturn:
        """Runs the stage for a command line and exits with its code."""
        log.configure()
        _give_home()
        signal.signal(signal.SIGTERM, _stop)
        # A shell lets its background jobs ignore Ctrl-C: they go on doing so.
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, _stop)
        try:
            arguments = self.parse(sys.argv[1:] if argv is None else argv)
            with self._replaying(arguments) as results:
                results.update(self.execute(run, arguments))
        except InputError as error:
            print(f"{self.name}: {error}", file=sys.stderr)
            sys.exit(EXIT_BAD_INPUT)
        except Exception as error:
            if not out_of_space(error):
                raise
            print(f"{self.name}: {NO_SPACE}", file=sys.stderr)
            sys.exit(EXIT_BAD_INPUT)
        sys.exit(EXIT_DONE)

    def parser(self) -> argparse.ArgumentParser:
        """Builds the argument parser, the single description of the command line."""
        examples = "\n".join(f"  {line}" for line in self.examples)
        parser = argparse.ArgumentParser(
            prog=self.name,
            description=self.summary,
            epilog=f"examples:\n{examples}" if examples else None,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        parser.add_argument("--version", action="version", version=f"{self.name} {self.version}")
        parser.add_argument(
            "--interface", action="version", version=json.dumps(self.interface()),
            help="print inputs, outputs and options as JSON, for tools",
        )  # fmt: skip
        for item in self.inputs:
            parser.add_argument(
                _flag(item.name), metavar="DIR", required=not item.optional, type=Path,
                help=f"{item.help} ({item.kind.name})",
            )  # fmt: skip
        for output in self.outputs:
            parser.add_argument(
                _flag("out_" + output.name), metavar="DIR" if output.kind else "FILE", type=Path,
                required=True, help=output.help,
            )  # fmt: skip
        for result in self.results:
            parser.add_argument(
                _flag("out_" + result.name), metavar="FILE", type=Path, help=result.help
            )
        for option in self.options:
            parser.add_argument(
                _flag(option.name), type=_boolean if option.type is bool else option.type,
                default=option.default, choices=option.choices,
                metavar=None if option.choices else option.type.__name__.upper(),
                help=f"{option.help} (default: {option.default!r})".replace("%", "%%"),
            )  # fmt: skip
        kubeflow = parser.add_argument_group("set by Kubeflow")
        kubeflow.add_argument("--executor-input", metavar="JSON", help="what KFP tells the task")
        kubeflow.add_argument("--executor-output", metavar="FILE", type=Path, help="our answer")
        return parser

    def parse(self, argv: Sequence[str]) -> argparse.Namespace:
        """Parses a command line.

        An option's value may begin with a dash (``-0.5,0.5``, ``--runner=FlinkRunner``): argparse
        would take it for a flag, so the two are joined first.
        """
        parser, words = self.parser(), list(argv)
        flags = set(parser._option_string_actions)
        options = {_flag(option.name) for option in self.options}
        for at in range(len(words) - 1, 0, -1):
            flag, value = words[at - 1], words[at]
            if flag in options and value.startswith("-") and value.split("=")[0] not in flags:
                words[at - 1 : at + 1] = [f"{flag}={value}"]
        return parser.parse_args(words)

    def interface(self) -> list[dict[str, Any]]:
        """Describes every flag: what the contract test holds component.yaml and README against."""
        rows: list[dict[str, Any]] = [
            _row(item.name, "input", item.kind.name, item.help, optional=item.optional)
            for item in self.inputs
        ]
        for output in self.outputs:
            kind = output.kind.name if output.kind else "file"
            rows.append(_row("out_" + output.name, "output", kind, output.help))
        for result in self.results:
            rows.append(_row("out_" + result.name, "result", result.type.__name__, result.help))
        for option in self.options:
            rows.append(
                _row(option.name, "option", option.type.__name__, option.help, option.default)
            )
        return rows

    def _replaying(
        self, arguments: argparse.Namespace
    ) -> contextlib.AbstractContextManager[dict[str, Any]]:
        """Tells a tracking server how the stage ended, if the environment names one."""
        if not os.environ.get(TRACKING_SERVER):
            return contextlib.nullcontext({})
        from sentiment_common import tracking_server  # which needs this module's names

        values = vars(arguments)
        options = {option.name: values[option.name] for option in self.options}
        outputs = {output.name: values["out_" + output.name] for output in self.outputs}
        return tracking_server.replaying(self.name, options, outputs, os.environ)

    def execute(
        self, run: Callable[[Task], None], arguments: argparse.Namespace
    ) -> Mapping[str, Any]:
        """Checks the inputs, runs the function, and moves its outputs to their places.

        Returns:
            The output parameters.

        Raises:
            InputError: An input artifact is missing, of the wrong kind, or the stage refuses it.
        """
        values = vars(arguments)
        inputs: dict[str, Path | None] = {item.name: values[item.name] for item in self.inputs}
        digests = {
            item.name: read_manifest(path, item.kind).digest
            for item in self.inputs
            if (path := inputs[item.name]) is not None
        }
        options = {option.name: values[option.name] for option in self.options}
        targets = {output.name: values["out_" + output.name] for output in self.outputs}
        with _staging(targets) as staged:
            checkpoints = Path(os.environ[CHECKPOINTS]) if os.environ.get(CHECKPOINTS) else None
            task = Task(inputs, staged, SimpleNamespace(**options), checkpoints=checkpoints)
            for output in self.outputs:
                if output.kind:
                    staged[output.name].mkdir()
            run(task)
            self._seal(task, digests, options)
            for name, target in targets.items():
                replace_tree(staged[name], target)
        for result in self.results:
            if path := values["out_" + result.name]:
                _write_result(path, task.results[result.name])
        if arguments.executor_input and arguments.executor_output:
            write_executor_output(
                arguments.executor_input, arguments.executor_output, task.results, task.metadata
            )
        return task.results

    def _seal(self, task: Task, digests: Mapping[str, str], options: Mapping[str, Any]) -> None:
        task.tracking.parameters(options)
        for output in self.outputs:
            if output.kind is None:
                continue
            folder = task.outputs[output.name]
            task.tracking.write(folder)
            named = task.named_digests.get(output.name, {})
            digest = payload_digest(folder, named)
            manifest = Manifest(
                output.kind.name, output.kind.schema_version, self.name, self.version,
                digest, digests, options, named, tuple(task.sources), code.stage_digest(self.name),
            )  # fmt: skip
            write_manifest(folder, manifest)
            task.metadata.setdefault(output.name, {}).update(
                kind=output.kind.name, schema_version=output.kind.schema_version, digest=digest
            )


NO_SPACE = "the disk is full: free some space and run it again; nothing half-written is left"


def out_of_space(error: BaseException) -> bool:
    """Tells whether a full disk or quota is behind an error, in whichever library it arose.

    Libraries in C++ (TensorFlow, Arrow, sqlite) keep the system's message and lose its number.
    """
    cause: BaseException | None = error
    while cause is not None:
        if getattr(cause, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
            return True
        if re.search(r"No space left on device|disk is full|Disk quota exceeded", str(cause)):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _row(
    name: str, role: str, kind: str, text: str, default: Any = None, *, optional: bool = False
) -> dict[str, Any]:
    row = {"flag": _flag(name), "role": role, "type": kind, "help": text, "default": default}
    return {**row, "optional": optional}


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")
    return text.lower() == "true"


def _give_home() -> None:
    """Gives a home to a user that nobody knows, as clusters start containers.

    Libraries ask for one as they are imported, and fail without.
    """
    try:
        Path.home()
    except RuntimeError:
        os.environ["HOME"] = tempfile.gettempdir()


def _stop(signum: int, frame: object) -> NoReturn:
    # An exception unwinds the stack, so that the staged outputs are removed on the way out.
    raise SystemExit(128 + signum)


def _write_result(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value))


@contextlib.contextmanager
def _staging(targets: Mapping[str, Path]) -> Iterator[dict[str, Path]]:
    """Yields a place beside each target to write to; what is still there at the end is removed."""
    with contextlib.ExitStack() as stack:
        staged = {}
        for name, target in targets.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.partial-", dir=target.parent))
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            staged[name] = folder / target.name
        yield staged

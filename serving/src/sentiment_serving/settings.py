"""How the service is set: by environment variables, because workers are processes of BentoML."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, get_args

from sentiment_common.errors import InputError
from sentiment_common.request_log import LoggedText
from sentiment_serving.references import parse

PREFIX = "SENTIMENT_"
TRUE, FALSE = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")
LEAST = {
    "follow": 0, "workers": 1, "max_concurrency": 1, "max_batch": 1, "timeout": 0.1,
    "read_timeout": 0.1,
}  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """Everything that can be set; the variable of a field is ``SENTIMENT_`` and its name.

    Attributes:
        model: The default model: a folder, ``models:/NAME@ALIAS`` or ``models:/NAME/VERSION``,
            with ``NAME=`` before it if it is to have another name; empty for the Bento's own.
        more_models: Further models as ``NAME=SOURCE``, one a line.
        model_cache: Folder for models from a registry; empty for the user's cache.
        follow: Seconds between looks at the alias of a registry; 0 never looks again.
        workers: Processes that answer.
        max_concurrency: Requests that a worker accepts and has not answered yet; more are refused.
        max_batch: Texts that a model other than a linear one scores together; 1 for each alone.
        timeout: Seconds until a request is given up.
        read_timeout: Seconds in which a client must have sent its headers, and then its body.
        api_keys: Keys, separated by commas or space.
        api_keys_file: File with one key a line; read again when it changes.
        open: Whether to answer without a key on an address that others can reach.
        open_metrics: Whether ``/metrics`` is answered without a key where keys are asked for.
        access_log: Share of the answered requests that get a line, 0 to 1; errors always do.
        signals: Whether to count what texts and answers are like, and their drift.
        request_log: Folder of the request log; empty for none.
        request_log_text: What of a text the request log keeps.
        experiment: File of the experiment that is run; empty for none.
        experiment_state: Folder of what has been stopped; empty for that of the experiment.
    """

    model: str = ""
    more_models: str = ""
    model_cache: str = ""
    follow: float = 15.0
    workers: int = 1
    max_concurrency: int = 256
    max_batch: int = 256
    timeout: float = 30.0
    read_timeout: float = 10.0
    api_keys: str = field(default="", repr=False)
    api_keys_file: str = ""
    open: bool = False
    open_metrics: bool = False
    access_log: float = 0.0
    signals: bool = True
    request_log: str = ""
    request_log_text: LoggedText = "redacted"
    experiment: str = ""
    experiment_state: str = ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Reads the variables that are there.

        Raises:
            InputError: A value is not of its field's type or range.
        """
        given = {
            item.name: _parsed(variable, environment[variable], item.default)
            for item in fields(cls)
            if (variable := PREFIX + item.name.upper()) in environment
        }
        settings = cls(**given)
        _check(settings)
        return settings

    def absolute(self) -> "Settings":
        """Returns the same settings with paths that do not depend on the working directory."""
        further = [line.strip() for line in self.more_models.split("\n") if line.strip()]
        return replace(
            self,
            model=parse(self.model).given if self.model else "",
            more_models="\n".join(parse(line).given for line in further),
            model_cache=_absolute(self.model_cache),
            api_keys_file=_absolute(self.api_keys_file),
            request_log=_absolute(self.request_log),
            experiment=_absolute(self.experiment),
            experiment_state=_absolute(self.experiment_state),
        )

    def to_environment(self) -> dict[str, str]:
        """Returns the variables that ``from_environment`` reads these settings from."""
        return {PREFIX + item.name.upper(): str(getattr(self, item.name)) for item in fields(self)}


def _absolute(path: str) -> str:
    return str(Path(path).absolute()) if path else ""


def _parsed(variable: str, text: str, default: Any) -> Any:
    try:
        if isinstance(default, bool):
            if text.lower() not in (*TRUE, *FALSE):
                raise ValueError("neither true nor false")
            return text.lower() in TRUE
        return type(default)(text)
    except ValueError as error:
        wanted = type(default).__name__
        raise InputError(f"not a value of type {wanted} ({error})", where=variable) from error


def _check(settings: Settings) -> None:
    for name, value in LEAST.items():
        # Written so that nan is refused as well.
        if not getattr(settings, name) >= value:
            raise InputError(f"must be at least {value}", where=PREFIX + name.upper())
    if not 0 <= settings.access_log <= 1:
        raise InputError("must be a share from 0 to 1", where=f"{PREFIX}ACCESS_LOG")
    if settings.request_log_text not in get_args(LoggedText):
        raise InputError(
            f"must be one of {', '.join(get_args(LoggedText))}",
            where=f"{PREFIX}REQUEST_LOG_TEXT",
        )

"""Options of an Apache Beam runner, as a stage's one option names them; without Beam itself."""

import shlex

from sentiment_common.errors import InputError

EXAMPLE = "e.g. --beam='--runner=FlinkRunner --flink_master=flink:8081'"


def beam_options(text: str) -> list[str]:
    """Returns the options of a Beam runner that a command line names; none if it is empty.

    Raises:
        InputError: They cannot be read, or name no runner.
    """
    try:
        options = shlex.split(text)
    except ValueError as error:
        raise InputError(f"{text!r} ({error})", where="--beam", mend=EXAMPLE) from error
    if options and not any(option.startswith("--runner=") for option in options):
        raise InputError(f"{text!r} names no runner", where="--beam", mend=EXAMPLE)
    return options

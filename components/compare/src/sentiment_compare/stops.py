"""Which variants were taken out, when and why: by a guardrail, by a person, or in the file."""

from pathlib import Path

from sentiment_common.errors import InputError
from sentiment_common.experiment import Experiment
from sentiment_common.experiment_state import GUARDRAIL, read_state, state_path
from sentiment_compare.collecting import Answers, seconds
from sentiment_compare.periods import Stop

IN_FILE = (
    "its name is among the stopped in the experiment's file; the time is that of its last answer"
)


def read_stops(
    file: Path, folder: Path | None, experiment: Experiment, answers: Answers, until: float
) -> list[Stop]:
    """Returns the stops in order of time.

    Args:
        file: The experiment's file.
        folder: Where the service keeps its state; None for beside the file.
        experiment: What the file says.
        answers: What callers were told: the file names no time for whom it stops.
        until: What is later, in seconds since 1970, is as if it had not happened yet.

    Raises:
        InputError: The state cannot be read or is none.
    """
    path = state_path(file, folder)
    state = read_state(path, experiment.name)
    try:
        found = [
            Stop(name, seconds(stop.time), stop.reason, stop.by == GUARDRAIL)
            for name, stop in state.stopped.items()
        ]
    except (TypeError, ValueError) as error:
        raise InputError(
            f"a stop bears no time ({error})", where=str(path), mend="delete or restore it"
        ) from error
    found = [it for it in found if it.time <= until]
    numbers = {variant.name: number for number, variant in enumerate(experiment.variants)}
    for name in experiment.stopped:
        given = answers.time[answers.variant == numbers[name]]
        if name not in state.stopped and len(given):
            found.append(Stop(name, float(given[-1]), IN_FILE, by_guardrail=False))
    return sorted((it for it in found if it.variant in numbers), key=lambda stop: stop.time)

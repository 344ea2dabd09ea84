"""The artifacts from outside that a run is given, found and written before it begins."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sentiment_common.artifacts import EVALUATION, MODEL, read_intact
from sentiment_common.errors import InputError
from sentiment_pipelines import parameters, previous
from sentiment_pipelines.cache import link

if TYPE_CHECKING:
    from sentiment_pipelines.champion import Champion
    from sentiment_pipelines.recorder import Recorder

PARAMETERS = (*parameters.FOUND, *parameters.ARTIFACTS)
"""Parameters that are such artifacts."""
DEFAULTS = {
    "previous_examples": previous.AUTO,
    "previous_statistics": previous.NONE,
    "model": previous.CHAMPION,
}
"""What they are if nobody says it; the champion itself is never given."""


@dataclass(frozen=True)
class Outside:
    """What a run or a plan is given from outside.

    Attributes:
        champion: The champion, if there is one.
        previous: Whose splits are carried forward, in words.
        values: Folder of each artifact, by parameter.
    """

    champion: "Champion | None"
    previous: str
    values: Mapping[str, str]

    @property
    def champion_in_words(self) -> str:
        """The champion that a run is given."""
        if self.champion is None:
            return "none yet"
        it = self.champion
        return f"{it.name} (version {it.version}, {it.digest[7:19]})"


def resolve(
    recorder: "Recorder", given: Mapping[str, Any], declared: Mapping[str, str], folder: Path
) -> Outside:
    """Finds the artifacts from outside and writes them into a folder.

    Args:
        recorder: Asks the registry.
        given: The run's parameters.
        declared: The parameters that the pipeline has.
        folder: Where to write them.

    Raises:
        InputError: One that is wanted is not there.
    """
    champion = recorder.ask("champion", folder / "champion")
    taken = ""
    if "previous_examples" in declared:
        wanted = str(given["previous_examples"])
        taken = previous.resolve(wanted, champion, folder / "previous_examples")
    if "previous_statistics" in declared:
        wanted = str(given["previous_statistics"])
        previous.resolve_statistics(wanted, champion, folder / "previous_statistics")
    if "model" in declared:
        _resolve_model(str(given["model"]), champion, folder)
    if "evaluation" in declared:
        judged = champion if given["model"] == previous.CHAMPION else None
        _resolve_training(judged, folder)
    values = {name: str(folder / name) for name in PARAMETERS if name in declared}
    return Outside(champion, taken, values)


def _resolve_model(wanted: str, champion: "Champion | None", folder: Path) -> None:
    if wanted == previous.CHAMPION and champion is None:
        raise InputError(
            "no model has been pushed yet", mend="run `make pipeline-run`, or name a bundle: MODEL="
        )
    bundle = folder / "champion" / "bundle" if wanted == previous.CHAMPION else Path(wanted)
    read_intact(bundle, MODEL)
    shutil.copytree(bundle, folder / "model", copy_function=link)


def _resolve_training(champion: "Champion | None", folder: Path) -> None:
    """Writes what the champion was trained and judged on; of another model nothing is known."""
    previous.resolve(previous.AUTO, champion, folder / "training_examples")
    previous.resolve_statistics(previous.CHAMPION, champion, folder / "training_statistics")
    evaluation = folder / "champion" / "evaluation"
    if champion is None or not evaluation.is_dir():
        previous.write_empty(folder / "evaluation", EVALUATION)
    else:
        shutil.copytree(evaluation, folder / "evaluation", copy_function=link)

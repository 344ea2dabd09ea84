"""The evaluation in which the champion was chosen: to the same question it is the answer.

The choice among candidates does not depend on the champion. Where the candidates, the examples, the
parameters, the code and the libraries are those of the evaluation that made the champion, the same
candidate would be chosen again with the same figures, and nothing needs to be scored.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentiment_common import report as html
from sentiment_common.artifacts import EVALUATION, MANIFEST, read_intact
from sentiment_common.errors import InputError
from sentiment_evaluate import outcome
from sentiment_evaluate.contenders import Contender
from sentiment_evaluate.outcome import AGAINST_POLICY, ALREADY_CHAMPION, Outcome

logger = logging.getLogger(__name__)
FOLDER, REPORT = "evaluation", "report.html"
BY_CONTENT = ("policy", "force", "behaviour")
"""Parameters that do not count as they are written: a policy and a suite count by what they say,
wherever they stand, and whether somebody forces the verdict changes neither the choice nor a
figure."""
REASON = (
    "the chosen candidate is the champion: there is nothing to push; the figures are those of the "
    "evaluation in which it was chosen, from the same candidates, examples, parameters and code"
)


@dataclass(frozen=True)
class Question:
    """All that the choice and its figures depend on.

    Attributes:
        inputs: Digest of each input artifact but the champion, by input name.
        parameters: Parameters of the stage.
        policy: Every setting of the policy.
        suite: Which behavioural suite, a file by its digest.
        producer_version: Version of the stage.
        code: Digest of its code.
    """

    inputs: Mapping[str, str]
    parameters: Mapping[str, Any]
    policy: Mapping[str, Any]
    suite: str
    producer_version: str
    code: str


@dataclass(frozen=True)
class Precedent:
    """The evaluation in which the champion was chosen.

    Attributes:
        evaluation: Content of its ``evaluation.json``.
        report: Its page.
    """

    evaluation: Mapping[str, Any]
    report: str


def find(champion: Contender, question: Question) -> Precedent | None:
    """Returns the evaluation that chose the champion if it answers the question.

    Args:
        champion: The champion; the evaluation lies beside its bundle, if the registry has it.
        question: What is asked today.

    Raises:
        InputError: The evaluation was changed after it was made.
    """
    folder = champion.folder.with_name(FOLDER)
    if not (folder / MANIFEST).is_file() or not (folder / REPORT).is_file():
        return None
    if different := _differences(_read(folder / MANIFEST), question):
        logger.info("the champion was chosen with other %s", ", ".join(different))
        return None
    read_intact(folder, EVALUATION)
    evaluation = _read(folder / "evaluation.json")
    for name, now in (
        ("policy", question.policy), ("suite", question.suite),
        ("libraries", outcome.libraries()),
    ):  # fmt: skip
        if evaluation[name] != now:
            logger.info("the champion was chosen with other %s", name)
            return None
    if outcome.chosen(evaluation)["digest"] != champion.digest:
        return None
    return Precedent(evaluation, (folder / REPORT).read_text(encoding="utf-8"))


def upheld(precedent: Precedent, candidates: Sequence[Contender], champion: Contender) -> Outcome:
    """Returns what scoring everything again would come to.

    Args:
        precedent: The evaluation in which the champion was chosen.
        candidates: The candidates, the same as then.
        champion: The champion, which is one of them.
    """
    earlier = precedent.evaluation
    choice = outcome.chosen(earlier)
    reigning = {**choice, "role": champion.role, "name": champion.name, "chosen": False}
    evaluation = {
        **earlier,
        "models": [*(it for it in earlier["models"] if it["role"] != "champion"), reigning],
        # A model is not held against itself, and nobody has to force it.
        "rules": [it for it in earlier["rules"] if it["against"] == AGAINST_POLICY],
        "forced": None,
        "verdict": ALREADY_CHAMPION,
    }
    training = next(it.manifest for it in candidates if it.role == choice["role"])
    return Outcome(
        evaluation,
        outcome.blessing(evaluation, training, REASON),
        _page(precedent, champion.model),
    )


def _differences(manifest: Mapping[str, Any], question: Question) -> list[str]:
    """Names what is not as it was; a manifest of another layout differs in its code at least."""
    then, now = dict(manifest.get("inputs", {})), question.inputs
    then.pop("champion", None)
    found = [name for name in sorted({*then, *now}) if then.get(name) != now.get(name)]
    if _counting(manifest.get("parameters", {})) != _counting(question.parameters):
        found.append("parameters")
    for name in ("producer_version", "code"):
        if manifest.get(name) != getattr(question, name):
            found.append(name)
    return found


def _counting(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if name not in BY_CONTENT}


def _page(precedent: Precedent, model: str) -> str:
    """Returns the earlier report under today's verdict."""
    before = outcome.champion(precedent.evaluation)
    champion = f"the champion was {before['model']}" if before else "there was no champion"
    note = (
        f"Candidate {model} is the champion, chosen from the same candidates on the same examples "
        f"with the same parameters and code. Nothing was scored again: below is the report of that "
        f"evaluation, when {champion}."
    )
    head, title, rest = precedent.report.partition("</h1>")
    return "".join(
        (head, title, html.verdict(ALREADY_CHAMPION, good=True), html.paragraph(note), rest)
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise InputError(
            f"not JSON ({error})",
            where=str(path),
            mend="resolve the champion from the registry again",
        ) from error

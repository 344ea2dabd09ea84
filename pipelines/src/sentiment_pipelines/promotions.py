"""The champions and challengers over time, and the way back to an earlier champion."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sentiment_common import promotions
from sentiment_common.artifacts import MODEL, read_intact
from sentiment_common.errors import InputError
from sentiment_common.promotions import Promotion
from sentiment_pipelines import champion
from sentiment_pipelines.champion import ALIAS, REGISTERED_MODEL


@dataclass(frozen=True)
class Champion:
    """One reign of a model, as champion or as challenger.

    Attributes:
        promotion: How it began.
        reigning: Whether it lasts.
        withdrawn: What keeps the model from returning by itself, if there is anything.
    """

    promotion: Promotion
    reigning: bool
    withdrawn: Promotion | None


def champions(log: Sequence[Promotion]) -> list[Champion]:
    """Returns the champions and challengers over time, the latest first.

    Args:
        log: The promotions behind every alias, the earliest first.
    """
    last = {it.alias: it for it in log}
    withdrawn = {alias: promotions.withdrawn(log, alias) for alias in last}
    return [
        Champion(it, it is last[it.alias] and bool(it.version), withdrawn[it.alias].get(it.digest))
        for it in reversed(log)
    ]


def roll_back(client: Any, to: str, reason: str, by: str) -> tuple[Promotion, Promotion]:
    """Moves the champion's alias back to an earlier version.

    Args:
        client: An ``mlflow.MlflowClient``.
        to: The version; empty for the champion before this one.
        reason: Why; it stays in the registry.
        by: Who does it.

    Returns:
        The champion that goes, and the rollback.

    Raises:
        InputError: There is nothing to go back to, or its files are not what they were when it
            was pushed.
    """
    if not reason.strip() or not by.strip():
        what = "--reason" if by.strip() else "--by"
        raise InputError("it is empty, and stays in the registry for ever", where=what)
    every = champion.every_log(client)
    log = [it for it in every if it.alias == ALIAS]
    if not log:
        raise InputError("there is no champion yet", mend="`make pipeline-run` makes the first one")
    reigning = log[-1]
    target = to or _before(promotions.standing(log))
    if target == reigning.version:
        raise InputError(f"version {target} is the champion already", where="--to")
    earlier = [it for it in log if it.version == target]
    if not earlier and any(it.version == target for it in every):
        raise InputError(
            f"version {target} was a challenger and never champion", where="--to",
            mend="`sentiment-pipelines promote --experiment FILE` promotes one",
        )  # fmt: skip
    version = _version(client, target)
    digest = read_intact(champion.download(version), MODEL).digest
    back = Promotion(
        promotions.now(), ALIAS, promotions.ROLLBACK, target, digest,
        version.tags.get("candidate", ""), reigning.version, by.strip(), " ".join(reason.split()),
        macro_f1=earlier[-1].macro_f1 if earlier else macro_f1(client, version), done=True,
    )  # fmt: skip
    promotions.promote(client, REGISTERED_MODEL, back)
    return reigning, back


def _before(standing: Sequence[Promotion]) -> str:
    if len(standing) < 2:
        raise InputError(
            f"there was no champion before version {standing[-1].version}",
            mend="name a version: `sentiment-pipelines rollback --to VERSION --reason WHY`",
        )
    return standing[-2].version


def _version(client: Any, number: str) -> Any:
    from mlflow.exceptions import MlflowException

    try:
        return client.get_model_version(REGISTERED_MODEL, number)
    except MlflowException as error:
        if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise
        raise InputError(
            f"{REGISTERED_MODEL} has no version {number!r}", where="--to",
            mend="`sentiment-pipelines promotions` lists those that were champions",
        ) from error  # fmt: skip


def macro_f1(client: Any, version: Any) -> float | None:
    """Returns the figure that push left in the version's run."""
    from mlflow.exceptions import MlflowException

    if not version.run_id:
        return None
    try:
        found: float | None = client.get_run(version.run_id).data.metrics.get("macro_f1")
    except MlflowException as error:
        # A version outlives its run where somebody deleted the run.
        if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise
        return None
    return found

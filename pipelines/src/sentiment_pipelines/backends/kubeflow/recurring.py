"""A recurring run: Kubeflow starts a pipeline by the clock, until it is told not to."""

import re
from dataclasses import dataclass
from typing import Any

from sentiment_common.errors import InputError
from sentiment_pipelines.backends.kubeflow.client import Kubeflow
from sentiment_pipelines.backends.kubeflow.submission import Uploaded
from sentiment_pipelines.backends.kubeflow.types import Package

FIELD = re.compile(r"[\d*/,?A-Za-z-]+")
FIELDS = 5
ALONE = "1"
"""How many at once; the API writes numbers of 64 bits as text."""


@dataclass(frozen=True)
class Change:
    """What was done about a recurring run.

    Attributes:
        made: Id of the one that was created; empty if the right one was there.
        deleted: Ids of those that were deleted.
    """

    made: str = ""
    deleted: tuple[str, ...] = ()


def cron(text: str) -> str:
    """Returns a cron line as Kubeflow takes it, with a field of seconds before the usual five.

    Raises:
        InputError: It is none.
    """
    fields = text.split()
    if len(fields) != FIELDS or not all(FIELD.fullmatch(field) for field in fields):
        raise InputError(
            f"{text!r} is no time", where="CRON",
            mend='minute, hour, day, month, weekday: CRON="0 3 * * *" is every night at three, UTC',
        )  # fmt: skip
    return f"0 {' '.join(fields)}"


def schedule(kubeflow: Kubeflow, package: Package, uploaded: Uploaded, at: str) -> Change:
    """Makes a pipeline run by the clock, and only once at a time.

    There is one recurring run of a pipeline: what differs from the one that is wanted is deleted.
    The new one is created before, so that none is lost if this is killed between.

    Args:
        kubeflow: Where.
        package: What a run is given.
        uploaded: The version that runs.
        at: When, see ``cron``.

    Raises:
        InputError: It is no time, or the API does not answer.
    """
    when, there = cron(at), kubeflow.recurring(package.pipeline)
    same = [it for it in there if _same(it, package, uploaded, when)]
    made = "" if same else _create(kubeflow, package, uploaded, when)
    others = [str(it.recurring_run_id) for it in there if it not in same[:1]]
    return Change(made, _delete(kubeflow, others))


def remove(kubeflow: Kubeflow, name: str) -> Change:
    """Makes a pipeline run by the clock no more; runs that have begun go on."""
    there = [str(it.recurring_run_id) for it in kubeflow.recurring(name)]
    return Change(deleted=_delete(kubeflow, there))


def _create(kubeflow: Kubeflow, package: Package, uploaded: Uploaded, when: str) -> str:
    experiment = kubeflow.experiment(kubeflow.connection.experiment)
    return kubeflow.create_recurring(
        package.pipeline, when, experiment, max_concurrency=ALONE, no_catchup=True,
        params=dict(package.parameters), pipeline_id=uploaded.pipeline,
        version_id=uploaded.version, pipeline_root=package.root,
    )  # fmt: skip


def _delete(kubeflow: Kubeflow, ids: list[str]) -> tuple[str, ...]:
    for id_ in ids:
        kubeflow.delete_recurring(id_)
    return tuple(ids)


def _same(there: Any, package: Package, uploaded: Uploaded, when: str) -> bool:
    reference, trigger, config = (
        there.pipeline_version_reference, there.trigger, there.runtime_config,
    )  # fmt: skip
    found = trigger.cron_schedule.cron if trigger and trigger.cron_schedule else ""
    parameters = (config.parameters if config else None) or {}
    return (
        bool(reference) and reference.pipeline_version_id == uploaded.version
        and found == when and parameters == dict(package.parameters)
        and there.mode != "DISABLE" and there.status != "DISABLED"
    )  # fmt: skip

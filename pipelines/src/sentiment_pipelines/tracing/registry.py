"""What the registry says of all versions, read once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sentiment_common.errors import InputError
from sentiment_pipelines import champion
from sentiment_pipelines.champion import REGISTERED_MODEL
from sentiment_pipelines.tracing.reigns import Reign, reigns

GONE = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
PAGE = 1_000


@dataclass(frozen=True)
class Version:
    """A registered version.

    Attributes:
        number: Its number.
        model: What it was called as a candidate.
        digest: Digest of its bundle; empty if it was not push that registered it.
        examples: Digest of the examples it was chosen on; empty if push did not say so.
        run: The pipeline's run that pushed it; empty if push was not told.
        mlflow_run: The run of the registry that has its figures.
        mlflow_state: ``active``, ``deleted``, or ``gone`` for good.
        aliases: Those that it has now.
        forced: Who pushed it against the gate, and why; empty if nobody did.
    """

    number: str
    model: str
    digest: str
    examples: str
    run: str
    mlflow_run: str
    mlflow_state: str
    aliases: Sequence[str]
    forced: str


@dataclass(frozen=True)
class Registry:
    """The registered versions and the aliases over time.

    Attributes:
        versions: The earliest first.
        reigns: The earliest first.
    """

    versions: Sequence[Version] = ()
    reigns: Sequence[Reign] = ()

    def of(self, digest: str) -> list[Version]:
        """Returns the versions with a bundle of this digest."""
        return [it for it in self.versions if it.digest == digest]

    def version(self, number: str) -> Version:
        """Returns a version by its number.

        Raises:
            InputError: There is none.
        """
        found = next((it for it in self.versions if it.number == number), None)
        if found is None:
            there = ", ".join(it.number for it in self.versions)
            raise InputError(
                f"{REGISTERED_MODEL} has no version {number!r}", where="VERSION",
                mend=f"it has {there}" if there else "`make pipeline-run` pushes the first one",
            )  # fmt: skip
        return found


def read(client: Any) -> Registry:
    """Reads the registry.

    Args:
        client: An ``mlflow.MlflowClient``.
    """
    listed = _listed(client)
    aliases = dict(client.get_registered_model(REGISTERED_MODEL).aliases) if listed else {}
    found = [_version(client, it, aliases) for it in listed]
    return Registry(
        sorted(found, key=lambda it: int(it.number)), reigns(champion.every_log(client))
    )


def _listed(client: Any) -> list[Any]:
    listed: list[Any] = []
    token = None
    while True:
        page = client.search_model_versions(
            f"name = '{REGISTERED_MODEL}'", max_results=PAGE, page_token=token
        )
        listed += page
        token = page.token
        if not token:
            return listed


def _version(client: Any, it: Any, aliases: dict[str, str]) -> Version:
    number, tags = str(it.version), it.tags
    who, why = tags.get("forced_by", ""), tags.get("forced_reason", "")
    return Version(
        number, tags.get("candidate", ""), tags.get("digest", ""), tags.get("examples", ""),
        tags.get("sentiment.run", ""), it.run_id or "", _state(client, it.run_id),
        sorted(alias for alias, version in aliases.items() if str(version) == number),
        f"{who}: {why}" if who else "",
    )  # fmt: skip


def _state(client: Any, run: str | None) -> str:
    from mlflow.exceptions import MlflowException

    if not run:
        return "gone"
    try:
        return str(client.get_run(run).info.lifecycle_stage)
    except MlflowException as error:
        if error.error_code not in GONE:
            raise
        return "gone"

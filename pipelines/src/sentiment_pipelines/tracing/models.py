"""What a bundle was made from and by: its versions, its run, its code, its data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentiment_common.artifacts import EXAMPLES, MODEL, Source
from sentiment_pipelines.cache import load
from sentiment_pipelines.champion import PRODUCER, REGISTERED_MODEL
from sentiment_pipelines.lineage import chain, target
from sentiment_pipelines.lineage.chain import Lineage, Place, Store
from sentiment_pipelines.runs import Run
from sentiment_pipelines.tracing.registry import Registry, Version
from sentiment_pipelines.tracing.reigns import Reign
from sentiment_pipelines.tracker import RUN_TAG


@dataclass(frozen=True)
class Origin:
    """The pipeline's run that something came from.

    Attributes:
        id: Its name.
        there: Whether its folder is still on this machine.
        pipeline: What ran.
        outcome: What it came to.
        backend: Where its tasks ran.
        revision: Commit of the code, with ``-dirty`` if files differed; None if nobody knows.
        data: The versions of the data that it was given.
        source: The ``source`` that it was given.
        mlflow_run: Its run of the tracking server.
    """

    id: str
    there: bool
    pipeline: str = ""
    outcome: str = ""
    backend: str = ""
    revision: str | None = None
    data: Sequence[str] = ()
    source: str = ""
    mlflow_run: str = ""


@dataclass(frozen=True)
class Step:
    """An artifact that a model was made from, or the model itself.

    Attributes:
        title: ``TASK/OUTPUT``, or the name alone.
        digest: Its digest.
        producer: Stage that made it, with its version.
        code: Digest of that stage's code.
        run: Run that made it.
        revision: Commit of the code of that run; None if nobody knows.
        image: Image of the task.
        lock: SHA-256 of the lock of its environment.
        python: Version of its interpreter; empty in a container.
        container: Digest of all that its container's image is made of; empty for a process.
        missing: Whether it is gone.
        notes: What else is to be said of it.
    """

    title: str
    digest: str
    producer: str
    code: str
    run: str
    revision: str | None
    image: str
    lock: str
    python: str
    container: str
    missing: bool
    notes: Sequence[str]


@dataclass(frozen=True)
class Made:
    """All that is known of a bundle.

    Attributes:
        digest: Its digest.
        versions: Its versions in the registry.
        reigns: When it was behind which alias.
        origin: The run that pushed it, or else the one that made it; None if nobody knows.
        steps: What it was made from, each after what it was made from itself; the model last.
        sources: The data from outside.
        examples: Digest of the examples it was trained on; empty if nobody knows.
        rows: Folder of these examples; None if they are gone.
        lineage: The chain, for a picture; None if nothing of the model is left.
    """

    digest: str
    versions: Sequence[Version]
    reigns: Sequence[Reign]
    origin: Origin | None
    steps: Sequence[Step]
    sources: Sequence[Source]
    examples: str
    rows: Path | None
    lineage: Lineage | None

    @property
    def gone(self) -> list[str]:
        """What of it is not there any more, a sentence each."""
        said = [
            f"{it.title} ({it.digest.removeprefix('sha256:')[:12]}): {note}"
            for it in self.steps if it.missing
            for note in it.notes
        ]  # fmt: skip
        if self.lineage is None:
            said.append("neither a run here nor the registry has the model's files any more")
        said += [
            f"the registry's run of version {it.number} is {it.mlflow_state}"
            for it in self.versions if it.mlflow_state != "active"
        ]  # fmt: skip
        if self.origin and not self.origin.there:
            said.append(f"run {self.origin.id} was deleted from this machine")
        return said


def made(digest: str, available: Store, registry: Registry, client: Any) -> Made:
    """Returns all that is known of a bundle.

    Args:
        digest: Its digest.
        available: The artifacts of all runs; what the registry keeps is added to it.
        registry: What the registry says.
        client: An ``mlflow.MlflowClient``.
    """
    versions = registry.of(digest)
    pushed = None
    for version in versions:
        name = f"models:/{REGISTERED_MODEL}/{version.number}"
        pushed = target.find(name, available, lambda: client)
    place = available.find(digest)
    lineage = chain.trace(available, place) if place else None
    places = {it.key: it for it in available.places}
    steps = [_step(lineage, key, places) for key in lineage.nodes] if lineage else []
    rows = _examples(lineage, places) if lineage else None
    told = next((it.examples for it in versions if it.examples), "")
    maker = place.maker if place else ""
    named = next((it.run for it in versions if it.run), "") or (pushed.run if pushed else "")
    return Made(
        digest, versions, [it for it in registry.reigns if it.digest == digest],
        origin(named or maker, client) if named or maker else None, steps,
        lineage.sources if lineage else (), rows.manifest.digest if rows else told,
        rows.folder if rows else None, lineage,
    )  # fmt: skip


def _step(lineage: Lineage, key: str, places: Mapping[str, Place]) -> Step:
    node, place = lineage.nodes[key], places.get(key)
    entry = load(place.folder.parent) if place and place.folder and place.task else None
    made_by = entry.key if entry else None
    return Step(
        node.title, node.digest, node.producer, node.code, node.run, node.revision,
        made_by.image if made_by else "", made_by.lock if made_by else "",
        made_by.python if made_by else "", made_by.container if made_by else "",
        node.missing, node.notes,
    )  # fmt: skip


def _examples(lineage: Lineage, places: Mapping[str, Place]) -> Place | None:
    """Returns the examples a model was trained on: the last, for earlier ones went into them."""
    found = [
        places[key]
        for key, node in lineage.nodes.items()
        if node.kind == EXAMPLES.name and not node.producer.startswith(f"{PRODUCER} ")
    ]
    return found[-1] if found else None


def origin(run: str, client: Any) -> Origin:
    """Returns what is known of a run: from its folder, else from the tracking server."""
    facts = Run(run).facts
    if facts:
        given = facts.get("parameters", {})
        return Origin(
            run, True, str(facts.get("pipeline", "training")),
            str(facts.get("outcome", facts.get("status", ""))), str(facts.get("backend", "")),
            facts.get("revision"), [_data(it) for it in facts.get("data", ())],
            str(given.get("source", "")), str(facts.get("mlflow_run") or ""),
        )  # fmt: skip
    for experiment in client.search_experiments():
        at, wanted = [experiment.experiment_id], f"tags.`{RUN_TAG}` = '{run}'"
        for it in client.search_runs(at, wanted, max_results=1):
            tags = it.data.tags
            data = tags.get("sentiment.data", "")
            return Origin(
                run, False, tags.get("sentiment.pipeline", ""), tags.get("sentiment.outcome", ""),
                "", tags.get("mlflow.source.git.commit"), data.split(", ") if data else [],
                it.data.params.get("source", ""), it.info.run_id,
            )  # fmt: skip
    return Origin(run, False)


def _data(it: Mapping[str, Any]) -> str:
    of = f" of commit {it['commit'][:12]}" if it.get("commit") else ""
    state = "" if it.get("state") == "committed" else f", {it.get('state', 'state unknown')}"
    return f"{it['path']} {it['md5'][:12]}{of}{state}"


def trained_on(examples: str, available: Store, registry: Registry) -> list[str]:
    """Returns the digests of all bundles that were made from an examples artifact.

    Args:
        examples: Its digest.
        available: The artifacts of all runs.
        registry: What the registry says, of models whose runs are gone as well.
    """
    found = {it.digest: None for it in registry.versions if it.examples == examples and it.digest}
    models = {it.manifest.digest: it for it in available.places if it.manifest.kind == MODEL.name}
    for digest, place in models.items():
        # Beyond its own examples lie those whose splits they have kept.
        if examples in chain.ancestors(available, place, EXAMPLES.name):
            found[digest] = None
    return list(found)

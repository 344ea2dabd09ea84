"""Writes a stage's run to an MLflow server where no backend does it: Kubeflow, SageMaker, a shell.

It speaks MLflow's public REST API 2.0 with the standard library: mlflow itself would add 60 MB and
seconds of import to every image. The server is named by ``SENTIMENT_TRACKING_SERVER``, the run that
the stages of a pipeline share by ``SENTIMENT_RUN``. A server that does not answer costs a warning
and no result: the figures are in ``tracking.jsonl`` beside each artifact.
"""

import contextlib
import json
import logging
import math
import time
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

from sentiment_common.artifacts import MANIFEST
from sentiment_common.cli import TRACKING_SERVER
from sentiment_common.errors import InputError
from sentiment_common.mlflow_api import Server, ServerError
from sentiment_common.tracking import Measurement, Recorded, recorded

RUN, IMAGE = "SENTIMENT_RUN", "SENTIMENT_IMAGE"
EXPERIMENT, RUN_TAG = "sentiment", "sentiment.run"
FAILED_TAG, REASON_TAG = "sentiment.failed", "sentiment.reason"
METRICS_PER_BATCH, PARAMETERS_PER_BATCH = 800, 100
"""MLflow takes 1,000 metrics, 100 parameters and 100 tags in a batch, and 1,000 of all together."""
LONGEST_PARAMETER, LONGEST_TAG, LONGEST_DATASET, LONGEST_DIGEST = 6000, 5000, 500, 36
DATASETS_PER_BATCH = 100
SECONDS_IN_ALL, SECONDS_WHEN_STOPPED = 60.0, 10.0
"""A server that takes longer is given up; whoever stops a stage kills it after 15 to 30 seconds."""
SECONDS_TO_SETTLE = 2.0
"""Stages that end within so many seconds of each other agree on the run they share."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Ended:
    """A stage that has ended.

    Attributes:
        stage: Its name, e.g. ``sentiment-ingest``.
        begin: When it began, seconds since 1970.
        status: MLflow's word: FINISHED, FAILED or KILLED.
        reason: Why it failed, one line; empty if it did not.
        parameters: What it ran with.
        outputs: Where its outputs lie; none of a stage that failed.
        results: Its output parameters.
        image: The image it ran in, if that is known.
        end: When it ended, seconds since 1970.
    """

    stage: str
    begin: float
    status: str
    reason: str
    parameters: Mapping[str, Any]
    outputs: Mapping[str, Path] = field(default_factory=dict)
    results: Mapping[str, Any] = field(default_factory=dict)
    image: str = ""
    end: float = field(default_factory=time.time)

    @property
    def name(self) -> str:
        """The name of the task, as the backends spell it, e.g. ``train-baseline``."""
        return self.stage.removeprefix("sentiment-")

    @property
    def manifests(self) -> dict[str, dict[str, Any]]:
        """The content of ``artifact.json`` of each output artifact."""
        paths = {name: folder / MANIFEST for name, folder in self.outputs.items()}
        return {
            name: json.loads(path.read_text(encoding="utf-8"))
            for name, path in paths.items()
            if path.is_file()
        }

    @property
    def recorded(self) -> Recorded:
        """What it recorded for a tracker; every artifact of a stage tells the same."""
        folder = next((self.outputs[name] for name in self.manifests), None)
        found = recorded(folder) if folder else Recorded()
        found.parameters.update(self.parameters)
        return found

    @property
    def tags(self) -> dict[str, str]:
        """Digests and results under the names that the local backend gives them."""
        tags = {f"sentiment.{name}": str(value) for name, value in self.results.items()}
        for name, manifest in self.manifests.items():
            tags[f"sentiment.digest.{name}"] = manifest["digest"]
            tags["sentiment.code"] = manifest["code"]
        if self.image:
            tags["sentiment.image"] = self.image
        if self.reason:
            tags[REASON_TAG] = self.reason
        return tags


@contextlib.contextmanager
def replaying(
    stage: str,
    parameters: Mapping[str, Any],
    outputs: Mapping[str, Path],
    environment: Mapping[str, str],
) -> Iterator[dict[str, Any]]:
    """Tells the server of a stage when it ends, well or not.

    Args:
        stage: The stage's name.
        parameters: What it runs with.
        outputs: Where its outputs will lie.
        environment: Names the server, the run and who writes to it.

    Yields:
        A mapping for the stage's output parameters.

    Raises:
        InputError: The server's address cannot be one; said before the stage runs.
    """
    server = Server.of(environment[TRACKING_SERVER], TRACKING_SERVER, environment)
    run = _run_name(environment)
    image = environment.get(IMAGE, "")
    results: dict[str, Any] = {}
    begin = time.time()
    try:
        yield results
    except BaseException as error:
        stopped = isinstance(error, SystemExit | KeyboardInterrupt)
        status = "KILLED" if stopped else "FAILED"
        tell(server, run, Ended(stage, begin, status, _reason(error), parameters, image=image))
        raise
    ended = Ended(stage, begin, "FINISHED", "", parameters, outputs, results, image)
    tell(server, run, ended)


def _reason(error: BaseException) -> str:
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, SystemExit | KeyboardInterrupt):
        return "it was stopped from outside"
    first, _, _ = str(error).partition("\n")
    return f"{type(error).__name__}: {first}"


def _run_name(environment: Mapping[str, str]) -> str:
    run = environment.get(RUN, "")
    if "'" in run or '"' in run:
        raise InputError(f"{run!r} has quotes in it", where=RUN)
    return run


def tell(server: Server, run: str, ended: Ended) -> None:
    """Writes a stage to the server; if that does not work, warns in one line.

    Args:
        server: Where to write.
        run: The run of the pipeline; empty for a stage that runs alone.
        ended: The stage.
    """
    patience = SECONDS_WHEN_STOPPED if ended.status == "KILLED" else SECONDS_IN_ALL
    try:
        _write(replace(server, until=time.monotonic() + patience), run, ended)
    except ServerError as error:
        kept = "; its figures are in tracking.jsonl beside each output" if ended.outputs else ""
        logger.warning("the tracking server was not told of this stage (%s)%s", error, kept)


def _write(server: Server, run: str, ended: Ended) -> None:
    experiment = _experiment(server)
    parent = _parent(server, experiment, run, ended.begin) if run else None
    tags = {"mlflow.parentRunId": parent["info"]["run_id"]} if parent else {}
    info = _create_run(server, experiment, ended.name, ended.begin, tags)["info"]
    child = {"run_id": info["run_id"]}
    # Whatever ends this process early leaves a killed run and not one that runs for ever.
    server.post("runs/update", {**child, "status": "KILLED"})
    told, end = ended.recorded, _milliseconds(ended.end)
    told.metrics.append(Measurement("seconds", ended.end - ended.begin, 0, end))
    for batch in batches(told, ended.tags):
        server.post("runs/log-batch", {**child, **batch})
    for some in _chunks(datasets(ended.manifests), DATASETS_PER_BATCH):
        server.post("runs/log-inputs", {**child, "datasets": some})
    _upload(server, info["artifact_uri"], files(ended, told))
    closed = {"status": ended.status, "end_time": end}
    server.post("runs/update", {**child, **closed})
    if parent:
        _close_parent(server, parent, ended, closed)


def _experiment(server: Server) -> str:
    for _ in range(2):  # the second time round, another stage has just created it
        try:
            asked = {"experiment_name": EXPERIMENT}
            known = server.get("experiments/get-by-name", asked, "experiment", "experiment_id")
            return str(known)
        except ServerError as error:
            if error.code != "RESOURCE_DOES_NOT_EXIST":
                raise
        try:
            asked = {"name": EXPERIMENT}
            return str(server.post("experiments/create", asked, "experiment_id"))
        except ServerError as error:
            if error.code != "RESOURCE_ALREADY_EXISTS":
                raise
    raise ServerError(f"the experiment {EXPERIMENT!r} is neither there nor can it be created")


def _parent(server: Server, experiment: str, run: str, begin: float) -> Mapping[str, Any]:
    """Returns the run that the stages of a pipeline share, creating it if there is none.

    Stages that end at once may each create one. So whoever created one, or found one that no stage
    has written to yet, looks again after a while; all then take the oldest, its twins are deleted.
    """
    found, created = _shared(server, experiment, run), ""
    if not found:
        body = _create_run(server, experiment, run, begin, {RUN_TAG: run})
        found, created = [body], body["info"]["run_id"]
    if found[0]["info"]["status"] == "RUNNING":
        time.sleep(SECONDS_TO_SETTLE)
        found = _shared(server, experiment, run) or found
    if created not in ("", found[0]["info"]["run_id"]):
        server.post("runs/delete", {"run_id": created})
    return found[0]


def _shared(server: Server, experiment: str, run: str) -> list[Mapping[str, Any]]:
    query = {"experiment_ids": [experiment], "filter": f"tags.`{RUN_TAG}` = '{run}'"}
    found = server.post("runs/search", {**query, "max_results": 100}).get("runs", [])
    return sorted(found, key=lambda it: (int(it["info"]["start_time"]), it["info"]["run_id"]))


def _create_run(
    server: Server, experiment: str, name: str, begin: float, tags: Mapping[str, str]
) -> Mapping[str, Any]:
    asked = {"experiment_id": experiment, "run_name": name, "start_time": _milliseconds(begin)}
    body = {**asked, "tags": _pairs(tags)}
    run: Mapping[str, Any] = server.post("runs/create", body, "run", repeatable=False)
    return run


def _close_parent(
    server: Server, parent: Mapping[str, Any], ended: Ended, closed: Mapping[str, Any]
) -> None:
    """Ends the shared run with each stage: nobody tells a stage that it is the last one.

    A run that failed stays failed, unless the stage that failed has now succeeded.
    """
    tags = {tag["key"]: tag["value"] for tag in parent["data"].get("tags", [])}
    failed = tags.get(FAILED_TAG, "")
    if ended.status == "FINISHED" and failed not in ("", ended.name):
        return
    run = {"run_id": parent["info"]["run_id"]}
    now_failed = "" if ended.status == "FINISHED" else ended.name
    if failed != now_failed:
        server.post("runs/set-tag", {**run, "key": FAILED_TAG, "value": now_failed})
    server.post("runs/update", {**run, **closed})


def batches(told: Recorded, tags: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yields the bodies of ``runs/log-batch``, each within MLflow's limits."""
    metrics = [
        {"key": it.name, "value": _number(it.value), "timestamp": it.milliseconds, "step": it.step}
        for it in told.metrics
    ]
    parameters = _pairs(
        {name: str(value)[:LONGEST_PARAMETER] for name, value in told.parameters.items()}
    )
    cut = _pairs({name: value[:LONGEST_TAG] for name, value in tags.items()})
    for some in zip_longest(
        _chunks(metrics, METRICS_PER_BATCH),
        _chunks(parameters, PARAMETERS_PER_BATCH),
        _chunks(cut, PARAMETERS_PER_BATCH),
        fillvalue=(),
    ):
        yield dict(zip(("metrics", "params", "tags"), map(list, some), strict=True))


def _number(value: float) -> float | str:
    """Returns a number as protobuf's JSON spells it: NaN and infinities are words."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def datasets(manifests: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Returns the data a stage worked on, as MLflow's dataset inputs.

    Args:
        manifests: The content of ``artifact.json`` of each output.
    """
    found: dict[str, tuple[str, str]] = {}
    for manifest in manifests.values():
        found.update({name: (sha, "artifact") for name, sha in manifest["inputs"].items()})
        found.update({it["uri"]: (it["sha256"], "source") for it in manifest["sources"]})
    return [
        {
            "tags": _pairs({"mlflow.data.context": kind}),
            "dataset": {
                "name": name[-LONGEST_DATASET:],
                "digest": digest.removeprefix("sha256:")[:LONGEST_DIGEST],
                "source_type": kind,
                "source": json.dumps({"uri": name, "digest": digest}),
            },
        }
        for name, (digest, kind) in sorted(found.items())
    ]


def files(ended: Ended, told: Recorded) -> dict[str, bytes]:
    """Returns what is kept on the server as files: the stage's reports and its trials."""
    reports = {
        f"{name}.html": path.read_bytes() for name, path in ended.outputs.items() if path.is_file()
    }
    if told.trials:
        return {**reports, "trials.json": json.dumps({"trials": told.trials}).encode()}
    return reports


def _upload(server: Server, artifacts: str, contents: Mapping[str, bytes]) -> None:
    place = urllib.parse.urlsplit(artifacts)
    if contents and (place.scheme != "mlflow-artifacts" or place.netloc):
        logger.info("%s stay here: the server keeps no files itself", ", ".join(sorted(contents)))
        return
    for name, content in contents.items():
        server.put(f"mlflow-artifacts/artifacts/{place.path.strip('/')}/{name}", content)


def _pairs(values: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in values.items()]


def _chunks(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for at in range(0, len(items), size):
        yield items[at : at + size]


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)

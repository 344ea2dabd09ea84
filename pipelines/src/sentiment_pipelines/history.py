"""What the runs on this machine did: a list of them, and several side by side.

Everything is read from the runs' own folders: ``run.json``, the manifests of their artifacts, the
evaluation. Only which model is the champion now is the registry's to say.
"""

import datetime
import difflib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sentiment_common.artifacts import MANIFEST
from sentiment_common.errors import InputError
from sentiment_pipelines import graph, runs
from sentiment_pipelines.runs import Run

METRICS = {
    "macro_f1": "macro-F1",
    "accuracy": "accuracy",
    "auc_ovr_macro": "AUC",
    "expected_calibration_error": "calibration error",
}
"""Figures of a model that runs are compared by, and how they are called."""
HEADLINE = "macro_f1"
ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9]{3}", re.ASCII)
"""Name of a run: when it began, UTC, to the millisecond."""
LATEST = re.compile(r"latest(?:~(?P<back>[0-9]+))?", re.ASCII)
NONE = "–"
"""Stands for what a run does not have."""


@dataclass(frozen=True)
class Figure:
    """A metric on the test split with its interval; None where it could not be computed."""

    value: float | None
    low: float | None
    high: float | None

    def __str__(self) -> str:
        """Returns e.g. ``0.689 (0.654 – 0.721)``."""
        if self.value is None:
            return NONE
        interval = "" if None in (self.low, self.high) else f" ({self.low:.3f} – {self.high:.3f})"
        return f"{self.value:.3f}{interval}"


@dataclass(frozen=True)
class Model:
    """A model that a run evaluated.

    Attributes:
        name: What the evaluation calls it.
        digest: Digest of its bundle.
        chosen: Whether it was the best of the run's candidates.
        metrics: Its figures on the test split, by name.
    """

    name: str
    digest: str
    chosen: bool
    metrics: Mapping[str, Figure]


@dataclass(frozen=True)
class Summary:
    """What a run was given and what came of it.

    Attributes:
        id: Its name.
        pipeline: What ran.
        begin: When it began, UTC.
        status: ``running``, ``submitted`` to a cluster, ``finished``, ``failed`` or ``killed``.
        outcome: What it came to, e.g. ``pushed``; its status if it came to nothing.
        seconds: How long it took; None if it did not end by itself.
        ran: Tasks that were run.
        reused: Tasks whose outputs were taken from earlier runs.
        parameters: What it was given.
        revision: Commit of the code, with ``-dirty`` if files differed.
        champion: Digest of the champion it began with.
        examples: Digest of the examples it made.
        rows: How many rows these have.
        models: The models it evaluated.
        outputs: Digest of each artifact it made or reused, by task and output.
        pushed: Digest of the bundle it pushed.
    """

    id: str
    pipeline: str
    begin: datetime.datetime
    status: str
    outcome: str
    seconds: float | None
    ran: Sequence[str]
    reused: Sequence[str]
    parameters: Mapping[str, Any]
    revision: str
    champion: str | None
    examples: str | None
    rows: int | None
    models: Sequence[Model]
    outputs: Mapping[str, str]
    pushed: str | None

    @property
    def chosen(self) -> Model | None:
        """The best of its candidates; None if it evaluated none."""
        return next((model for model in self.models if model.chosen), None)


def known() -> list[Run]:
    """Returns every run that got as far as having a state, the latest first."""
    return [run for run in runs.all_runs() if ID.fullmatch(run.id)]


def summary(run: Run) -> Summary:
    """Reads a run's folder."""
    facts = run.facts
    status = _status(facts)
    manifests = dict(artifacts(run.folder))
    pushed = _one(manifests, "pushed_model")
    examples = _one(manifests, "examples")
    ran, reused = _tasks(run, facts, manifests)
    return Summary(
        run.id,
        run.pipeline,
        begin(run.id),
        status,
        status
        if status in (runs.RUNNING, runs.SUBMITTED, runs.KILLED)
        else str(facts.get("outcome", status)),
        facts.get("seconds"),
        ran,
        reused,
        facts.get("parameters", {}),
        facts.get("revision", ""),
        facts.get("champion"),
        examples[1]["digest"] if examples else None,
        _rows(examples[0]) if examples else None,
        _models(run.folder),
        {name: manifest["digest"] for name, (_, manifest) in manifests.items()},
        pushed[1]["inputs"].get("model") if pushed else None,
    )


def _tasks(
    run: Run, facts: Mapping[str, Any], manifests: Mapping[str, Any]
) -> tuple[list[str], list[str]]:
    """Returns the tasks that a run ran, and those that it took from earlier ones."""
    if "tasks" in facts:  # it was in a cluster, and only part of what it made was brought home
        states: Mapping[str, str] = facts["tasks"]
        ran = [name for name, state in states.items() if state in ("done", "failed")]
        return sorted(ran), sorted(name for name, state in states.items() if state == "reused")
    ran = [path.stem for path in run.logs.glob("*.sh")]
    return sorted(ran), sorted({name.partition("/")[0] for name in manifests}.difference(ran))


def begin(run: str) -> datetime.datetime:
    """Returns when a run began, which its name says, in UTC."""
    at = datetime.datetime.strptime(run, "%Y%m%d-%H%M%S-%f")
    return at.replace(tzinfo=datetime.UTC)


def artifacts(folder: Path) -> Iterator[tuple[str, tuple[Path, dict[str, Any]]]]:
    """Yields the artifacts of a run's tasks: ``task/output``, its folder and its manifest."""
    for path in sorted(folder.glob(f"tasks/*/*/*/{MANIFEST}")):
        manifest = json.loads(path.read_text(encoding="utf-8"))
        yield f"{path.parents[1].name}/{path.parent.name}", (path.parent, manifest)


def _status(facts: Mapping[str, Any]) -> str:
    status = str(facts.get("status", runs.KILLED))
    waits = status == runs.RUNNING or (status == runs.SUBMITTED and "kubeflow" not in facts)
    if waits and not _alive(int(facts["process"])):
        return runs.KILLED  # the next run will find it and close it
    return status


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _one(
    manifests: Mapping[str, tuple[Path, dict[str, Any]]], kind: str
) -> tuple[Path, dict[str, Any]] | None:
    return next((it for it in manifests.values() if it[1]["kind"] == kind), None)


def _rows(examples: Path) -> int | None:
    rows = json.loads((examples / "summary.json").read_text(encoding="utf-8"))["rows"]
    return int(rows["kept"])


def _models(folder: Path) -> list[Model]:
    for path in folder.glob("tasks/*/*/evaluation/evaluation.json"):
        evaluation = json.loads(path.read_text(encoding="utf-8"))
        return [
            Model(it["name"], it["digest"], it["chosen"], _figures(it["test"]["metrics"]))
            for it in evaluation["models"]
        ]
    return []


def _figures(metrics: Mapping[str, Mapping[str, Any]]) -> dict[str, Figure]:
    return {
        name: Figure(*(metrics[name].get(part) for part in ("value", "low", "high")))
        for name in METRICS
        if name in metrics
    }


def find(name: str) -> Run:
    """Returns the run that a person means.

    Args:
        name: Its id or the beginning of it, ``latest``, or ``latest~2`` for the second before it.

    Raises:
        InputError: There is no such run, or more than one.
    """
    there = known()
    if not there:
        raise InputError("there are no runs yet", where=str(runs.folder()))
    if match := LATEST.fullmatch(name):
        back = int(match["back"] or 0)
        if back < len(there):
            return there[back]
        raise InputError(f"there are only {len(there)} runs", where=name)
    ids = [run.id for run in there]
    found = [run for run in there if name and run.id.startswith(name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError(f"{_listed([run.id for run in found])} begin so", where=name)
    beginnings = difflib.get_close_matches(name, {id_[: len(name)] for id_ in ids}, n=3)
    near = [id_ for id_ in ids if name and id_[: len(name)] in beginnings]
    raise InputError(
        "there is no such run", where=name or "''",
        mend=f"near is {_listed(near)}" if near else f"the latest are {_listed(ids)}",
    )  # fmt: skip


def _listed(ids: Sequence[str], most: int = 5) -> str:
    more = f" and {len(ids) - most} more" if len(ids) > most else ""
    return ", ".join(ids[:most]) + more


@dataclass(frozen=True)
class Row:
    """A line of a comparison: one thing, as each run has it.

    Attributes:
        section: What it belongs to: run, parameters, models or artifacts.
        name: What it is.
        values: As each run has it, in the order of the runs.
    """

    section: str
    name: str
    values: Sequence[str]

    @property
    def same(self) -> bool:
        """Whether all runs have the same."""
        return len(set(self.values)) == 1


def compare(summaries: Sequence[Summary]) -> list[Row]:
    """Returns what several runs have in common and in what they differ.

    Of the parameters only those are told that differ.
    """
    rows = [
        Row("run", "pipeline", [it.pipeline for it in summaries]),
        Row("run", "began", [f"{it.begin:%Y-%m-%d %H:%M:%S}" for it in summaries]),
        Row("run", "outcome", [it.outcome for it in summaries]),
        Row("run", "code", [it.revision or NONE for it in summaries]),
        Row("run", "champion before", [it.champion or NONE for it in summaries]),
        Row("run", "examples", [it.examples or NONE for it in summaries]),
        Row("run", "rows", [NONE if it.rows is None else f"{it.rows:,}" for it in summaries]),
        Row("run", "chosen model", [it.chosen.name if it.chosen else NONE for it in summaries]),
    ]
    rows += [row for row in _parameters(summaries) if not row.same]
    rows += _model_rows(summaries)
    rows += [
        Row("artifacts", name, [it.outputs.get(name, NONE) for it in summaries])
        for name in _keys([it.outputs for it in summaries])
    ]
    return rows


def _parameters(summaries: Sequence[Summary]) -> Iterator[Row]:
    for name in _keys([it.parameters for it in summaries]):
        values = [shown(it.parameters[name]) if name in it.parameters else NONE for it in summaries]
        yield Row("parameters", name, values)


def _model_rows(summaries: Sequence[Summary]) -> Iterator[Row]:
    models = [{model.name: model for model in it.models} for it in summaries]
    for name in _keys(models):
        of_runs = [it.get(name) for it in models]
        for metric, title in METRICS.items():
            figures = [it.metrics.get(metric) if it else None for it in of_runs]
            yield Row("models", f"{name} {title}", [str(it) if it else NONE for it in figures])


def _keys(mappings: Sequence[Mapping[str, Any]]) -> list[str]:
    """Returns the keys of all mappings, in the order in which they first occur."""
    return list(dict.fromkeys(name for it in mappings for name in it))


def declared_defaults(compiled: Path) -> dict[str, Any]:
    """Returns the defaults that a compiled pipeline declares for its parameters."""
    specification = next(yaml.load_all(compiled.read_text(), Loader=graph.LOADER))
    declared = specification["root"]["inputDefinitions"]["parameters"]
    return {name: it["defaultValue"] for name, it in declared.items() if "defaultValue" in it}


def differing(parameters: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the parameters that are not what they are by default."""
    return {
        name: value
        for name, value in parameters.items()
        if name not in defaults or defaults[name] != value
    }


def shown(value: Any) -> str:
    """Returns a parameter as it is typed: a path from here, an empty text as quotes."""
    here = Path.cwd()
    if isinstance(value, str) and here in Path(value).parents:
        return str(Path(value).relative_to(here))
    return str(value) or "''"

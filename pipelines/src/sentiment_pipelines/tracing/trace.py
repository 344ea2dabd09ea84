"""What is told of a request, a row, a version or data: what was looked up, put together."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from sentiment_common.artifacts import EXAMPLES
from sentiment_common.errors import InputError
from sentiment_pipelines.champion import PRODUCER
from sentiment_pipelines.labelling.store import Row
from sentiment_pipelines.lineage import chain
from sentiment_pipelines.lineage.chain import Store
from sentiment_pipelines.retraining import journal
from sentiment_pipelines.retraining.journal import Line
from sentiment_pipelines.tracing import answers, examples, later, models, registry, traffic
from sentiment_pipelines.tracing.answers import Answer
from sentiment_pipelines.tracing.examples import Near, Placed, UnreadableError
from sentiment_pipelines.tracing.later import Gathered
from sentiment_pipelines.tracing.models import Made
from sentiment_pipelines.tracing.registry import Registry
from sentiment_pipelines.tracing.reigns import role
from sentiment_pipelines.tracing.scanning import Account, Watch, unwatched
from sentiment_pipelines.tracing.traffic import Tally

SCHEMA_VERSION = 1
"""Of the JSON."""


@dataclass
class Trace:
    """What is told, of whatever was asked.

    Attributes:
        asked: What was asked for.
        answer: The answered text, if a request was.
        roles: What each model that answered was then, by digest.
        labels: What people labelled the text.
        settled: The label that these come to; empty if to none.
        models: The models that it is about.
        nearest: The training rows nearest to the text.
        gathered: Files of rows from traffic that have the text.
        placed: Where the row lies, in which examples.
        users: The models that were trained on each examples artifact, by its digest.
        numbers: Their versions in the registry, by the digest of the bundle.
        data: The versions of the data that were asked for.
        traffic: What the models answered, by digest; None if nobody counted.
        decisions: The decision to retrain behind each run that one began, by the run's name.
        gone: What is not there any more or cannot be read, a sentence each.
        rows: How many rows of which split and label each examples artifact has, by its digest.
    """

    asked: str
    answer: Answer | None = None
    roles: dict[str, str] = field(default_factory=dict)
    labels: list[Row] = field(default_factory=list)
    settled: str = ""
    models: list[Made] = field(default_factory=list)
    nearest: list[Near] = field(default_factory=list)
    gathered: list[Gathered] = field(default_factory=list)
    placed: list[Placed] = field(default_factory=list)
    users: dict[str, list[str]] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    data: list[str] = field(default_factory=list)
    traffic: dict[str, Tally] | None = None
    decisions: dict[str, Line] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    rows: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def without_texts(self) -> "Trace":
        """Returns it with every text left out."""
        answer = self.answer
        if answer:
            hidden = [replace(it, text=None) for it in (*answer.shadows, *answer.earlier)]
            middle = len(answer.shadows)
            answer = replace(
                answer, entry=replace(answer.entry, text=None),
                shadows=hidden[:middle], earlier=hidden[middle:],
            )  # fmt: skip
        return replace(
            self, answer=answer, labels=[replace(it, text="") for it in self.labels],
            nearest=[replace(it, text=None) for it in self.nearest],
            placed=[replace(it, text=None) for it in self.placed],
        )  # fmt: skip

    def plain(self) -> dict[str, Any]:
        """Returns it for JSON."""
        told = asdict(replace(self, models=[]))
        told["models"] = [
            {**asdict(replace(it, lineage=None)), "rows": str(it.rows) if it.rows else None}
            for it in self.models
        ]
        for it in told["models"]:
            del it["lineage"]
        return {"schema": SCHEMA_VERSION, **told}


class House:
    """All that a trace is looked up in.

    Args:
        log: Folder of the request log.
        client: An ``mlflow.MlflowClient``.
        state: Folder of the runs and of all else that they leave.
        labels: The file of human labels.
        watch: Is told how far the reading of the log is.
    """

    def __init__(
        self, log: Path, client: Any, state: Path, labels: Path, watch: Watch = unwatched
    ) -> None:
        self.log, self.client, self.state, self.labels = log, client, state, labels
        self.account, self._watch = Account(), watch

    @cached_property
    def artifacts(self) -> Store:
        """The artifacts of all runs."""
        return chain.store()

    @cached_property
    def registry(self) -> Registry:
        """What the registry says."""
        return registry.read(self.client)

    @cached_property
    def examples(self) -> dict[str, Path]:
        """The examples artifacts of all runs by digest, the latest last."""
        return {
            it.manifest.digest: it.folder
            for it in self.artifacts.places
            if it.manifest.kind == EXAMPLES.name and it.manifest.producer != PRODUCER and it.folder
        }

    def made(self, digest: str) -> Made:
        """Returns all that is known of a bundle."""
        return models.made(digest, self.artifacts, self.registry, self.client)

    def request(self, text: str) -> Trace:
        """Traces an answered text back, and forward to where it was trained on.

        Raises:
            InputError: The log has no such text, or several.
        """
        answer = answers.find(self.log, answers.Name.parse(text), self.account, self._watch)
        entry, every = answer.entry, self.registry.reigns
        trace = Trace(f"request {answer.id}", answer, models=[self.made(entry.digest)])
        if not trace.models[0].versions:
            trace.gone.append(
                "the registry has no version of this model: it was served from a folder, or its "
                "version was deleted"
            )
        for it in (entry, *answer.shadows):
            trace.roles[it.digest] = role(every, it.digest, it.time)
        try:
            trace.labels, trace.settled = later.labels(self.labels, entry)
        except InputError as error:
            trace.gone.append(str(error))
        trace.gathered = later.gathered(self.state / "retraining" / "data", answer.id)
        self._rows(trace)
        self._nearest(trace, trace.models[0])
        self._place(trace, answer.id)
        return self._ended(trace)

    def row(self, name: str) -> Trace:
        """Traces a row forward: the examples, the models, the answers it has a part in.

        Raises:
            InputError: No examples artifact here has it.
        """
        trace = Trace(f"row {name}")
        self._place(trace, name)
        if not trace.placed and not trace.gone:
            raise InputError(
                f"none of the {len(self.examples)} examples artifacts here has this row",
                where=name,
                mend="give a row's id; of rows that were left out FILE:ROW as well",
            )
        return self._forward(trace)

    def version(self, number: str) -> Trace:
        """Traces a registered version: what made it, and what it answered.

        Raises:
            InputError: There is no such version, or it was not push that registered it.
        """
        found = self.registry.version(number)
        if not found.digest:
            raise InputError(
                "it has no tag with the digest of its bundle", where=f"VERSION={number}",
                mend="push registers one that has",
            )  # fmt: skip
        trace = Trace(f"version {number}", models=[self.made(found.digest)])
        self._rows(trace)
        return self._ended(self._counted(trace))

    def data(self, text: str) -> Trace:
        """Traces a version of the data forward: the runs, the models, the answers.

        Raises:
            InputError: There is no such file, or no such version of it.
        """
        wanted = later.data_of(text)
        trace = Trace(f"data {text}", data=[str(wanted)])
        used = later.examples_of(wanted, self.artifacts)
        trace.users = {it: self._users(it) for it in used}
        if not used:
            trace.gone.append("no run on this machine was given this version, or it was deleted")
        return self._forward(trace)

    def _forward(self, trace: Trace) -> Trace:
        """Adds the models that were trained on the examples, and what these answered."""
        digests = dict.fromkeys(it for found in trace.users.values() for it in found)
        trace.models = [self.made(it) for it in digests]
        self._rows(trace)
        return self._ended(self._counted(trace))

    def _users(self, digest: str) -> list[str]:
        return models.trained_on(digest, self.artifacts, self.registry)

    def _place(self, trace: Trace, name: str) -> None:
        """Looks for a row in all examples, and for the models that were trained on these."""
        try:
            trace.placed = examples.locate(self.examples, name)
        except UnreadableError as error:
            trace.gone.append(str(error))
        for placed in trace.placed:
            if placed.split:
                trace.users[placed.examples] = self._users(placed.examples)

    def _nearest(self, trace: Trace, model: Made) -> None:
        entry = trace.answer.entry if trace.answer else None
        if entry is None or entry.text is None:
            trace.gone.append(
                "the text was not kept (--request-log-text none): nothing can be near it"
            )
            return
        if model.rows is None:
            trace.gone.append(
                f"the examples it was trained on ({model.examples or 'of unknown digest'}) are "
                "not on this machine: no row can be held against the text"
            )
            return
        try:
            trace.nearest = examples.nearest(
                model.rows, entry.text, redacted=entry.text_kept == "redacted"
            )
        except UnreadableError as error:
            trace.gone.append(str(error))

    def _counted(self, trace: Trace) -> Trace:
        """Counts what the models answered; without a log that is said and no error."""
        digests = [it.digest for it in trace.models]
        try:
            trace.traffic = traffic.count(self.log, digests, self.account, self._watch)
        except InputError as error:
            trace.gone.append(str(error))
        return trace

    def _rows(self, trace: Trace) -> None:
        """Adds how many rows the examples have that the trace is about."""
        wanted = {it.examples for it in trace.models} | set(trace.users)
        for digest in sorted(wanted & self.examples.keys()):
            path = self.examples[digest] / "summary.json"
            trace.rows[digest] = json.loads(path.read_text(encoding="utf-8"))

    def _decided(self, trace: Trace) -> None:
        """Adds the decisions to retrain that the models come from."""
        try:
            log = journal.read(self.state / "retraining" / "decisions.jsonl")
        except InputError as error:
            trace.gone.append(str(error))
            return
        trace.gone += log.doubts
        for run in {it.origin.id for it in trace.models if it.origin}:
            if found := later.decision(log.lines, run):
                trace.decisions[run] = found

    def _ended(self, trace: Trace) -> Trace:
        self._decided(trace)
        said: Sequence[str] = [line for it in trace.models for line in it.gone]
        used = (digest for found in trace.users.values() for digest in found)
        trace.numbers = {it: known[0].number for it in used if (known := self.registry.of(it))}
        trace.gone = list(dict.fromkeys([*trace.gone, *said, *self.account.told]))
        return trace

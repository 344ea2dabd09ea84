"""A ``var`` of its own: a registry, a monitor that has spoken, traffic with labels, and runs."""

import json
import time
from dataclasses import dataclass, field

import pytest

from sentiment_common.artifacts import (
    EVALUATION,
    EXAMPLES,
    Manifest,
    payload_digest,
    write_json,
    write_manifest,
)
from sentiment_common.request_log import Entry, Feedback
from sentiment_common.request_log.entry import entry_line, to_line
from sentiment_common.request_log.feedback import feedback_fields
from sentiment_pipelines import environments, execution, runs, tracker
from sentiment_pipelines.commands import monitor
from sentiment_pipelines.retraining import check, journal
from sentiment_pipelines.runs import Run, TaskRecord

LABELS = ("negative", "neutral", "positive")
PROBABILITIES = {"negative": 0.5, "neutral": 0.3, "positive": 0.2}
AT_ONCE = "limits.cooldown_hours = 0"


def artifact(folder, kind, content, inputs=None):
    """Writes an artifact and returns its digest."""
    write_json(folder / "content.json", content)
    digest = payload_digest(folder)
    write_manifest(
        folder, Manifest(kind.name, kind.schema_version, "test", "1", digest, inputs or {})
    )
    return digest


@dataclass
class Played:
    """What takes the place of the pipeline: it makes the run that the pipeline would have made."""

    state: "State"
    outcome: str = "pushed"
    error: BaseException | None = None
    orders: list = field(default_factory=list)

    def __call__(self, order, console, backend):
        """Runs."""
        self.orders.append(order)
        given = order.parameters()
        run = Run.begin({"parameters": given, "pipeline": "training", "backend": backend.name})
        if self.error:
            raise self.error
        digest = "sha256:none"
        if self.outcome == "pushed":
            digest = self.state.registry.push(run.id, alias=given["alias"], run=run.id)
        folder = run.folder / "tasks" / "evaluate"
        facts = {"candidate": "deep", "reason": "figures", "candidate_digest": digest}
        write_json(folder / "blessing" / "blessing.json", facts)
        run.tasks.append(TaskRecord("evaluate", "image", folder, folder, folder, 1.0, 0))
        run.note(status=runs.FINISHED, outcome=self.outcome)
        return (3 if self.outcome == "refused" else 0), run


@dataclass
class State:
    """All that a check looks at."""

    var: object
    registry: object
    command: object
    pipeline: Played = None

    def __post_init__(self):
        self.log = self.var / "requests"
        self.log.mkdir()
        self.labels = self.var / "labels.csv"
        self.seq = 0

    def champion(self, name="first"):
        """Pushes a champion whose examples are on this machine; returns its digest."""
        digest = self.registry.push(name)
        folder = self.var / "runs" / "20260101-000000-000" / "tasks" / "t" / "ingest" / "examples"
        examples = artifact(folder, EXAMPLES, {"rows": name})
        version = self.registry.client.get_model_version_by_alias("sentiment", "champion")
        judged = self.var / "evaluation"
        artifact(judged, EVALUATION, {}, {"examples": examples})
        self.registry.client.log_artifacts(version.run_id, str(judged), "evaluation")
        return digest

    def drift(self, digest, until=None, decision="act", follow=("retrain",), name="unknown"):
        """Has the monitor say something."""
        until = until or time.time() - 60
        facts = {
            "schema_version": 1, "decision": decision, "follow": follow,
            "reasons": ["Words are new."],
            "window": {"digest": digest, "until": journal.iso(until)},
            "findings": [{"name": name, "verdict": "act"}],
            "policy": {"settings": {"follow": {name: "retrain"}}},
        }  # fmt: skip
        write_json(self.var / "monitoring" / "decisions" / f"{until:.0f}" / "decision.json", facts)

    def traffic(self, count=300, labellers=9, probabilities=PROBABILITIES):
        """Has callers ask and say what was right."""
        asked = self.log / "requests-20261123T100000.000000Z-7-000000.jsonl"
        said = self.log / "feedback-20261123T100000.000000Z-7-000000.jsonl"
        with asked.open("ab") as log, said.open("ab") as feedback:
            for number in range(self.seq, self.seq + count):
                at = journal.iso(time.time() - 5)
                entry = Entry(
                    number, at, f"r{number}", 0, "sentiment", "d", "", f"text {number}", "raw",
                    "negative", probabilities, 1.0, f"caller{number % labellers}",
                )  # fmt: skip
                log.write(entry_line(entry))
                told = Feedback(at, f"r{number}", 0, LABELS[number % 3])
                feedback.write(to_line(feedback_fields(told)))
        self.seq += count

    def check(self, *words, policy=AT_ONCE):
        """Runs the command."""
        places = ("--log", str(self.log), "--labels", str(self.labels))
        return self.command("retrain-check", *places, "--policy", policy, *words)

    @property
    def lines(self):
        """The decision log."""
        return journal.read(check.decisions()).lines

    @property
    def told(self):
        """Kind, decision and outcome of each line."""
        return [(it.kind, it.decision, it.outcome) for it in self.lines]

    def files(self):
        """Every file with its content, for telling whether anything was written."""
        return {
            str(path): path.read_bytes() for path in sorted(self.var.rglob("*")) if path.is_file()
        }


@pytest.fixture
def state(tmp_path, registry, run_command, monkeypatch):
    """A ``var`` with nothing in it but an empty registry, and a pipeline that is played."""
    var = tmp_path / "var"
    var.mkdir()
    for module in (environments, runs, monitor, tracker):
        monkeypatch.setattr(module, "VAR", var)
    made = State(var, registry, run_command)
    made.pipeline = Played(made)
    monkeypatch.setattr(execution, "run", made.pipeline)
    return made


@pytest.fixture
def ready(state):
    """A champion that has drifted, and enough labels."""
    state.drift(state.champion())
    state.traffic()
    return state


def alertmanager(*alerts):
    """Returns what Alertmanager sends: name, whether it asks for a retraining, its state."""
    listed = [
        {
            "status": status, "labels": {"alertname": name, "retrain": asks},
            "annotations": {"summary": "accuracy falls"}, "fingerprint": f"f-{name}",
            "startsAt": began,
        }
        for name, asks, status, began in alerts
    ]  # fmt: skip
    return json.dumps({"version": "4", "status": "firing", "alerts": listed})

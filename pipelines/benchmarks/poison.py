"""Poison: somebody posts wrong labels for his own traffic. Which guard of a retraining stops it?

Of the default data 2,000 rows are held back and play new traffic; a champion (the baseline alone)
is trained on the rest. Then labels arrive through a real log, some of them wrong, and go the way
that a retraining takes: gathered, ingested with a replay, validated, trained on, and judged against
the champion, once by the shipped policy and once where new traffic has to be better.
"""

import argparse
import csv
import hashlib
import json
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentiment_common.artifacts import CHAMPION, Manifest, payload_digest, write_manifest
from sentiment_common.request_log import Entry, Feedback
from sentiment_common.request_log.entry import entry_line, to_line
from sentiment_common.request_log.feedback import feedback_fields
from sentiment_pipelines import environments
from sentiment_pipelines.retraining import policy, rows, running
from sentiment_pipelines.retraining.decision import labelled
from sentiment_pipelines.retraining.signals import Rows

MOST = 2_000
OPPOSITE = {"negative": "positive", "positive": "negative", "neutral": "negative"}
ON = 'comparison.on = "traffic/*"'
ONE_TRIAL = ("--c-grid", "1", "--softness-grid", "0")
TOOLS = Path(__file__).parent / "poison_tools" / "features.py"
Row = dict[str, Any]


@dataclass(frozen=True)
class Attack:
    """Wrong labels among new ones.

    Attributes:
        rows: How many new rows there are.
        share: Share of them whose label is wrong.
        callers: Behind how many keys the attacker hides.
        crude: Whether all he says is negative; else he says the opposite of what is right.
    """

    rows: int
    share: float
    callers: int = 1
    crude: bool = False

    @property
    def name(self) -> str:
        """What the table calls it."""
        what = "all negative" if self.crude else "turned round"
        return f"{self.rows:,} | {self.share:.0%} {what}" if self.share else f"{self.rows:,} | none"


MANY = 10_000
SOME = (
    Attack(MOST, 0),
    Attack(500, 0.6, MANY, crude=True),
    Attack(MOST, 0.6, MANY, crude=True),
    Attack(MOST, 0.6, MANY),
    Attack(MOST, 0.3, MANY),
)
ALL = tuple(
    Attack(count, share, callers, crude)
    for crude in (False, True)
    for count in (500, MOST)
    for share in (0.0, 0.1, 0.3, 0.6)
    for callers in (1, MANY)
    if (share or callers == 1) and not (crude and share < 0.6)
)


class Stages:
    """Runs the stages of the pipeline, each in its own environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._rooms = environments.rooms()
        for name in (
            "ingest",
            "validate",
            "transform",
            "train_baseline",
            "evaluate",
            "batch_predict",
        ):
            environments.sync(self._rooms[name])

    def python(self, room: str, *arguments: str | Path) -> str:
        """Runs a script and returns what it printed."""
        return self._run(room, [str(self._rooms[room].python), *map(str, arguments)])

    def stage(self, room: str, *arguments: str | Path) -> None:
        """Runs a stage."""
        command = self._rooms[room].environment / "bin" / f"sentiment-{room.replace('_', '-')}"
        self._run(room, [str(command), *map(str, arguments)])

    def _run(self, room: str, command: Sequence[str]) -> str:
        done = subprocess.run(
            command, env=environments.process_environment(self._rooms[room]), cwd=self.folder,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}\n{done.stderr}")
        return done.stdout

    def ingested(self, name: str, source: Path, *options: str | Path) -> Path:
        """Ingests a file with the columns of gathered rows."""
        columns = [part for key, value in running.COLUMNS.items() for part in (_flag(key), value)]
        out = self.folder / name / "examples"
        self.stage("ingest", "--source", source, *columns, *options, "--out-examples", out)
        return out

    def validated(self, name: str, examples: Path, *options: str | Path) -> Path:
        """Validates examples and returns the folder of what came of it."""
        out = self.folder / name
        self.stage(
            "validate", "--examples", examples, *options, "--out-statistics", out / "statistics",
            "--out-used-schema", out / "schema", "--out-anomalies", out / "anomalies",
            "--out-report", out / "validation.html", "--out-verdict", out / "accepted",
        )  # fmt: skip
        return out

    def trained(self, name: str, examples: Path) -> Path:
        """Trains the baseline and returns its bundle."""
        out = self.folder / name
        graph, features = out / "graph", out / "features"
        self.python("transform", TOOLS, "features", examples, graph, features)
        self.stage(
            "train_baseline", "--train-features", features, "--transform-graph", graph,
            "--out-model", out / "model", "--out-predictions", out / "predictions", *ONE_TRIAL,
        )  # fmt: skip
        return out / "model"

    def judged(self, name: str, examples: Path, model: Path, asked: str) -> dict[str, Any]:
        """Judges a model against the champion and returns its blessing."""
        out = self.folder / name
        self.stage(
            "evaluate", "--examples", examples, "--candidate", model,
            "--champion", self.folder / "champion", "--policy", asked,
            "--out-evaluation", out / "evaluation", "--out-blessing", out / "blessing",
            "--out-model", out / "chosen", "--out-report", out / "report.html",
            "--out-verdict", out / "verdict",
        )  # fmt: skip
        found: dict[str, Any] = json.loads((out / "blessing" / "blessing.json").read_text())
        return found


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _draw(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def prepare(stages: Stages) -> list[Row]:
    """Makes the champion, and returns the rows that are held back."""
    stages.stage("ingest", "--out-examples", stages.folder / "default")
    told = stages.python("transform", TOOLS, "rows", stages.folder / "default").splitlines()
    ordered = sorted(map(json.loads, told), key=lambda row: (_draw(row["group"]), row["id"]))
    # Whole reviews are held back, so that nothing of them is known.
    cut = next(at for at in range(MOST, len(ordered)) if _parts(ordered, at))
    new, base = ordered[:cut], ordered[cut:]
    source = stages.folder / "base.csv"
    names = ("id", "text", "label", "source", "group", "created_at")
    write_csv(source, names, (row | {"created_at": ""} for row in base))
    examples = stages.ingested("base", source)
    stages.validated("base", examples)
    champion = stages.folder / "champion"
    champion.mkdir()
    stages.trained("base", examples).rename(champion / "bundle")
    digest = json.loads((champion / "bundle" / "artifact.json").read_text())["digest"]
    facts = {"digest": digest, "name": "sentiment", "version": "1"}
    (champion / "champion.json").write_text(json.dumps(facts))
    kind, payload = CHAMPION, payload_digest(champion)
    write_manifest(champion, Manifest(kind.name, kind.schema_version, "poison", "0", payload))
    return answered(stages, champion / "bundle", new)


def answered(stages: Stages, bundle: Path, new: Sequence[Row]) -> list[Row]:
    """Returns rows with what a model answers."""
    texts, scored = stages.folder / "new.csv", stages.folder / "scored"
    write_csv(texts, ("text",), new)
    stages.stage(
        "batch_predict", "--model", bundle, "--source", texts, "--output-format", "csv",
        "--out-scored", scored,
    )  # fmt: skip
    with (scored / "scored.csv").open(encoding="utf-8", newline="") as stream:
        found = list(csv.DictReader(stream))
    return [
        row | {"probabilities": {label: float(of[label]) for label in OPPOSITE}}
        for row, of in zip(new, found, strict=True)
    ]


def write_csv(path: Path, columns: Sequence[str], told: Iterable[Row]) -> None:
    """Writes some columns of rows."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, extrasaction="ignore", quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(told)


def _parts(ordered: Sequence[Row], at: int) -> bool:
    return bool(ordered[at - 1]["group"] != ordered[at]["group"])


def write_log(folder: Path, new: Sequence[Row], attack: Attack) -> None:
    """Writes new traffic and its labels as a service does; everybody honest has a key."""
    folder.mkdir()
    wrong = round(attack.share * attack.rows)
    with (
        (folder / "requests-20261123T100000.000000Z-1-000000.jsonl").open("wb") as requests,
        (folder / "feedback-20261123T100000.000000Z-1-000000.jsonl").open("wb") as feedback,
    ):
        for number, row in enumerate(new[: attack.rows]):
            his = number < wrong
            caller = f"attacker{number % attack.callers}" if his else f"caller {row['group']}"
            label = (
                ("negative" if attack.crude else OPPOSITE[row["label"]]) if his else row["label"]
            )
            requests.write(entry_line(Entry(
                number, "2026-11-23T10:00:00.000Z", f"r{number}", 0, "champion", "sha256:a", "",
                row["text"], "raw", max(row["probabilities"], key=row["probabilities"].__getitem__),
                row["probabilities"], 1.0, _draw(caller)[:16],
            )))  # fmt: skip
            said = Feedback("2026-11-23T11:00:00.000Z", f"r{number}", 0, label)
            feedback.write(to_line(feedback_fields(said)))


def attempt(stages: Stages, new: Sequence[Row], attack: Attack, number: int) -> str:
    """Takes one attack the whole way, and returns its line of the table."""
    name = f"attack-{number}"
    folder = stages.folder / name
    folder.mkdir()
    write_log(folder / "log", new, attack)
    gathered = rows.gather(folder / "log", folder / "labels.csv", None, folder)
    largest = max(gathered.by_labeller.values()) / gathered.rows
    base = stages.folder / "base"
    examples = stages.ingested(
        name, gathered.path, "--previous-examples", base / "examples", "--replay", "1"
    )
    stages.validated(name, examples, "--previous-statistics", base / "statistics")
    anomalies = json.loads((folder / "anomalies" / "anomalies.json").read_text())
    model = stages.trained(name, examples)
    shipped = stages.judged(f"{name}-shipped", examples, model, "auto")
    focused = stages.judged(f"{name}-on", examples, model, ON)
    rest = next(it for it in focused["rules"] if it["rule"].startswith("loss on the rows"))
    signals = Rows(
        gathered.rows, gathered.by_label, gathered.by_labeller, sure=gathered.sure,
        agreed=gathered.agreed,
    )  # fmt: skip
    stops = [
        *(it.name for it in labelled(signals, policy.choose(policy.AUTO)) if not it.passed),
        *(["validation"] if anomalies["verdict"] != "accepted" else []),
        *(["gate"] if shipped["verdict"] != "blessed" else []),
        *(["gate on traffic"] if focused["verdict"] != "blessed" else []),
    ]
    keys = "" if not attack.share else "one" if attack.callers == 1 else "many"
    return (
        f"| {attack.name} | {keys} | {largest:.0%} "
        f"| {gathered.agreed / gathered.sure:.0%} of {gathered.sure:,} "
        f"| {_label_drift(anomalies):.3f} | {-rest['figure']:+.3f} "
        f"| {_said(shipped)} | {_said(focused)} | {', '.join(stops) or 'nothing'} |"
    )


def _label_drift(anomalies: dict[str, Any]) -> float:
    found = (it for it in anomalies["distances"] if it["rule"] == "drift")
    return next(float(it["value"]) for it in found if it["column"] == "label")


def _said(blessing: dict[str, Any]) -> str:
    """Names the sections whose rules refuse, and the slices."""
    failed = [it for it in blessing["rules"] if not it["passed"]]
    return ", ".join(dict.fromkeys(_short(it) for it in failed)) or "blessed"


def _short(rule: dict[str, Any]) -> str:
    name = rule["rule"]
    if "loss on the rows" in name:
        return "the rest"
    if rule["section"] == "comparison":
        return "no gain" if "gain" in name or "least" in name else "loss over all"
    return str(rule["section"])


def lines(folder: Path, attacks: Sequence[Attack]) -> Iterator[str]:
    """Yields the lines of the table."""
    stages = Stages(folder)
    new = prepare(stages)
    yield (
        "| new rows | wrong labels | his keys | largest labeller | agree with sure answers "
        "| label drift | F1, old rows "
        "| shipped policy refuses for | on traffic refuses for | stopped by |"
    )
    yield "| --- " * 10 + "|"
    for number, attack in enumerate(attacks):
        yield attempt(stages, new, attack, number)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--full", action="store_true", help="every attack, about 15 minutes on two idle cores"
    )
    parser.add_argument("--folder", type=Path, help="keep what was made here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        for line in lines(options.folder or Path(temporary), ALL if options.full else SOME):
            print(line, flush=True)


if __name__ == "__main__":
    main()

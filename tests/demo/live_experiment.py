"""A challenger meets live traffic: a demonstration from the first model to promotion and rollback.

Everything is real: two models trained and blessed by the pipeline, the service under load, feedback
that is the true label of each text, the analysis, the registry. What is played is the public: its
texts are those of the test split, drawn again and again, so the verdict is about this split alone.

Run it by ``make demo``; it needs the standard library, and keeps its state in ``var/demo``.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from tests.demo.stage import BIN, ROOT, Stage, free_port, teller

STAGE = Stage(Path(os.environ.get("SENTIMENT_VAR") or ROOT / "var" / "demo").resolve(), free_port())
COMPARE = BIN / "compare" / "bin" / "sentiment-compare"
CLIENTS, TEXTS_PER_CALLER, FEEDBACK_SHARE = 8, 3, 0.5
LOOK_EVERY, MOST_REQUESTS = 2_000, 60_000
FORCE = "demo: better over all, worse at negations; live traffic is to decide"
EXPERIMENT = """\
name = "demo-{stamp}"
start = {started}

[[variants]]
name = "control"
model = "sentiment"
weight = 0.5

[[variants]]
name = "challenger"
model = "challenger"
weight = 0.5

[[guardrails]]
metric = "error_rate"
most = 0.02

[analysis]
metric = "accuracy"
least_effect = 0.02
"""


def main() -> None:
    """Plays the whole story and prints what happened when."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    tell = teller()
    champion, challenger = train(tell)
    (examples,) = STAGE.var.glob("runs/latest/tasks/*/ingest/examples")
    texts = [(text, label) for text, label, _ in STAGE.examples(examples, "test")]
    started = datetime.now(UTC)
    file = STAGE.var / f"experiment-{started:%Y%m%dT%H%M%S}.toml"
    moments = {"stamp": f"{started:%Y%m%dT%H%M%S}", "started": f"{started:%Y-%m-%dT%H:%M:%SZ}"}
    file.write_text(EXPERIMENT.format(**moments))
    log = STAGE.log / file.stem
    also = ("--also", "challenger=models:/sentiment@challenger")
    with STAGE.service(*also, "--experiment", file, log=log):
        tell(f"serving {champion} and {challenger}, experiment {file.name}")
        verdict = play(texts, file, log, tell)
        if verdict != "better":
            tell(f"no promotion: the verdict is {verdict}")
            sys.exit(1)
        STAGE.pipelines("promote", "--experiment", file, "--log", log, "--by", "demo")
        tell(f"promoted: {STAGE.pipelines('promotions').splitlines()[1].strip()}")
        tell(f"the service answers with {STAGE.served_after(champion)} after the promotion")
        STAGE.pipelines("rollback", "--reason", "the demonstration is over", "--by", "demo")
        tell("rolled back")
        tell(f"the service answers with {STAGE.served_after(challenger)} after the rollback")


def train(tell) -> tuple[str, str]:
    """Pushes the smallest model as champion and the best as challenger; returns their digests."""
    STAGE.pipelines("run", "--set", "policy=selection.least_gain = 1")
    champion = STAGE.behind("champion")
    tell(f"champion {champion}: the smallest candidate")
    # By itself the gate lets nobody pass who understands a negation less often than the champion.
    STAGE.pipelines("run", "--set", "alias=challenger", "--set", f"force={FORCE}")
    challenger = STAGE.behind("challenger")
    tell(f"challenger {challenger}: the best candidate, forced ({FORCE})")
    return champion, challenger


def play(texts, experiment: Path, log: Path, tell) -> str:
    """Sends traffic with feedback until the analysis is sure; returns its verdict."""
    public, lock = random.Random(13), threading.Lock()
    sent, begin = 0, time.monotonic()

    def visit(number: int) -> None:
        with lock:
            chosen = public.choices(texts, k=TEXTS_PER_CALLER)
            told = [public.random() < FEEDBACK_SHARE for _ in chosen]
        for position, ((text, label), tells) in enumerate(zip(chosen, told, strict=True)):
            name = f"demo-{number}-{position}"
            headers = {"X-Caller-Id": f"visitor-{number}", "X-Request-Id": name}
            STAGE.call("/predict", {"texts": [text]}, **headers)
            if tells:
                STAGE.call("/feedback", {"request_id": name, "label": label, "by": "demo"})

    verdict = "undecided"
    with ThreadPoolExecutor(CLIENTS) as pool:
        while verdict == "undecided" and sent < MOST_REQUESTS:
            visits = LOOK_EVERY // TEXTS_PER_CALLER
            first = sent // TEXTS_PER_CALLER
            list(pool.map(visit, range(first, first + visits)))
            sent += visits * TEXTS_PER_CALLER
            rate = sent / (time.monotonic() - begin)
            time.sleep(1.0)  # the log is written every half second
            verdict, reason = look(experiment, log)
            tell(f"{sent:,} requests, {rate:,.0f} a second: {verdict}: {reason}")
    return verdict


def look(experiment: Path, log: Path) -> tuple[str, str]:
    """Analyses what there is so far, as anybody may at any time."""
    out = STAGE.var / "comparison" / experiment.stem
    command = [str(COMPARE), "--log", str(log), "--experiment", str(experiment)]
    command += ["--out-comparison", str(out), "--out-report", str(out.with_suffix(".html"))]
    subprocess.run(command, check=True, capture_output=True)
    found = json.loads((out / "comparison.json").read_text())
    return found["verdict"], found["reason"]


if __name__ == "__main__":
    main()

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
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VAR = Path(os.environ.get("SENTIMENT_VAR") or ROOT / "var" / "demo").resolve()
BIN = ROOT / "var" / "envs"
PIPELINES = BIN / "pipelines" / "bin" / "sentiment-pipelines"
SERVE = BIN / "serving-tensorflow" / "bin" / "sentiment-serve"
COMPARE = BIN / "compare" / "bin" / "sentiment-compare"
ENVIRONMENT = {**os.environ, "SENTIMENT_VAR": str(VAR)}
REGISTRY = f"sqlite:///{VAR}/mlflow/mlflow.db"
PORT = 3210
SERVICE = f"http://127.0.0.1:{PORT}"
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
DUMP = """\
import json, sys, pyarrow.parquet as pq
table = pq.read_table(sys.argv[1], columns=["text", "label"])
print(json.dumps(list(zip(*table.to_pydict().values()))))
"""


def main() -> None:
    """Plays the whole story and prints what happened when."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    begin = time.monotonic()

    def tell(line: str) -> None:
        print(f"{time.monotonic() - begin:6.0f} s  {line}", flush=True)

    champion, challenger = train(tell)
    texts = held_out()
    started = datetime.now(UTC)
    file = VAR / f"experiment-{started:%Y%m%dT%H%M%S}.toml"
    moments = {"stamp": f"{started:%Y%m%dT%H%M%S}", "started": f"{started:%Y-%m-%dT%H:%M:%SZ}"}
    file.write_text(EXPERIMENT.format(**moments))
    log = VAR / "requests" / file.stem
    with service(file, log):
        tell(f"serving {champion} and {challenger}, experiment {file.name}")
        verdict = play(texts, file, log, tell)
        if verdict != "better":
            tell(f"no promotion: the verdict is {verdict}")
            sys.exit(1)
        pipelines("promote", "--experiment", file, "--log", log, "--by", "demo")
        tell(f"promoted: {pipelines('promotions').splitlines()[1].strip()}")
        tell(f"the service answers with {served_after(champion)} after the promotion")
        pipelines("rollback", "--reason", "the demonstration is over", "--by", "demo")
        tell("rolled back")
        tell(f"the service answers with {served_after(challenger)} after the rollback")


def train(tell) -> tuple[str, str]:
    """Pushes the smallest model as champion and the best as challenger; returns their digests."""
    pipelines("run", "--set", "policy=selection.least_gain = 1")
    champion = behind("champion")
    tell(f"champion {champion}: the smallest candidate")
    # By itself the gate lets nobody pass who understands a negation less often than the champion.
    pipelines("run", "--set", "alias=challenger", "--set", f"force={FORCE}")
    challenger = behind("challenger")
    tell(f"challenger {challenger}: the best candidate, forced ({FORCE})")
    return champion, challenger


def pipelines(*arguments: object) -> str:
    """Runs a command of the pipelines and returns what it printed.

    Raises:
        SystemExit: It failed.
    """
    command = [str(PIPELINES), *map(str, arguments)]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def behind(alias: str) -> str:
    """Returns the short digest of the model behind an alias."""
    listed = json.loads(pipelines("promotions", "--json"))
    return next(short(it["digest"]) for it in listed if it["alias"] == alias and it["reigning"])


def short(digest: str) -> str:
    """Returns the beginning of a digest."""
    return digest.removeprefix("sha256:")[:12]


def held_out() -> list[tuple[str, str]]:
    """Returns texts and labels of the test split."""
    (path,) = VAR.glob("runs/latest/tasks/*/ingest/examples/test/examples.parquet")
    command = [str(BIN / "ingest" / "bin" / "python"), "-c", DUMP, str(path)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@contextmanager
def service(experiment: Path, log: Path) -> Iterator[None]:
    """Runs the service with both models inside the context."""
    command = [str(SERVE), "run", "--port", str(PORT), "--follow", "2"]
    command += ["--model", "models:/sentiment@champion"]
    command += ["--also", "challenger=models:/sentiment@challenger"]
    command += ["--experiment", str(experiment), "--request-log", str(log)]
    command += ["--home", str(VAR / "bentoml")]
    environment = {**ENVIRONMENT, "MLFLOW_TRACKING_URI": REGISTRY}
    with (VAR / "service.log").open("w") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        try:
            until = time.monotonic() + 120
            while not answers():
                if process.poll() is not None or time.monotonic() > until:
                    sys.exit(f"the service did not start, see {output.name}")
                time.sleep(0.5)
            yield
        finally:
            process.terminate()
            process.wait(30)


def answers() -> bool:
    """Tells whether the service is ready."""
    try:
        return bool(call("/models"))
    except (urllib.error.URLError, ConnectionError):
        return False


def call(path: str, content: dict | None = None, **headers: str) -> dict:
    """Returns what the service answers to a GET, or to a POST of some content."""
    body = None if content is None else json.dumps(content).encode()
    request = urllib.request.Request(  # noqa: S310
        SERVICE + path, body, {"Content-Type": "application/json", **headers}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        return json.loads(answer.read() or "null")


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
            call("/predict", {"texts": [text]}, **headers)
            if tells:
                call("/feedback", {"request_id": name, "label": label, "by": "demo"})

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
    out = VAR / "comparison" / experiment.stem
    command = [str(COMPARE), "--log", str(log), "--experiment", str(experiment)]
    command += ["--out-comparison", str(out), "--out-report", str(out.with_suffix(".html"))]
    subprocess.run(command, check=True, capture_output=True)
    found = json.loads((out / "comparison.json").read_text())
    return found["verdict"], found["reason"]


def served_after(gone: str) -> str:
    """Waits until the default model is another one and returns it, with the seconds it took."""
    begin = time.monotonic()
    while time.monotonic() < begin + 60:
        digest = short(
            call("/predict", {"texts": ["good"], "model": "sentiment"})["model"]["digest"]
        )
        if digest != gone:
            return f"{digest}, {time.monotonic() - begin:.1f} s"
        time.sleep(0.2)
    sys.exit(f"the service still answers with {gone}")


if __name__ == "__main__":
    main()

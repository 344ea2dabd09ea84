"""The whole pipeline on a team's own file, as a person would run it, in a ``var`` of its own."""

import csv
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from sentiment_common.request_log import Entry
from sentiment_common.request_log.entry import entry_line
from sentiment_pipelines.environments import rooms

ARTIFACTS = (
    "examples", "statistics", "used_schema", "anomalies", "transform_graph", "train_features",
    "validation_features", "model", "evaluation", "blessing", "pushed_model",
)  # fmt: skip
COLUMNS = ("text_column=review", "rating_column=stars")
PIPELINES = rooms()["pipelines"].environment / "bin" / "sentiment-pipelines"


def command(*settings, pipeline="training"):
    given = (part for item in settings for part in ("--set", item))
    return [str(PIPELINES), "run", "--pipeline", pipeline, *given]


def run(var, *settings, pipeline="training"):
    return called(var, command(*settings, pipeline=pipeline))


def called(var, words, **options):
    return subprocess.run(
        words,
        env={**os.environ, "SENTIMENT_VAR": str(var)},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
        **options,
    )


@pytest.fixture(scope="module")
def var(tmp_path_factory):
    return tmp_path_factory.mktemp("var")


@pytest.fixture(scope="module")
def first(var, feedback):
    done = run(var, f"source={feedback}", *COLUMNS, "epochs=2")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folder(var, first):
    return var / "runs" / "latest"


def artifact(folder, task, name):
    (found,) = folder.glob(f"tasks/**/{task}/{name}")
    return found


def test_a_run_says_which_model_won_why_and_where_to_look(first):
    for expected in ("macro-F1", "baseline", "deep", "blessed", "make serve", "pushed in"):
        assert expected in first


def test_a_run_runs_every_stage(first):
    stages = [line.split()[1] for line in first.split("\n") if line.startswith("✓")]
    assert stages[:2] == ["ingest", "validate"]
    assert sorted(stages[2:-3]) == [
        "ingest-2", "train-baseline", "train-deep", "train-transfer", "transform"
    ]  # fmt: skip
    assert stages[-3:] == ["train-ensemble", "evaluate", "push"]


def test_every_artifact_of_a_run_names_its_maker_and_its_inputs(folder):
    manifest = json.loads((artifact(folder, "evaluate", "blessing") / "artifact.json").read_text())
    baseline = json.loads(
        (artifact(folder, "train-baseline", "model") / "artifact.json").read_text()
    )
    assert manifest["producer"] == "sentiment-evaluate"
    assert manifest["inputs"]["candidate"] == baseline["digest"]


def test_reports_lie_at_the_top_of_the_run(folder):
    for name in ("data-report.html", "evaluation-report.html"):
        assert (folder / name).read_text().startswith("<!doctype html>")


def test_a_run_is_a_finished_mlflow_run_with_one_nested_run_per_task(var, first):
    import mlflow

    client = mlflow.MlflowClient(f"sqlite:///{var}/mlflow/mlflow.db")
    runs = client.search_runs([client.get_experiment_by_name("sentiment").experiment_id])
    assert all(run.info.status == "FINISHED" for run in runs)
    names = {run.info.run_name for run in runs if "mlflow.parentRunId" in run.data.tags}
    assert {"ingest", "train-baseline", "train-deep", "evaluate"} <= names
    (deep,) = [run for run in runs if run.info.run_name == "train-deep"]
    assert deep.data.params["epochs"] == "2"


def test_the_champion_can_be_found_and_is_a_whole_bundle(var, first):
    done = subprocess.run(
        [str(PIPELINES), "champion"],
        env={**os.environ, "SENTIMENT_VAR": str(var)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (Path(done.stdout.strip()) / "bundle.json").is_file()


def test_a_killed_run_leaves_nothing_half_written_and_the_next_one_finds_the_same_model(
    var, first, feedback
):
    settings = (f"source={feedback}", *COLUMNS, "epochs=2")
    with subprocess.Popen(
        command(*settings),
        env={**os.environ, "SENTIMENT_VAR": str(var)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        while not (log := var / "runs" / "latest" / "logs" / "transform.log").is_file():
            assert process.poll() is None, "the run ended before it could be killed"
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    killed = (var / "runs" / "latest").resolve()
    assert log.is_file()
    time.sleep(1)
    outputs = [path for name in ARTIFACTS for path in killed.glob(f"tasks/*/*/{name}")]
    assert outputs, "ingest at least had ended"
    assert all((output / "artifact.json").is_file() for output in outputs)

    again = run(var, *settings)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "already-champion" in again.stdout


def test_an_exploration_goes_on_from_what_a_training_has_read_and_trains_nothing(
    var, first, feedback
):
    settings = (f"source={feedback}", *COLUMNS, "previous_examples=none")
    done = run(var, *settings, pipeline="exploration")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "explored in" in done.stdout
    latest = var / "runs" / "latest"
    assert (latest / "exploration.html").read_text().startswith("<!doctype html>")
    assert [path.stem for path in latest.glob("logs/*.sh")] == ["explore"]
    figures = json.loads(
        (artifact(latest, "explore", "exploration") / "exploration.json").read_text()
    )
    assert figures


def test_the_champion_scores_a_file_row_by_row_and_the_same_again_is_not_scored_again(
    var, first, feedback, tmp_path
):
    (tmp_path / "a folder").mkdir()
    shutil.copy(feedback, tmp_path / "a folder" / "my file.csv")
    words = (PIPELINES, "predict", "a folder/my file.csv", "new/scored.jsonl", "--text", "review")
    done = called(var, [*words, "--set", "keep_columns=stars"], cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    scored = (tmp_path / "new" / "scored.jsonl").read_text()
    refused = (tmp_path / "new" / "scored.refused.jsonl").read_text()
    with feedback.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(scored.splitlines()) + len(refused.splitlines()) == len(rows)
    first_row = json.loads(scored.split("\n", 1)[0])
    assert first_row["label"] in ("negative", "neutral", "positive")
    assert "stars" in first_row

    (tmp_path / "new" / "scored.jsonl").unlink()
    once_more = called(var, [*words, "--set", "keep_columns=stars", "--replace"], cwd=tmp_path)
    assert once_more.returncode == 0, once_more.stdout + once_more.stderr
    assert not list((var / "runs" / "latest" / "logs").glob("*.sh"))
    assert (tmp_path / "new" / "scored.jsonl").read_text() == scored


def answers(model, day, count=120):
    """Log lines of a day on which a model answered, as a service writes them that keeps no text."""
    labels = ("negative", "neutral", "positive")
    for number in range(count):
        told = labels[number % 3]
        yield entry_line(Entry(
            number, f"{day}T{number // 60:02}:{number % 60:02}:00Z", f"{day}-{number}", 0,
            "sentiment", model, "", None, "none", told,
            {it: 0.8 if it == told else 0.1 for it in labels}, 3.0, "", "", False,
        ))  # fmt: skip


def test_the_champion_is_watched_and_each_decision_is_the_next_ones_history(var, first, tmp_path):
    champion = Path(called(var, [str(PIPELINES), "champion"]).stdout.strip())
    digest = json.loads((champion / "artifact.json").read_text())["digest"]
    days = ("2026-11-02", "2026-11-03")
    for day in days:
        file = tmp_path / f"requests-{day.replace('-', '')}T000000.000000Z-7-000000.jsonl"
        file.write_bytes(b"".join(answers(digest, day)))
    for number, until in enumerate((days[1], "2026-11-04")):
        words = (str(PIPELINES), "monitor", "--log", str(tmp_path), "--until", f"{until}T00:00:00Z")
        done = called(var, words)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "# TYPE" not in done.stdout  # figures for Prometheus are no news for people
        kept = sorted((var / "monitoring" / "decisions").iterdir())
        said = json.loads((kept[-1] / "decision.json").read_text())
        assert (len(kept), said["earlier_windows"]) == (number + 1, number)
        assert (said["window"]["digest"], said["window"]["rows"]) == (digest, 120)
    figures = (var / "monitoring" / "monitor.prom").read_text()
    assert f'decision="{said["decision"]}"}} 1' in figures
    assert {it.name for it in (var / "monitoring").iterdir()} == {"decisions", "monitor.prom"}


def test_a_missing_file_is_one_line_and_exit_code_2(tmp_path):
    done = run(tmp_path, "source=/nowhere/reviews.csv", *COLUMNS)
    assert done.returncode == 2
    assert "/nowhere/reviews.csv" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert not list(tmp_path.glob("runs/latest/tasks/**/artifact.json"))


def test_refused_data_end_the_run_with_a_report_and_exit_code_3(tmp_path, feedback):
    header, *rows = feedback.read_text().rstrip("\n").split("\n")
    column = header.split(",").index("review")
    assert column == 0, "the fixture's first column is the text"
    mojibake = [row.replace("e", "Ã©").replace("a", "Ã¢") for row in rows]
    broken = tmp_path / "broken.csv"
    broken.write_text("\n".join([header, *mojibake]) + "\n")
    done = run(tmp_path / "var", f"source={broken}", *COLUMNS)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "refused" in done.stdout
    assert (tmp_path / "var/runs/latest/data-report.html").is_file()

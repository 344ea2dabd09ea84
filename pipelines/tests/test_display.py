"""What a person reads after a run."""

import io

import pytest
from rich.console import Console

from sentiment_pipelines import display
from sentiment_pipelines.runs import TaskRecord


@pytest.fixture
def console():
    return Console(file=io.StringIO(), width=100)


def record(folder, log, exit_code):
    (folder / "task.log").write_text(log)
    return TaskRecord(
        "train-deep", "sentiment-train-deep:0.1.0", folder, folder / "task.log",
        folder / "task.sh", 1.0, exit_code,
    )  # fmt: skip


def test_a_bug_shows_the_task_its_last_lines_and_how_to_run_it_again(console, tmp_path):
    log = "".join(f"line {number}\n" for number in range(100)) + "ValueError: [broken]\n"
    display.failure(console, record(tmp_path, log, 1))
    shown = console.file.getvalue()
    assert "train-deep failed (exit code 1)" in shown
    assert "line 99\n  ValueError: [broken]" in shown
    assert "line 80" not in shown
    assert f"sh {tmp_path}/task.sh" in shown


def test_bad_input_shows_the_one_line_of_the_stage(console, tmp_path):
    log = "reading\nsentiment-ingest: reviews.csv, row 7: no text; drop the row\n"
    display.failure(console, record(tmp_path, log, 2))
    shown = console.file.getvalue()
    assert "reviews.csv, row 7: no text; drop the row" in shown
    assert "reading" not in shown


def test_progress_leaves_one_line_per_task(console, tmp_path):
    progress = display.Progress(console)
    progress.started("train-deep")
    progress.line("train-deep", "epoch 1/20")
    progress.finished(record(tmp_path, "", 0))
    assert console.file.getvalue().split() == ["✓", "train-deep", "1.0", "s"]


def test_the_picture_of_a_run_loads_nothing(tmp_path):
    console = Console(file=io.StringIO(), width=80, record=True)
    console.print("✓ ingest")
    display.save_picture(console, tmp_path / "picture.svg")
    picture = (tmp_path / "picture.svg").read_text()
    assert "ingest" in picture
    assert "url(" not in picture.replace("url(#", "")

"""The Beam pipeline, in its own environment with two worker processes: the same rows."""

import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

ENVIRONMENT = Path(sys.executable).parents[2] / "batch_predict-beam"
TWO_WORKERS = "runner=DirectRunner direct_num_workers=2 direct_running_mode=multi_processing"


@pytest.fixture
def predict_by_beam(command):
    """Runs the command of the environment with Beam."""
    installed = ENVIRONMENT / "bin" / "sentiment-batch-predict"
    if not installed.exists():
        pytest.fail("no environment with Beam: `make test` makes it")

    def run(source, options, *others):
        words = command(source, "--beam", options, *others)
        return subprocess.run(
            [str(installed), *words[1:]], capture_output=True, text=True, timeout=300, check=False
        )

    return run


def test_two_workers_give_the_rows_and_scores_of_one_machine(
    predict, predict_by_beam, scored, write_csv, texts, tmp_path
):
    for name in ("a", "b"):
        rows = [
            (f"{name}{number}", "" if number == 7 else text) for number, text in enumerate(texts)
        ]
        write_csv(f"{name}.csv", ("ticket", "text"), rows)
    pattern, options = tmp_path / "?.csv", ("--id-column", "ticket", "--keep-columns", "text")
    assert predict(pattern, *options).returncode == 0
    alone = scored()
    done = predict_by_beam(pattern, TWO_WORKERS, *options)
    assert done.returncode == 0, done.stderr
    assert scored() == alone
    assert "Beam counted rows read 2,000, rows scored 1,998, rows refused 2" in done.stderr
    artifact = json.loads((tmp_path / "scored" / "artifact.json").read_text())
    assert [Path(source["uri"]).name for source in artifact["sources"]] == ["a.csv", "b.csv"]
    assert pq.read_metadata(tmp_path / "scored" / "scored.parquet").num_rows == 1998


@pytest.mark.parametrize(
    ("options", "others", "told"),
    [
        ("runner=DirectRunner", ("--text-column", "review"), "no column 'review'"),
        ("runner=DirectRunner workerz=2", (), "--beam: Beam has no option 'workerz'"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(predict_by_beam, write_csv, options, others, told):
    source = write_csv("feedback.csv", ("ticket", "text"), [("t1", "fine")])
    done = predict_by_beam(source, options, *others)
    assert done.returncode == 2
    assert told in done.stderr.split("\n")[-2]
    assert "Traceback" not in done.stderr

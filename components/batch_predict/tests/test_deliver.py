"""A result arrives whole under its name, and replaces nothing unasked."""

import shutil
import subprocess
import sys

import fsspec
import pytest

from sentiment_batch_predict.deliver import deliver, main
from sentiment_common.artifacts import SCORED, Manifest, payload_digest, write_manifest
from sentiment_common.errors import InputError


@pytest.fixture
def artifact(tmp_path):
    folder = tmp_path / "artifact"
    folder.mkdir()
    (folder / "scored.csv").write_text("id,label\na,positive\n")
    (folder / "refused.jsonl").write_text('{"row": 3}\n')
    digest = payload_digest(folder)
    write_manifest(folder, Manifest(SCORED.name, SCORED.schema_version, "test", "1", digest))
    return folder


def test_rows_and_refused_rows_stand_beside_each_other(artifact, tmp_path):
    deliver(artifact, str(tmp_path / "new" / "out.csv"))
    found = {path.name: path.read_text() for path in (tmp_path / "new").iterdir()}
    assert found == {
        "out.csv": "id,label\na,positive\n", "out.refused.jsonl": '{"row": 3}\n'
    }  # fmt: skip


@pytest.mark.parametrize("to", ["folder", "folder/", "other/"])
def test_a_folder_gets_files_of_the_usual_names(artifact, tmp_path, to):
    (tmp_path / "folder").mkdir()
    deliver(artifact, f"{tmp_path}/{to}")
    folder = tmp_path / to.rstrip("/")
    assert sorted(path.name for path in folder.iterdir()) == ["scored.csv", "scored.refused.jsonl"]


def test_a_store_gets_the_same(artifact):
    to = "memory:///bucket/2026/out.csv"
    assert deliver(artifact, to) == [to, "memory:///bucket/2026/out.refused.jsonl"]
    assert fsspec.open(to).open().read() == b"id,label\na,positive\n"
    with pytest.raises(InputError, match="is there already"):
        deliver(artifact, to)


def test_nothing_is_replaced_unasked(artifact, tmp_path):
    (tmp_path / "out.csv").write_text("precious")
    with pytest.raises(InputError, match="is there already"):
        deliver(artifact, str(tmp_path / "out.csv"))
    assert (tmp_path / "out.csv").read_text() == "precious"
    assert not (tmp_path / "out.refused.jsonl").exists()
    deliver(artifact, str(tmp_path / "out.csv"), replace=True)
    assert (tmp_path / "out.csv").read_text() == "id,label\na,positive\n"


def test_a_name_that_promises_another_format_is_refused(artifact, tmp_path):
    with pytest.raises(InputError, match=r"the rows are csv, the name ends in '\.parquet'"):
        deliver(artifact, str(tmp_path / "out.parquet"))


def test_an_artifact_that_was_changed_is_refused(artifact, tmp_path):
    (artifact / "scored.csv").write_text("id,label\na,negative\n")
    with pytest.raises(InputError, match="changed after they were made"):
        deliver(artifact, str(tmp_path / "out.csv"))


def test_a_store_that_nobody_knows_is_one_line_and_exit_code_2(artifact, capsys):
    assert main(["--scored", str(artifact), "--to", "nowhere://a/out.csv"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("deliver: nowhere://a/out.csv: cannot be written to (")
    assert told.count("\n") == 1


def test_a_failed_copy_leaves_nothing(artifact, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written to"):
        deliver(artifact, str(tmp_path / "file" / "out.csv"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["artifact", "file"]


def test_it_is_a_command(artifact, tmp_path):
    copy = shutil.copytree(artifact, tmp_path / "copy")
    done = subprocess.run(
        [sys.executable, "-m", "sentiment_batch_predict.deliver", "--scored", copy,
         "--to", tmp_path / "out.csv"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.split() == [
        f"file://{tmp_path}/out.csv",
        f"file://{tmp_path}/out.refused.jsonl",
    ]

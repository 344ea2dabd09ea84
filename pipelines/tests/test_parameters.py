"""Values of the pipeline's parameters: file, command line, types."""

import pytest

from sentiment_common.errors import InputError
from sentiment_pipelines import parameters

COMPILED = """
root:
  inputDefinitions:
    parameters:
      champion: {parameterType: STRING}
      source: {parameterType: STRING}
      epochs: {parameterType: NUMBER_INTEGER}
      floor: {parameterType: NUMBER_DOUBLE}
      fast: {parameterType: BOOLEAN}
      force: {parameterType: STRING}
"""
OTHER = """
root:
  inputDefinitions:
    parameters:
      source: {parameterType: STRING}
"""


@pytest.fixture
def read(tmp_path):
    (tmp_path / "compiled").mkdir()
    (tmp_path / "compiled" / "training.yaml").write_text(COMPILED)
    (tmp_path / "compiled" / "batch.yaml").write_text(OTHER)
    (tmp_path / "params.yaml").write_text("source: default\nepochs: 20\n")
    return lambda *given, pipeline="training": parameters.read(
        tmp_path / "params.yaml", given, tmp_path / "compiled" / f"{pipeline}.yaml"
    )


def test_the_command_line_wins_over_the_file(read):
    assert read("epochs=5") == {"source": "default", "epochs": 5}


def test_values_take_the_type_the_pipeline_declares(read):
    values = read("epochs=5", "floor=0.5", "fast=true", "source=7")
    assert values == {"source": "7", "epochs": 5, "floor": 0.5, "fast": True}


def test_a_value_may_contain_an_equals_sign(read):
    assert read("source=a=b.csv")["source"] == "a=b.csv"


def test_one_file_serves_all_pipelines(read, tmp_path):
    assert read(pipeline="batch") == {"source": "default"}
    (tmp_path / "params.yaml").write_text("sauce: default\n")
    with pytest.raises(InputError, match=r"params.yaml: the pipeline has no parameter 'sauce'"):
        read(pipeline="batch")


def test_who_forces_says_who_and_why(read):
    assert read("force=Ann: a demo: tomorrow")["force"] == "Ann: a demo: tomorrow"


def test_paths_of_every_source_are_made_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a.csv", "b c.csv", "x=y.csv"):
        (tmp_path / name).write_text("text\n")
    given = "shop=a.csv | b c.csv | s3://bucket/k.csv\nx=y.csv | *.csv | tickets=gone.csv"
    assert parameters.absolute("source", given) == (
        f"shop={tmp_path}/a.csv | {tmp_path}/b c.csv | s3://bucket/k.csv\n"
        f"{tmp_path}/x=y.csv | {tmp_path}/*.csv | tickets=gone.csv"
    )
    assert parameters.absolute("policy", "a.csv | b c.csv") == "a.csv | b c.csv"
    assert parameters.absolute("schema", "a.csv") == f"{tmp_path}/a.csv"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("epochs", "'epochs' is not name=value"),
        ("epoch=5", "the pipeline has no parameter 'epoch'; it has epochs"),
        ("epochs=many", "epochs: 'many' is no number_integer"),
        ("force=because", "force: 'because' does not say who and why; give FORCE='WHO: WHY'"),
        ("force= : why", "does not say who and why"),
        ("champion=/x", "the pipeline has no parameter 'champion'"),
    ],
)
def test_a_wrong_setting_is_said_in_one_line(read, given, message):
    with pytest.raises(InputError) as error:
        read(given)
    assert message in str(error.value)

"""Values of the pipeline's parameters: file, command line, types."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    (tmp_path / "a|b.csv").write_text("text\n")
    (tmp_path / "c | d.csv").write_text("text\n")
    assert parameters.absolute("source", "a|b.csv | gone") == f"{tmp_path}/a|b.csv | gone"
    assert parameters.absolute("source", "c | d.csv") == f"{tmp_path}/c | d.csv"


@pytest.mark.parametrize(
    ("name", "value"),
    [("text_column", "review"), ("source", "default"), ("model", "champion"), ("schema", "auto")],
)
def test_a_name_or_keyword_is_no_path_whatever_a_folder_here_is_called(
    tmp_path, monkeypatch, name, value
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / value).mkdir()
    assert parameters.absolute(name, value) == value


def test_a_model_of_the_latest_run_is_that_of_the_run_which_is_the_latest_now(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run-1" / "model").mkdir(parents=True)
    (tmp_path / "latest").symlink_to("run-1")
    assert parameters.absolute("model", "latest/model") == f"{tmp_path}/run-1/model"


@pytest.mark.parametrize("content", ["source: [a.csv, b.csv]", "epochs:", "- a", "a: [", None])
def test_a_parameters_file_that_says_nothing_clear_is_refused(read, tmp_path, content):
    (tmp_path / "params.yaml").unlink()
    if content is not None:
        (tmp_path / "params.yaml").write_text(content)
    with pytest.raises(InputError):
        read()


def test_a_secret_is_refused_before_it_is_written_anywhere_and_not_repeated(read):
    for source in (
        "s3://me:hunter22@bucket/a.csv", "a.csv | shop=https://h/x.csv?token=hunter22",
        "https://hunter22@host/a.csv\nb.csv",
    ):  # fmt: skip
        with pytest.raises(InputError, match=r"a secret in the address.*\$\{NAME\}") as error:
            read(f"source={source}")
        assert "hunter22" not in str(error.value)
    given = "s3://me:${PASSWORD}@bucket/a.csv"
    assert read(f"source={given}")["source"] == given


WORD = st.text(st.characters(exclude_categories=("Z", "C"), exclude_characters="/"))


@given(parts=st.lists(WORD, min_size=1, max_size=4))
def test_what_is_not_here_stays_as_it_was_written(parts):
    given = " | ".join(f"gone-{part}" for part in parts)
    assert parameters.absolute("source", given) == given


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("epochs", "'epochs' is not name=value"),
        ("epoch=5", "the pipeline has no parameter 'epoch'; it has epochs"),
        ("fast=ture", "fast: 'ture' is no boolean"),
        ("fast=1", "fast: '1' is no boolean"),
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

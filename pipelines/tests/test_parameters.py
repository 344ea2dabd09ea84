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
"""


@pytest.fixture
def read(tmp_path):
    (tmp_path / "compiled.yaml").write_text(COMPILED)
    (tmp_path / "params.yaml").write_text("source: default\nepochs: 20\n")
    return lambda *given: parameters.read(
        tmp_path / "params.yaml", given, tmp_path / "compiled.yaml"
    )


def test_the_command_line_wins_over_the_file(read):
    assert read("epochs=5") == {"source": "default", "epochs": 5}


def test_values_take_the_type_the_pipeline_declares(read):
    values = read("epochs=5", "floor=0.5", "fast=true", "source=7")
    assert values == {"source": "7", "epochs": 5, "floor": 0.5, "fast": True}


def test_a_value_may_contain_an_equals_sign(read):
    assert read("source=a=b.csv")["source"] == "a=b.csv"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("epochs", "'epochs' is not name=value"),
        ("epoch=5", "the pipeline has no parameter 'epoch'; it has epochs"),
        ("epochs=many", "epochs: 'many' is no number_integer"),
        ("champion=/x", "the pipeline has no parameter 'champion'"),
    ],
)
def test_a_wrong_setting_is_said_in_one_line(read, given, message):
    with pytest.raises(InputError) as error:
        read(given)
    assert message in str(error.value)

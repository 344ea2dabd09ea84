"""What is written into a component's README."""

import pytest

from sentiment_pipelines import interfaces

ROW = {
    "flag": "--seed", "role": "option", "type": "int", "default": 13, "help": "a | b",
    "optional": False,
}  # fmt: skip


def test_a_flag_is_a_row_with_its_default():
    table = interfaces.readme_table([ROW])
    assert table.split("\n")[-1] == r"| `--seed` | option | int | `13` | a \| b |"


def test_only_the_text_between_the_markers_is_replaced():
    readme = "before\n<!-- interface -->\nold\n<!-- /interface -->\nafter\n"
    replaced = interfaces.with_table(readme, "new")
    assert replaced == "before\n<!-- interface -->\nnew\n<!-- /interface -->\nafter\n"
    assert interfaces.with_table(replaced, "new") == replaced


def test_a_readme_without_markers_is_an_error():
    with pytest.raises(ValueError, match="interface"):
        interfaces.with_table("nothing here", "table")


def test_commands_name_the_image_of_the_version_and_of_no_other_component():
    text = "run sentiment-train-deep:0.9.1, not sentiment-train:1.0.0 or sentiment-train-deep:mine"
    replaced = interfaces.with_image(text, "train_deep", "0.10.0")
    assert replaced == text.replace("0.9.1", "0.10.0")


@pytest.mark.parametrize(
    ("flag", "role", "name"),
    [
        ("--out-model", "output", "model"),
        ("--out-model-version", "result", "model_version"),
        ("--out-of-domain", "input", "out_of_domain"),
        ("--text-column", "option", "text_column"),
    ],
)
def test_a_flag_has_its_name_in_a_pipeline(flag, role, name):
    assert interfaces.port({**ROW, "flag": flag, "role": role}) == name

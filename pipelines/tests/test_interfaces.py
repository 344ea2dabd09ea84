"""The table in a component's README."""

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

"""``sentiment-pipelines lineage``."""

import argparse

import pytest

from sentiment_common.errors import InputError
from sentiment_pipelines.commands import lineage


def run(*words):
    parser = argparse.ArgumentParser()
    lineage.add(parser.add_subparsers())
    arguments = parser.parse_args(["lineage", *words])
    return arguments.command(arguments)


def test_the_tree_is_printed_whole_and_the_picture_is_drawn(house, tmp_path, capsys):
    made = house.train(house.first)
    file = tmp_path / "lineage.svg"
    assert run(f"{house.first}/train-deep/model", "--picture", str(file)) == 0
    shown = capsys.readouterr().out
    assert f"train-deep/model  {made['candidate_2'][7:19]}" in shown
    assert f"1,234 bytes · sha256 {house.reviews.sha256}\n" in shown
    assert f"code revision revision of {house.first}\n" in shown
    assert "3 artifacts, 2 sources, no link missing" in shown
    assert file.read_text().startswith("<svg ")


def test_nothing_is_printed_or_drawn_for_what_is_not_there(house, tmp_path, capsys):
    file = tmp_path / "lineage.svg"
    with pytest.raises(InputError):
        run("0123456789ab", "--picture", str(file))
    assert capsys.readouterr().out == ""
    assert not file.exists()

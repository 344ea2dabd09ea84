"""The record of sizes, and the budget that each image is held to."""

import json

import pytest

from sentiment_common.errors import InputError
from sentiment_pipelines.environments import rooms
from sentiment_pipelines.images import Built, contents, sizes
from sentiment_pipelines.images.sizes import Size


@pytest.mark.parametrize("name", list(contents.rooms_with_an_image()))
def test_every_image_has_a_budget(name, base):
    assert contents.Image(rooms()[name], base).settings["budget"] > 0


def test_sizes_are_recorded_beside_those_of_other_images(tree, tmp_path):
    path = tmp_path / "images.json"
    path.write_text('{"push": {"bytes": 7}}')
    sizes.record([Built(tree.image(), Size(300, 100, 5), 1.0)], path)
    assert json.loads(path.read_text()) == {
        "push": {"bytes": 7},
        "compare": {
            "version": tree.image().room.version,
            "bytes": 300,
            "dependencies_bytes": 100,
            "code_bytes": 5,
        },
    }


def test_an_image_without_a_budget_is_refused(tree):
    project = tree.root / "components/compare/pyproject.toml"
    project.write_text(project.read_text().partition("[tool.sentiment.image]")[0])
    built = Built(tree.image(), Size(1, 1, 1), 1.0)
    with pytest.raises(InputError, match="sentiment-compare has no budget"):
        sizes.check(None, [built])


def test_an_image_within_its_budget_passes(tree):
    sizes.check(None, [Built(tree.image(), Size(1_000_000, 1, 1), 1.0)])

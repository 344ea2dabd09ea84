"""What an image is called: its version for what was released, its content for all else."""

import re

import pytest

from sentiment_common.errors import InputError
from sentiment_pipelines.environments import ROOT, rooms
from sentiment_pipelines.images import contents
from sentiment_pipelines.images.base import Base


def test_every_component_has_an_image_and_the_service_two_and_what_starts_runs_one():
    names = set(contents.rooms_with_an_image())
    assert {"ingest", "train_baseline", "serving", "serving-tensorflow", "pipelines"} <= names
    assert not names & {"pipelines-ui", "base", "batch_predict-beam", "dev"}


def test_the_image_of_pipelines_has_what_it_reads_beside_its_code():
    image = contents.Image(rooms()["pipelines"], Base("base:1", "sha256:1", "c"))
    assert image.target == "control"
    names = {path.relative_to(ROOT).as_posix() for path in image.files}
    assert {"params.yaml", "pipelines/compiled/training.yaml", "pipelines/conf/base.toml"} <= names
    assert {"components/push/component.yaml", "components/push/pyproject.toml"} <= names
    assert not [name for name in names if name.startswith("components/push/src")]


def test_what_is_in_no_release_is_called_by_its_content(tree):
    image = tree.image()
    assert re.fullmatch(r"sentiment-compare:\d+\.\d+\.\d+-dev\.[0-9a-f]{12}", image.reference)
    assert image.content.startswith(image.tag.rpartition(".")[2])


def test_what_was_released_is_called_by_its_version(tree):
    tree.release()
    assert tree.image().reference == f"sentiment-compare:{tree.image().room.version}"


@pytest.mark.parametrize(
    "name",
    [
        "components/compare/src/sentiment_compare/cli.py",
        "components/compare/src/sentiment_compare/new.py",
        "components/compare/requirements.lock",
        "common/base/src/sentiment_common/cli.py",
        "Dockerfile",
        "pipelines/src/sentiment_pipelines/images/install.py",
    ],
)
def test_a_change_of_what_goes_in_is_another_image_and_no_release(tree, name):
    tree.release()
    before = tree.image().content
    path = tree.root / name
    tree.write(name, (path.read_text() if path.exists() else "") + "# changed\n")
    assert tree.image().content != before
    assert "-dev." in tree.image().tag


def test_a_file_that_was_taken_away_is_no_release(tree):
    tree.release()
    (tree.root / "common/base/src/sentiment_common/log.py").unlink()
    assert "-dev." in tree.image().tag


@pytest.mark.parametrize(
    "name", ["components/compare/README.md", "components/compare/tests/test_new.py", "var/runs/x"]
)
def test_what_does_not_go_in_changes_nothing(tree, name):
    tree.release()
    before = tree.image().content
    tree.write(name, "changed")
    assert tree.image().content == before
    assert "-dev." not in tree.image().tag


def test_a_base_of_other_packages_is_another_image_and_one_made_anew_of_the_same_is_not(tree, base):
    other = Base(base.name, base.digest, "d" * 64)
    anew = Base(base.name, "sha256:" + "e" * 64, base.content)
    assert tree.image(other).content != tree.image().content
    assert tree.image(anew).content == tree.image().content


def test_without_git_an_image_is_called_by_its_content(tree, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert "-dev." in tree.image().tag
    assert not [name for name in tree.image().labels() if name.endswith("revision")]


def test_the_labels_say_where_the_image_comes_from_and_not_who_fetched_it(tree, base):
    tree.git("remote", "add", "origin", "https://someone:secret@git.example.org/team/house.git")
    found = {name.rpartition("image.")[2]: it for name, it in tree.image().labels().items()}
    assert found["title"] == "sentiment-compare"
    assert found["licenses"] == "Apache-2.0"
    assert found["revision"] == tree.git("rev-parse", "HEAD")
    assert found["created"] == tree.git("log", "-1", "--format=%cI")
    assert found["source"] == "https://git.example.org/team/house.git"
    assert found["base.digest"] == base.digest
    assert found["sentiment.content"] == tree.image().content


def test_the_revision_says_that_something_is_not_committed(tree):
    tree.write("components/compare/src/sentiment_compare/new.py", "")
    assert tree.image().labels()["org.opencontainers.image.revision"].endswith("-modified")


def test_the_revision_is_the_last_commit_that_changed_the_image(tree):
    first = tree.git("rev-parse", "HEAD")
    tree.write("docs/other.md", "another room's")
    tree.git("add", ".")
    tree.git("commit", "--quiet", "-m", "second")
    assert tree.image().labels()["org.opencontainers.image.revision"] == first


def test_a_room_may_declare_another_lock_for_its_image_than_this_machine_takes(base):
    image = contents.Image(rooms()["validate"], base)
    assert image.lock.name == "requirements-glibc-2-38.lock"


def test_a_variant_has_a_lock_and_a_budget_of_its_own(base):
    linear, deep = (
        contents.Image(rooms()[name], base) for name in ("serving", "serving-tensorflow")
    )
    assert (linear.name, deep.name) == ("sentiment-serving", "sentiment-serving-tensorflow")
    assert deep.lock.name == "requirements-tensorflow.lock"
    assert linear.settings["budget"] < deep.settings["budget"]
    assert linear.arguments["ROOM"] == deep.arguments["ROOM"] == "serving"


@pytest.mark.parametrize("name", ["train-baseline", "train_baseline", "sentiment-train-baseline"])
def test_an_image_is_chosen_by_any_of_its_names(name):
    assert [room.name for room in contents.chosen([name])] == ["train_baseline"]


def test_an_image_that_is_none_is_refused_with_those_there_are():
    with pytest.raises(InputError, match=r"IMAGES: no image 'nothing'; there are .*train-baseline"):
        contents.chosen(["nothing"])

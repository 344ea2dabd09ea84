"""Which version of the data a file is, from .dvc files as DVC writes them and a real repository."""

import hashlib
import subprocess

import pytest

from sentiment_common.errors import InputError
from sentiment_pipelines import versions


def git(folder, *words):
    command = ["git", "-C", str(folder), "-c", "user.name=Ada", "-c", "user.email=ada@shop.example"]
    done = subprocess.run([*command, *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def write(folder, name, content):
    """Writes a file and its .dvc file, as ``dvc add`` does."""
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(content)
    digest = hashlib.md5(content.encode(), usedforsecurity=False).hexdigest()
    path.with_name(f"{path.name}.dvc").write_text(
        f"outs:\n- md5: {digest}\n  size: {len(content)}\n  hash: md5\n  path: {path.name}\n"
    )
    return path


@pytest.fixture
def repository(tmp_path):
    """A repository whose data/ is DVC's and not git's."""
    git(tmp_path, "init", "--quiet")
    (tmp_path / ".gitignore").write_text("*.csv\n")
    return tmp_path


def commit(repository, message):
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message", message)
    return git(repository, "rev-parse", "HEAD")


def test_a_file_that_nobody_versions_has_no_version(repository):
    (repository / "reviews.csv").write_text("text\n")
    assert versions.of(repository / "reviews.csv") is None
    assert versions.of_source(str(repository / "reviews.csv")) == []
    assert versions.tags([]) == {}


def test_a_version_is_the_commit_that_gave_the_file_its_content(repository):
    path = write(repository, "data/reviews.csv", "fine\n")
    found = versions.of(path)
    assert (found.path, found.state, found.size) == ("data/reviews.csv", "uncommitted", 5)
    assert str(found).endswith("uncommitted")
    first = commit(repository, "October")
    write(repository, "data/other.csv", "other\n")
    commit(repository, "Something else")
    found = versions.of(path)
    assert (found.commit, found.state) == (first, "committed")
    assert str(found) == f"data/reviews.csv {found.md5[:12]} of commit {first[:12]}"
    path.write_text("changed\n")
    assert versions.of(path).state == "modified"
    path.unlink()
    assert versions.of(path).state == "modified"


def test_data_of_an_older_commit_are_told_as_that_commits(repository):
    path = write(repository, "data/reviews.csv", "fine\n")
    first = commit(repository, "October")
    write(repository, "data/reviews.csv", "fine\nbad\n")
    second = commit(repository, "November | more")
    assert versions.of(path).commit == second
    write(repository, "data/reviews.csv", "fine\n")
    assert (versions.of(path).commit, versions.of(path).state) == (first, "committed")
    listed = versions.commits(path.with_name("reviews.csv.dvc"))
    assert [(it.commit, it.subject, it.size) for it in listed] == [
        (second, "November | more", 9), (first, "October", 5),
    ]  # fmt: skip
    assert listed[0].author == "Ada"


def test_a_commit_that_ended_the_tracking_has_no_version(repository):
    path = write(repository, "data/reviews.csv", "fine\n")
    commit(repository, "October")
    git(repository, "rm", "--quiet", "data/reviews.csv.dvc")
    commit(repository, "Away")
    assert [it.md5 != "" for it in versions.commits(path.with_name("reviews.csv.dvc"))] == [
        False, True,
    ]  # fmt: skip


def test_outside_of_a_repository_a_version_is_uncommitted(tmp_path):
    found = versions.of(write(tmp_path, "data/reviews.csv", "fine\n"))
    assert (found.path, found.commit, found.state) == ("reviews.csv", "", "uncommitted")


def test_a_link_to_the_repository_and_a_link_to_the_content_change_nothing(repository, tmp_path):
    path = write(repository, "data/reviews.csv", "fine\n")
    commit(repository, "October")
    path.rename(tmp_path / "content")
    path.symlink_to(tmp_path / "content")
    (tmp_path / "link").symlink_to(repository)
    found = versions.of(tmp_path / "link" / "data" / ".." / "data" / "reviews.csv")
    assert (found.path, found.state) == ("data/reviews.csv", "committed")


def test_the_sources_of_a_run_are_looked_at_one_by_one(repository):
    data = repository / "data"
    for name in ("one", "two", "three"):
        write(repository, f"data/{name}.csv", f"{name}\n")
    commit(repository, "All")
    listed = data / "sources.toml"
    listed.write_text('[[source]]\nuri = "two.csv"\n[[source]]\nuri = "s3://bucket/x.csv"\n')

    def names(source):
        return [it.path for it in versions.of_source(source)]

    assert names(f"shop={data}/one.csv | s3://bucket/two.csv\n{data}/three.csv") == [
        "data/one.csv", "data/three.csv",
    ]  # fmt: skip
    assert names(f"{data}/t*.csv | {data}/two.csv") == ["data/three.csv", "data/two.csv"]
    assert names(str(listed)) == ["data/two.csv"]
    assert names("default") == names("one.csv") == names("") == []
    (tagged,) = versions.tags(versions.of_source(f"{data}/t*.csv")).values()
    assert tagged.startswith("data/three.csv ")
    assert ", data/two.csv " in tagged


@pytest.mark.parametrize("content", ["[", "source = 3", "[[source]]"])
def test_a_list_of_sources_that_is_none_is_one_line(tmp_path, content):
    (tmp_path / "sources.toml").write_text(content)
    with pytest.raises(InputError, match=r"sources\.toml: no list of sources"):
        versions.of_source(f"{tmp_path}/sources.toml")


@pytest.mark.parametrize("content", ["", "outs: 3", "outs: []", "outs:\n- path: x", "[", "a: \0"])
def test_what_is_no_dvc_file_is_one_line(tmp_path, content):
    (tmp_path / "x.csv.dvc").write_text(content)
    with pytest.raises(InputError, match=r"x\.csv\.dvc: no file of DVC .* restore it from git"):
        versions.of(tmp_path / "x.csv")

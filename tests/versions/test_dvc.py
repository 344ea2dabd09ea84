"""Versions of data by real DVC, real git, a folder and a real S3 server."""

import hashlib
from pathlib import Path

import pytest

from sentiment_pipelines import versions
from tests.versions.team import KEYS, SECRET, Team

OCTOBER, NOVEMBER = "text,stars\nfine,5\n", "text,stars\nfine,5\nbroken,1\n"


@pytest.fixture
def two(team: Team) -> Team:
    """Two versions of the reviews, the second one here."""
    team.version(OCTOBER, "Reviews of October")
    team.version(NOVEMBER, "Reviews of November")
    return team


def test_going_back_to_an_older_version_is_one_command_and_so_is_going_forward(two: Team) -> None:
    done = two.data("checkout", "HEAD~1")
    assert (done.returncode, done.stderr) == (0, "")
    assert two.reviews.read_text() == OCTOBER
    first = two.git("rev-parse", "HEAD~1")
    assert done.stdout.startswith(f"data/reviews.csv {_md5(OCTOBER)[:12]} of commit {first[:12]}\n")
    assert versions.of(two.reviews).commit == first
    assert two.data("checkout", "HEAD", "data/reviews.csv").returncode == 0
    assert two.reviews.read_text() == NOVEMBER
    assert two.git("status", "--short") == ""


def test_the_versions_are_listed_with_what_is_here(two: Team) -> None:
    listed = two.data().stdout.splitlines()
    assert listed[1].split()[:4] == ["★", "data/reviews.csv", _md5(NOVEMBER)[:12], "27"]
    assert "Reviews of November" in listed[1]
    assert listed[2].split()[:2] == ["data/reviews.csv", _md5(OCTOBER)[:12]]


def test_a_file_from_elsewhere_is_copied_and_replaces_only_what_is_kept(
    team: Team, tmp_path: Path
) -> None:
    given = tmp_path / "reviews.csv"
    for content in (OCTOBER, NOVEMBER):
        given.write_text(content)
        done = team.data("add", str(given))
        assert done.returncode == 0, done.stderr
        assert "git add .dvc data/reviews.csv.dvc data/.gitignore && git commit" in done.stdout
        team.commit("Reviews")
    assert team.git("log", "--oneline").count("\n") == 1
    team.reviews.write_text("written by hand\n")
    refused = team.data("add", str(given))
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "it is in no commit and would be lost" in refused.stderr
    assert team.reviews.read_text() == "written by hand\n"


def test_what_is_in_no_commit_is_never_lost(two: Team) -> None:
    two.reviews.write_text("written by hand\n")
    for words in (("checkout", "HEAD~1"), ("pull",)):
        refused = two.data(*words)
        assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
        assert "keep it (`make data-add FILE=`, then commit)" in refused.stderr
    assert two.data("add", "data/reviews.csv").returncode == 0
    assert two.data("checkout", "HEAD~1").returncode == 2
    assert two.reviews.read_text() == "written by hand\n"


def test_going_back_that_was_killed_halfway_is_completed_by_the_same_command(two: Team) -> None:
    two.git("restore", "--source", "HEAD~1", "--worktree", "--", "data/reviews.csv.dvc")
    assert versions.of(two.reviews).state == "modified"
    assert two.data("checkout", "HEAD~1").returncode == 0
    assert two.reviews.read_text() == OCTOBER


def test_a_folder_is_one_version_by_the_digest_that_dvc_gives_it(team: Team) -> None:
    for name in ("b.csv", "z/a.csv", "za.csv", "z/Ä ö.csv"):
        file = team.folder / "data" / "many" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    assert team.data("add", "data/many").returncode == 0
    found = versions.of(team.folder / "data" / "many" / "z" / "a.csv")
    assert (found.path, found.state) == ("data/many", "uncommitted")
    team.commit("Many files")
    (team.folder / "data" / "many" / "b.csv").write_text("changed")
    assert versions.of(team.folder / "data" / "many").state == "modified"


def test_a_colleague_gets_every_version_from_a_folder_that_all_see(
    two: Team, tmp_path: Path
) -> None:
    remote = tmp_path / "share"
    done = two.data("push", "--remote", str(remote))
    assert done.returncode == 0, done.stderr
    _check_colleague(two, tmp_path)


def test_a_colleague_gets_every_version_from_s3_and_git_gets_no_key(
    two: Team, tmp_path: Path, s3: str
) -> None:
    done = two.data("push", "--remote", "s3://reviews/feedback", "--endpoint", s3, **KEYS)
    assert done.returncode == 0, done.stderr
    assert SECRET not in "".join(
        it.read_text(errors="replace") for it in (two.folder / ".dvc").rglob("*") if it.is_file()
    )
    _check_colleague(two, tmp_path, **KEYS)


def _check_colleague(team: Team, folder: Path, **variables: str) -> None:
    team.commit("Where the data are shared")
    colleague = team.clone(folder / "colleague")
    assert not colleague.reviews.exists()
    done = colleague.data("pull", **variables)
    assert done.returncode == 0, done.stderr
    assert colleague.reviews.read_text() == NOVEMBER
    done = colleague.data("checkout", "HEAD~2", **variables)
    assert done.returncode == 0, done.stderr
    assert colleague.reviews.read_text() == OCTOBER


def test_what_is_neither_here_nor_on_a_remote_is_one_line_and_leaves_all_as_it_was(
    two: Team, tmp_path: Path
) -> None:
    colleague = two.clone(tmp_path / "colleague")
    done = colleague.data("checkout", "HEAD~1")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "data/reviews.csv: its content is not on this machine" in done.stderr
    assert colleague.git("status", "--short") == ""


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("add", "data/none.csv"), "data/none.csv: there is no such file"),
        (("checkout", "nowhere"), "'nowhere' is no commit, tag or branch here"),
        (("checkout", "HEAD", "data/none.csv"), "data/none.csv: no version of it at HEAD"),
        (("push",), "dvc push: failed to push data to the cloud - config file error: no remote"),
        (("push", "--remote", "s3://me:key@bucket/x"), "--remote: there is a password"),
    ],
)
def test_what_makes_no_sense_is_one_line(two: Team, words: tuple[str, ...], message: str) -> None:
    done = two.data(*words)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert message in done.stderr
    assert two.git("status", "--short") == ""


def test_outside_of_a_repository_nothing_is_versioned(tmp_path: Path) -> None:
    done = Team(tmp_path).data()
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "no git repository; versions of data are kept by git" in done.stderr


def test_nobody_is_told_that_dvc_is_used(two: Team) -> None:
    assert "analytics = false" in (two.folder / ".dvc" / "config").read_text()


def _md5(content: str) -> str:
    return hashlib.md5(content.encode(), usedforsecurity=False).hexdigest()

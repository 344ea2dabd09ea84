"""What became of a text or of a file later."""

import csv
import subprocess

import pytest

from sentiment_common.artifacts import file_sha256
from sentiment_common.errors import InputError
from sentiment_pipelines.labelling.store import COLUMNS
from sentiment_pipelines.lineage import chain
from sentiment_pipelines.tracing import later

from .conftest import FIRST, SECOND, entry, rows_of


def write_labels(path, *rows):
    with path.open("w", newline="") as stream:
        csv.writer(stream, quoting=csv.QUOTE_ALL).writerows([COLUMNS, *rows])


def row(request, text, label, by):
    return request, 0, text, label, by, "2026-01-03T00:00:00.000Z", "b1", "uncertain"


def test_labels_are_those_of_the_text_wherever_it_was_asked(tmp_path):
    path = tmp_path / "labels.csv"
    assert later.labels(path, entry("one", "a text")) == ([], "")
    write_labels(
        path,
        row("one", "a text", "negative", "anna"),
        row("two", "a text", "neutral", "ben"),
        row("three", "another", "positive", "anna"),
    )
    found, settled = later.labels(path, entry("one", "a text"))
    assert [(it.label, it.by) for it in found] == [("negative", "anna"), ("neutral", "ben")]
    assert settled == "", "they are at odds"
    found, settled = later.labels(path, entry("three", None, text_kept="none"))
    assert settled == "positive"


def test_a_file_of_gathered_rows_is_found_by_the_id_it_has_and_by_no_longer_one(tmp_path):
    path = tmp_path / "0a1b.csv"
    path.write_text("id,text,label,by\nr:10,x,neutral,\nr:1,y,negative,anna\n")
    (found,) = later.gathered(tmp_path, "r:1")
    assert (found.file, found.label, found.by) == ("0a1b.csv", "negative", "anna")
    assert found.sha256 == file_sha256(path)
    assert later.gathered(tmp_path, "r:2") == later.gathered(tmp_path / "none", "r:1") == []


def git(folder, *words):
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    subprocess.run(["git", "-C", folder, *identity, *words], check=True, capture_output=True)


@pytest.fixture
def versioned(world):
    """A file under DVC with two versions, each given to a run."""
    git(world.folder, "init", "-q")
    file = world.folder / "reviews.csv"
    for run, more in ((FIRST, ()), (SECOND, [("new", "the shop was closed again", "negative")])):
        world.begin(run)
        examples = world.ingest(run, rows_of(*more))
        md5 = later.versions.md5(file)
        tracked = file.with_name("reviews.csv.dvc")
        size = file.stat().st_size
        tracked.write_text(f"outs:\n- md5: {md5}\n  size: {size}\n  path: reviews.csv\n")
        git(world.folder, "add", tracked.name)
        git(world.folder, "commit", "-qm", run)
        found = later.versions.of_source(str(file))
        chain.Run(run).note(data=later.versions.as_json(found))
        world.train(run, examples, run)
    return world


def used(world, text):
    wanted = later.data_of(text)
    return wanted, later.examples_of(wanted, chain.store())


def test_a_version_of_a_file_leads_to_the_examples_that_were_made_from_it(versioned):
    first, second = (versioned.digest(it, "ingest", "examples") for it in (FIRST, SECOND))
    assert used(versioned, "reviews.csv")[1] == [second]
    assert used(versioned, "reviews.csv@HEAD")[1] == [second]
    wanted, found = used(versioned, "reviews.csv@HEAD~1")
    assert found == [first]
    assert (wanted.sha256, len(wanted.commit)) == ("", 40), "its content is not here"
    assert str(wanted).startswith(f"reviews.csv {wanted.md5[:12]} of commit ")


def test_a_file_that_dvc_does_not_know_is_found_by_its_content(world):
    world.begin(FIRST)
    digest = world.ingest(FIRST, rows_of())
    (world.folder / "copy.csv").write_bytes((world.folder / "reviews.csv").read_bytes())
    wanted, found = used(world, "copy.csv")
    assert (wanted.md5, found) == ("", [digest])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("reviews.csv@HEAD~9", "git has no reviews.csv.dvc at 'HEAD~9'"),
        ("other.csv@HEAD", "git has no other.csv.dvc at 'HEAD'"),
        ("reviews.csv@--output=x", "no revision of git"),
        ("other.csv", "no such file"),
        ("none/other.csv@HEAD", "it lies in no git repository"),
    ],
)
def test_what_names_no_version_is_refused(versioned, text, message):
    with pytest.raises(InputError) as error:
        later.data_of(text)
    assert message in str(error.value)
    assert not (versioned.folder / "x").exists()

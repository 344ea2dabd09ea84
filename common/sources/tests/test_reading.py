import logging
import sqlite3
import subprocess
import sys
import zipfile

import pytest

from sentiment_common.errors import InputError
from sentiment_sources import formats, parse_sources, read

CSV = "text,stars\ngood,5\nbad,1\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with feedback in many places, in which relative paths begin."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text(CSV)
    with zipfile.ZipFile("all.zip", "w") as archive:
        archive.writestr("2025.csv", CSV)
        archive.writestr("old/2024.csv", CSV + "only one column\n")
    with sqlite3.connect("feed.db") as connection:
        connection.execute("CREATE TABLE feedback (n INTEGER PRIMARY KEY, text, stars)")
        connection.execute("INSERT INTO feedback VALUES (1, 'fine', 3), (2, x'ff', 3)")
    connection.close()
    return tmp_path


def test_sources_are_read_one_after_the_other_and_every_row_is_accounted_for(folder):
    text = "shop=a.csv | all.zip | sqlite:///feed.db#feedback"
    reading = read(parse_sources(text), {"text": "text", "rating": "stars"})
    records = list(reading)
    assert [(record.spec, record.origin, record.place, record.problem) for record in records] == [
        (0, "shop", "a.csv, row 2", ""), (0, "shop", "a.csv, row 3", ""),
        (1, "2025", "all.zip!2025.csv, row 2", ""), (1, "2025", "all.zip!2025.csv, row 3", ""),
        (1, "2024", "all.zip!old/2024.csv, row 2", ""),
        (1, "2024", "all.zip!old/2024.csv, row 3", ""),
        (1, "2024", "all.zip!old/2024.csv, row 4", "wrong number of columns"),
        (2, "feedback", "feedback, row 1", ""), (2, "feedback", "feedback, row 2", "not UTF-8"),
    ]  # fmt: skip
    assert [source.uri for source in reading.sources] == [
        str(folder / "a.csv"), str(folder / "all.zip"), "sqlite:///feed.db#feedback",
    ]  # fmt: skip


def test_each_source_may_have_columns_of_its_own(folder):
    (folder / "b.csv").write_text("review,stars\nfine,3\n")
    (folder / "all.toml").write_text(
        "[[source]]\nuri = 'a.csv'\n[[source]]\nuri = 'b.csv'\ntext = 'review'\n"
    )
    reading = read(parse_sources("all.toml"), {"text": "text", "rating": "stars"})
    assert [record.values["text"] for record in reading] == ["good", "bad", "fine"]


def test_a_secret_that_is_missing_is_told_before_anything_is_read(folder):
    reading = read(parse_sources("a.csv | https://host/b.csv?token=${NOWHERE}"), {"text": "text"})
    with pytest.raises(InputError, match=r"\$\{NOWHERE\}: the environment variable"):
        next(iter(reading))
    assert not reading.sources


def test_no_message_of_a_reader_repeats_what_a_variable_holds(folder, monkeypatch):
    monkeypatch.setenv("CUSTOMER", "c4nary")
    (folder / "c4nary.csv").write_text("other\nx\n")
    for uri in ("${CUSTOMER}.csv", "${CUSTOMER}.tsv", "sqlite:///${CUSTOMER}.db#t"):
        with pytest.raises(InputError) as caught:
            list(read(parse_sources(uri), {"text": "text"}))
        assert "c4nary" not in str(caught.value)
        assert caught.value.__cause__ is None
        assert "${CUSTOMER}" in str(caught.value)


def test_the_traceback_of_a_bug_is_cleared_of_secrets_and_is_kept_whole_without(
    folder, monkeypatch
):
    monkeypatch.setenv("CUSTOMER", "c4nary")
    (folder / "c4nary.csv").write_text(CSV)

    def bug(content, *_):
        raise KeyError(content.path.name)

    monkeypatch.setitem(formats.FORMATS, ".csv", bug)
    with pytest.raises(RuntimeError, match=r"(?s)Traceback.*in bug.*KeyError: '\$\{CUSTOMER\}"):
        list(read(parse_sources("${CUSTOMER}.csv"), {"text": "text"}))
    with pytest.raises(KeyError, match=r"a\.csv"):
        list(read(parse_sources("a.csv"), {"text": "text"}))


def test_what_a_variable_put_into_a_name_is_hidden_in_every_record_and_guess(folder, monkeypatch):
    monkeypatch.setenv("CUSTOMER", "c4nary")
    monkeypatch.setenv("FILE", "c4nary.csv")
    (folder / "c4nary.csv").write_text("Text;stars\ngood;5\n")
    for uri, origin in (("${CUSTOMER}.csv", "${CUSTOMER}"), ("${FILE}", "${FILE}")):
        reading = read(parse_sources(uri), {"text": "text"})
        (record,) = reading
        assert (record.file, record.origin) == (uri, origin)
        assert len(reading.guesses) == 2
        assert "c4nary" not in repr([record, reading.guesses, reading.sources])


def test_bytes_that_are_read_twice_are_told(folder):
    (folder / "copy.csv").write_text(CSV)
    reading = read(parse_sources("a.csv | [ac]*.csv | all.zip"), {"text": "text"})
    assert len(list(reading)) == 6 + 5
    assert [guess.replace(f"{folder}/", "") for guess in reading.guesses] == [
        "a.csv: the same bytes as a.csv: its rows come again",
        "copy.csv: the same bytes as a.csv: its rows come again",
    ]
    assert len(reading.sources) == 4


@pytest.fixture(autouse=True)
def warnings_as_they_were():
    yield
    logging.captureWarnings(False)


def test_nothing_heavy_is_imported_before_it_is_needed(folder):
    code = (
        "import sys; from sentiment_sources import parse_sources, read;"
        "list(read(parse_sources('a.csv'), {'text': 'text'}));"
        "print([m for m in ('fsspec', 'aiohttp', 's3fs', 'sqlalchemy', 'zstandard', 'botocore')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"

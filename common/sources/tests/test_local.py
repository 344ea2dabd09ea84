import hashlib
import os

import pytest

from sentiment_common.errors import InputError
from sentiment_sources import places
from sentiment_sources.places.local import find_files
from sentiment_sources.secrets import Secrets

CSV = b"text\ngood\n"


@pytest.fixture
def folder(tmp_path):
    for name in ("b.csv", "a.csv", "deep/c.csv", "deep/er/d[1].csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(CSV)
    return tmp_path


def found(uri, secrets=None):
    return list(places.contents(str(uri), secrets or Secrets(), print))


def test_a_file_is_read_where_it_lies(folder):
    ((content, source),) = found(folder / "a.csv")
    assert content.path == folder / "a.csv"
    assert content.open().read() == content.open().read() == CSV
    assert (source.uri, source.size) == (str(folder / "a.csv"), len(CSV))
    assert source.sha256 == hashlib.sha256(CSV).hexdigest()
    assert [content.path for content, _ in found(f"file://{folder}/a.csv")] == [folder / "a.csv"]


def test_patterns_name_files_in_order_and_no_folders(folder):
    for pattern, names in (
        ("*.csv", ["a.csv", "b.csv"]),
        ("*", ["a.csv", "b.csv"]),
        ("**/*.csv", ["a.csv", "b.csv", "deep/c.csv", "deep/er/d[1].csv"]),
        ("deep/er/d[1].csv", ["deep/er/d[1].csv"]),
    ):
        assert find_files(str(folder / pattern)) == [folder / name for name in names]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nowhere.csv", "no such file"),
        ("*.tsv", "no such file"),
        ("deep", r"a folder; give a glob: .*/deep/\*\.csv"),
        ("deep/e*", r"only folders; give a glob: .*/deep/er/\*\.csv"),
    ],
)
def test_what_is_no_file_is_refused(folder, path, message):
    with pytest.raises(InputError, match=message):
        found(folder / path)


@pytest.mark.parametrize("change", ["grow", "touch", "remove"])
def test_a_file_that_changes_while_it_is_read_is_refused(folder, change):
    path = folder / "a.csv"
    files = places.contents(str(path), Secrets(), print)
    next(files)
    if change == "grow":
        path.write_bytes(CSV + CSV)
    elif change == "touch":
        os.utime(path, (1, 1))
    else:
        path.unlink()
    with pytest.raises(InputError, match=r"a.csv: changed while it was read"):
        next(files)


def test_what_a_variable_puts_into_a_path_is_hidden_in_lineage(folder, monkeypatch):
    monkeypatch.setenv("CUSTOMER", "deep")
    secrets = Secrets()
    ((content, source),) = found(secrets.resolve_uri(f"{folder}/${{CUSTOMER}}/*.csv"), secrets)
    assert content.place == source.uri == f"{folder}/${{CUSTOMER}}/c.csv"


def test_a_file_that_links_lead_to_comes_once_by_its_first_name(folder):
    (folder / "deep/loop").symlink_to(folder / "deep")
    (folder / "deep/latest.csv").symlink_to(folder / "deep/c.csv")
    names = ["a.csv", "b.csv", "deep/c.csv", "deep/er/d[1].csv"]
    assert find_files(f"{folder}/**/*.csv") == [folder / name for name in names]
    assert find_files(f"{folder}/deep/latest.csv") == [folder / "deep/latest.csv"]


def test_what_can_be_read_only_once_is_refused_instead_of_waited_for(folder):
    os.mkfifo(folder / "pipe.csv")
    for name in ("pipe.csv", "p*.csv"):
        with pytest.raises(InputError, match=r"pipe\.csv: no regular file.*to a file"):
            found(folder / name)


@pytest.mark.parametrize("name", ["a" * 300 + ".csv", "a" * 300 + "*.csv", "a.csv/b.csv"])
def test_a_name_that_no_file_can_have_is_one_line(folder, name):
    with pytest.raises(InputError, match=r"cannot be looked for|no such file"):
        found(folder / name)


@pytest.mark.parametrize("name", ["a b.csv", "ü#1.csv", "q?.csv", "50%25.csv", "x[1].csv"])
def test_any_name_is_read_as_a_path_and_as_an_address(tmp_path, name):
    (tmp_path / name).write_bytes(CSV)
    for uri in (str(tmp_path / name), (tmp_path / name).as_uri(), f"FILE{tmp_path.as_uri()[4:]}/*"):
        ((content, source),) = found(uri)
        assert (content.name, source.uri) == (name, str(tmp_path / name))

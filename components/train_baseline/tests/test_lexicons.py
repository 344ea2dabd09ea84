"""The packaged lexicons, fetched through the package index of the user's own configuration."""

import dataclasses
import tarfile

import pytest

from sentiment_common import lexicon
from sentiment_common.artifacts import file_sha256
from sentiment_common.errors import InputError
from sentiment_common.text import Tokenizer, current


def test_auto_is_both_packaged_lexicons_with_the_files_they_come_from():
    vader, opinion = lexicon.read("auto")
    assert (len(vader.valences), len(opinion.valences)) == (7520, 2006 + 4783)
    assert vader.source.sha256 == lexicon.VADER_PACKAGE.sha256
    assert opinion.source.uri == "labMTsimple==2.8.8"
    table = lexicon.by_token((vader, opinion), Tokenizer(current({"loved": "love"})))
    assert len(table) > 7000
    assert min(table["great"]) > 0 > max(table["awful"])


def test_a_name_is_one_of_them():
    assert lexicon.read("auto", auto=("vader",)) == lexicon.read("vader")


def test_an_archive_without_the_file_is_refused(tmp_path, monkeypatch):
    archive = tmp_path / "made.tar.gz"
    with tarfile.open(archive, "w:gz"):
        pass
    digest = file_sha256(archive)
    package = dataclasses.replace(lexicon.VADER_PACKAGE, filename="made.tar.gz", sha256=digest)
    kept = tmp_path / digest[:16]
    kept.mkdir()
    archive.rename(kept / "made.tar.gz")
    monkeypatch.setenv("SENTIMENT_CACHE", str(tmp_path))
    monkeypatch.setattr(lexicon, "VADER_PACKAGE", package)
    with pytest.raises(InputError, match="cannot be read from it"):
        lexicon.read("vader")

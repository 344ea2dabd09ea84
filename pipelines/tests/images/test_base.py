"""The base: one line where it cannot be made."""

import pytest

from sentiment_common.errors import InputError
from sentiment_pipelines.images import base


def test_another_base_is_named_by_the_surroundings(monkeypatch):
    monkeypatch.delenv(base.VARIABLE, raising=False)
    assert base.chosen() == base.NAME
    monkeypatch.setenv(base.VARIABLE, "python:3.11-slim-trixie")
    assert base.chosen() == "python:3.11-slim-trixie"


def test_without_mmdebstrap_it_says_what_to_install_or_take(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        InputError, match=r"mmdebstrap, .* is not installed; install it .* or use a"
    ):
        base.write(tmp_path / "base.tar")

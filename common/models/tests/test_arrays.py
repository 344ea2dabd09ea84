"""Arrays on disk: what was written is read, in bytes that no interpreter decides."""

import zipfile

import numpy as np
import pytest

from sentiment_models.arrays import write_arrays

ARRAYS = {"layout": np.int64(2), "weights": np.arange(6.0).reshape(2, 3), "on": np.bool_(True)}


def test_what_was_written_is_read(tmp_path):
    write_arrays(tmp_path / "weights.npz", ARRAYS)
    with np.load(tmp_path / "weights.npz", allow_pickle=False) as found:
        assert found.files == list(ARRAYS)
        for name, array in ARRAYS.items():
            np.testing.assert_array_equal(found[name], array, strict=True)


def test_the_headers_are_those_of_plain_zip_and_tell_no_time(tmp_path):
    write_arrays(tmp_path / "weights.npz", ARRAYS)
    with zipfile.ZipFile(tmp_path / "weights.npz") as archive:
        told = {(it.extract_version, it.create_version, it.date_time) for it in archive.infolist()}
    assert told == {(20, 20, (1980, 1, 1, 0, 0, 0))}


def test_what_needs_a_pickle_is_refused(tmp_path):
    with pytest.raises(ValueError, match="allow_pickle"):
        write_arrays(tmp_path / "weights.npz", {"objects": np.array([{}], dtype=object)})

import json
import logging

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_train_deep.checkpoints import Checkpoint, load, make, save

FACTS = {"history": [{"loss": 0.1 + 0.2}], "random": {"state": 2**127 + 1}}


def checkpoint_of(epoch):
    arrays = {
        "state/network/lstm/kernel": np.full((2, 3), epoch / 3, np.float32),
        "state/adam/iteration": np.array(epoch, np.int64),
        "state/dropout/seed": np.array([1, 2], np.uint32),
    }
    return Checkpoint(epoch, arrays, FACTS)


def equal(found, wanted):
    assert (found.epoch, found.facts, set(found.arrays)) == (
        wanted.epoch,
        wanted.facts,
        set(wanted.arrays),
    )
    for name, array in wanted.arrays.items():
        assert found.arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(found.arrays[name], array)


def test_what_is_saved_comes_back_to_the_last_bit(tmp_path):
    make(tmp_path / "made" / "here")
    save(tmp_path / "made" / "here", "work", checkpoint_of(3))
    equal(load(tmp_path / "made" / "here", "work"), checkpoint_of(3))


def test_a_checkpoint_takes_the_place_of_the_one_before(tmp_path):
    (tmp_path / "epoch-2.npz.partial").write_text("of a killed process")
    for epoch in (1, 2):
        save(tmp_path, "work", checkpoint_of(epoch))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint.json", "epoch-2.npz"]
    equal(load(tmp_path, "work"), checkpoint_of(2))


def test_a_kill_while_an_epoch_is_written_leaves_the_one_before(tmp_path):
    save(tmp_path, "work", checkpoint_of(1))
    (tmp_path / "epoch-2.npz").write_bytes(b"PK")
    (tmp_path / "checkpoint.json.partial").write_text("{")
    equal(load(tmp_path, "work"), checkpoint_of(1))


def test_where_there_is_none_there_is_nothing_to_say(tmp_path, caplog):
    assert load(tmp_path / "none", "work") is None
    assert not caplog.records


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["checkpoint.json", "epoch-1.npz"]), st.floats(0, 0.999), st.integers(1, 255)
)
def test_any_changed_byte_is_noticed_and_logged(tmp_path, caplog, name, place, change):
    save(tmp_path, "work", checkpoint_of(1))
    content = bytearray((tmp_path / name).read_bytes())
    content[int(place * (len(content) - 2))] ^= change  # the last byte is a line's end
    (tmp_path / name).write_bytes(content)
    caplog.clear()
    found = load(tmp_path, "work")
    if found is None:
        (record,) = caplog.records
        assert record.levelno == logging.WARNING
        assert "starting over" in record.getMessage()
    else:
        equal(found, checkpoint_of(1))
        assert json.loads(bytes(content))["epoch"] == 1


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'{"epoch": 1}', b"\xff\xfe"])
def test_a_record_that_is_none_is_of_no_use(tmp_path, caplog, content):
    save(tmp_path, "work", checkpoint_of(1))
    (tmp_path / "checkpoint.json").write_bytes(content)
    assert load(tmp_path, "work") is None
    assert caplog.messages[0].endswith("is of no use: it is damaged")


def test_arrays_that_are_gone_are_named(tmp_path, caplog):
    save(tmp_path, "work", checkpoint_of(1))
    (tmp_path / "epoch-1.npz").unlink()
    assert load(tmp_path, "work") is None
    assert caplog.messages[0].endswith("epoch-1.npz is missing or damaged")


def test_progress_of_other_work_is_left_alone(tmp_path, caplog):
    save(tmp_path, "work", checkpoint_of(1))
    assert load(tmp_path, "other work") is None
    assert caplog.messages[0].endswith("it is progress of other work")
    equal(load(tmp_path, "work"), checkpoint_of(1))


def test_a_failed_write_leaves_the_checkpoint_before_and_nothing_half_written(tmp_path):
    save(tmp_path, "work", checkpoint_of(1))
    unwritable = Checkpoint(2, {"state/object": np.array([object()])}, {})
    with pytest.raises(ValueError, match="allow_pickle"):
        save(tmp_path, "work", unwritable)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint.json", "epoch-1.npz"]
    equal(load(tmp_path, "work"), checkpoint_of(1))


def test_a_file_where_the_folder_belongs_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(InputError, match="let SENTIMENT_CHECKPOINTS name one, or nothing"):
            make(folder)

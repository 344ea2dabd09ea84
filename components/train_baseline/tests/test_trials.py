import json

import pytest

from sentiment_common.errors import InputError
from sentiment_train_baseline.trials import Finished

TRIAL, FIGURES = {"c": 1.0, "softness": 0.1}, {"macro_f1": 0.5}


def test_a_finished_trial_is_found_again_by_the_same_work_only(tmp_path):
    Finished(tmp_path, {"seed": 1}).put(TRIAL, FIGURES)
    assert Finished(tmp_path, {"seed": 1}).get(TRIAL) == FIGURES
    assert Finished(tmp_path, {"seed": 2}).get(TRIAL) is None
    assert Finished(tmp_path, {"seed": 1}).get({**TRIAL, "c": 2.0}) is None


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"\xff", b'{"metrics": {}, "digest": "x"}'])
def test_a_damaged_file_is_no_finished_trial(tmp_path, damage):
    finished = Finished(tmp_path, {})
    finished.put(TRIAL, FIGURES)
    (path,) = tmp_path.iterdir()
    path.write_bytes(damage)
    assert finished.get(TRIAL) is None


def test_a_changed_figure_is_not_believed(tmp_path):
    finished = Finished(tmp_path, {})
    finished.put(TRIAL, FIGURES)
    (path,) = tmp_path.iterdir()
    path.write_text(json.dumps({**json.loads(path.read_text()), "metrics": {"macro_f1": 0.9}}))
    assert finished.get(TRIAL) is None


def test_without_a_folder_nothing_is_kept():
    finished = Finished(None, {})
    finished.put(TRIAL, FIGURES)
    assert finished.get(TRIAL) is None


def test_a_place_that_is_no_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="no folder for finished trials can be made"):
        Finished(tmp_path / "file", {})

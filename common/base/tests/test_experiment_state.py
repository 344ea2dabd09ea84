import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sentiment_common.errors import InputError
from sentiment_common.experiment_state import GUARDRAIL, read_state, state_path, stop_variant


@pytest.fixture
def path(tmp_path):
    return state_path(tmp_path / "experiment.toml")


def test_it_lies_beside_the_experiment_or_where_one_says(tmp_path):
    file = Path("conf/experiment.toml")
    assert state_path(file) == Path("conf/experiment.toml.state.json")
    assert state_path(file, tmp_path) == tmp_path / "experiment.toml.state.json"


def test_without_a_file_nothing_is_stopped(path):
    assert read_state(path, "one").stopped == {}


def test_what_is_stopped_stays_stopped_with_its_first_reason(path):
    stop_variant(path, "one", "challenger", GUARDRAIL, "error_rate 0.3\nof 420")
    stop_variant(path, "one", "challenger", "jo", "did not like it")
    state = stop_variant(path, "one", "other", "jo", "no longer needed")
    assert state == read_state(path, "one")
    assert state.stopped["challenger"].reason == "error_rate 0.3 of 420"
    assert state.stopped["challenger"].by == GUARDRAIL
    assert set(json.loads(path.read_text())) == {"experiment", "stopped"}


def test_a_stop_is_no_earlier_than_the_answers_of_the_same_second(path):
    answered = datetime.now(UTC) - timedelta(milliseconds=1)
    stopped = stop_variant(path, "one", "challenger", "jo", "enough").stopped["challenger"]
    assert answered <= datetime.fromisoformat(stopped.time)


def test_a_new_name_starts_afresh(path):
    stop_variant(path, "one", "challenger", "jo", "bad")
    assert read_state(path, "two").stopped == {}
    stop_variant(path, "two", "other", "jo", "bad")
    assert set(read_state(path, "two").stopped) == {"other"}


def test_many_may_stop_at_once_and_none_is_lost(path):
    names = [f"v{number}" for number in range(20)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: stop_variant(path, "one", name, "jo", "bad"), names))
    assert set(read_state(path, "one").stopped) == set(names)


@pytest.mark.parametrize(
    "content",
    [
        "", "[]", "{}", '{"experiment": "one", "stopped": 5}',
        '{"experiment": "one", "stopped": {"v": {"at": 1}}}',
    ],
)  # fmt: skip
def test_a_damaged_file_is_bad_input(path, content):
    path.write_text(content)
    with pytest.raises(InputError, match="no state of an experiment"):
        read_state(path, "one")


def test_a_place_that_cannot_be_written_is_bad_input(tmp_path):
    with pytest.raises(InputError, match="cannot be written"):
        stop_variant(tmp_path / "nowhere" / "state.json", "one", "v", "jo", "bad")


def test_who_may_read_the_experiment_may_read_its_state(path):
    stop_variant(path, "one", "v", "jo", "bad")
    assert path.stat().st_mode & 0o444 == 0o444 & ~umask()


def umask():
    current = os.umask(0)
    os.umask(current)
    return current

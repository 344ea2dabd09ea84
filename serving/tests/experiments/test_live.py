import logging

import pytest

from sentiment_common.errors import InputError
from sentiment_common.experiment_state import state_path, stop_variant
from sentiment_serving.experiments.figures import VariantMetrics
from sentiment_serving.experiments.live import LiveExperiment, check_experiment, state_of
from sentiment_serving.metrics import Metrics
from sentiment_serving.settings import Settings

TWO = """
name = "one"
[[variants]]
name = "control"
model = "tiny"
[[variants]]
name = "challenger"
model = "other"
weight = 1
"""
SERVED = {"tiny", "other"}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "conf" / "experiment.toml"
    path.parent.mkdir()
    path.write_text(TWO)
    return path


@pytest.fixture
def metrics():
    return Metrics()


@pytest.fixture
def live(file, metrics):
    return LiveExperiment(file, state_path(file), SERVED, VariantMetrics(metrics))


def test_a_change_is_taken_over_and_a_broken_one_is_not(live, file, caplog):
    assert live.assign("me").name == "challenger"
    file.write_text(TWO.replace("weight = 1", "weight = 0"))
    live.look()
    assert live.assign("me").name == "control"
    file.write_text("nonsense")
    for _ in range(3):
        live.look()
    assert live.assign("me").name == "control"
    assert caplog.text.count("the experiment stays as it was") == 1
    file.unlink()
    live.look()
    assert live.assign("me").name == "control"


def test_a_stop_by_another_process_is_taken_over(live, file):
    stop_variant(state_path(file), "one", "challenger", "jo", "bad")
    assert live.assign("me").name == "challenger"
    live.look()
    assert live.assign("me").name == "control"


def test_a_damaged_state_changes_nothing(live, file, caplog):
    live.stop("challenger", "error_rate 0.5 of 400")
    state_path(file).write_text("{")
    live.look()
    assert live.assign("me").name == "control"
    assert "stay as they were" in caplog.text


def test_a_damaged_state_holds_up_no_edit(live, file, caplog):
    live.stop("challenger", "error_rate 0.5 of 400")
    state_path(file).write_text("{")
    file.write_text(TWO.replace("weight = 1", "weight = 1\nshadow = true").replace("1\n", "0\n"))
    live.look()
    assert live.experiment.variants[1].shadow
    assert live.is_stopped("challenger")
    file.write_text(TWO.replace('"one"', '"two"'))
    live.look()
    assert live.assign("me").name == "challenger"
    stop_variant(state_path(file).with_name("mended"), "two", "challenger", "jo", "bad")
    state_path(file).with_name("mended").replace(state_path(file))
    live.look()
    assert live.assign("me").name == "control"


def test_a_stop_that_is_taken_back_is_told(live, file, caplog):
    live.stop("challenger", "error_rate 0.5 of 400")
    live.look()
    state_path(file).unlink()
    live.look()
    assert live.assign("me").name == "challenger"
    assert "variant challenger is no longer stopped" in caplog.text


def test_a_stop_is_told_no_longer_when_another_experiment_begins(live, file, metrics):
    told = 'sentiment_experiment_stopped{experiment="one",variant="challenger"}'
    live.stop("challenger", "error_rate 0.5 of 400")
    assert f"{told} 1.0" in metrics.text().decode()
    file.write_text(TWO.replace('"one"', '"two"'))
    live.look()
    assert f"{told} 0.0" in metrics.text().decode()


def test_a_file_that_may_be_read_again_is_read_again(live, file, monkeypatch):
    changed = TWO.replace("weight = 1", "weight = 0")
    file.write_text(changed)
    with monkeypatch.context() as closed:
        closed.setattr("sentiment_serving.experiments.live.read_served", _forbidden)
        live.look()
    assert live.assign("me").name == "challenger"
    file.chmod(0o640)
    live.look()
    assert live.assign("me").name == "control"


def _forbidden(file, served):
    # Who runs the tests may be allowed everything.
    raise InputError("cannot be read (Permission denied)", where=str(file))


def test_a_stop_that_cannot_be_written_holds_in_this_process(file, tmp_path, caplog):
    state = tmp_path / "nowhere" / "state.json"
    live = LiveExperiment(file, state, SERVED, VariantMetrics(Metrics()))
    with caplog.at_level(logging.ERROR):
        live.stop("challenger", "error_rate 0.5 of 400")
    assert "no other process and no restart will know of it" in caplog.text
    live.look()
    assert live.assign("me").name == "control"


def test_an_experiment_that_does_not_run_assigns_nobody(file):
    file.write_text(TWO.replace('"one"', '"one"\nstop = 2020-01-01T00:00:00Z'))
    live = LiveExperiment(file, state_path(file), SERVED, VariantMetrics(Metrics()))
    assert live.assign("me") is None


def test_stops_are_kept_beside_the_file_or_where_that_can_be_written(file, tmp_path):
    given = Settings(experiment=str(file), request_log=str(tmp_path / "log"))
    assert state_of(given) == file.parent / "experiment.toml.state.json"
    elsewhere = Settings(experiment=str(file), experiment_state=str(tmp_path / "state"))
    assert state_of(elsewhere).parent == tmp_path / "state"
    closed = tmp_path / "closed" / "experiment.toml"
    kept = Settings(experiment=str(closed), request_log=str(tmp_path / "log"))
    assert state_of(kept) == tmp_path / "log" / "experiment.toml.state.json"


def test_what_cannot_be_run_is_bad_input(file, tmp_path):
    check_experiment(Settings(), set())
    check_experiment(Settings(experiment=str(file)), SERVED)
    with pytest.raises(InputError, match="which is not served"):
        check_experiment(Settings(experiment=str(file)), {"tiny"})
    with pytest.raises(InputError, match="could not be kept"):
        check_experiment(Settings(experiment=str(file), experiment_state="/proc/state"), SERVED)
    with pytest.raises(InputError, match="cannot be read"):
        check_experiment(Settings(experiment=str(tmp_path / "none.toml")), SERVED)

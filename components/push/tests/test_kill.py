"""SIGKILL before any single step of a registration: the next call leaves exactly one version."""

import os
import signal
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from sentiment_common import promotions
from sentiment_push import registry
from sentiment_push.registry import Entry

STEPS = (
    "create_run", "update_run", "log_batch", "log_artifacts", "create_registered_model",
    "create_model_version", "set_registered_model_tag", "set_registered_model_alias",
    "set_registered_model_tag again", "set_terminated",
)  # fmt: skip
ENTRY = Entry("sentiment", "champion", "sha256:a", {"candidate": "good"}, "A model.", {"f1": 0.7})


class DiesBefore(MlflowClient):
    """A client whose process is killed at the moment it wants to take a step."""

    def __init__(self, uri: str, step: str) -> None:
        super().__init__(uri)
        self._step, _, again = step.partition(" ")
        self._before = 1 if again else 0

    def __getattribute__(self, name: str) -> Any:
        if name in STEPS and name == object.__getattribute__(self, "_step"):
            if object.__getattribute__(self, "_before") == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            self._before -= 1
        return super().__getattribute__(name)


def write_model(folder: Path) -> None:
    folder.mkdir()
    (folder / "MLmodel").write_text("flavors: {}\n")


def killed(uri: str, step: str) -> None:
    """Registers in a process of its own, which is killed before it takes the step."""
    process = os.fork()
    if process == 0:
        try:
            registry.register(DiesBefore(uri, step), uri, ENTRY, write_model)
        finally:
            os._exit(1)  # an error must not let this copy of the tests go on
    _, status = os.waitpid(process, 0)
    assert os.WIFSIGNALED(status), f"it never came to {step}"
    assert os.WTERMSIG(status) == signal.SIGKILL


@pytest.mark.parametrize("step", STEPS)
def test_a_killed_registration_is_completed_by_the_next(
    tmp_path: Path, uri: str, step: str
) -> None:
    killed(uri, step)

    client = registry.connect(uri)
    if client.search_registered_models():  # what a reader sees before anybody has mended it
        aliases = client.get_registered_model("sentiment").aliases
        log = promotions.read(client, "sentiment", "champion")
        assert [it.version for it in log] == [str(it) for it in aliases.values()]
    version = registry.register(client, uri, ENTRY, write_model)
    assert client.get_model_version_by_alias("sentiment", "champion").version == version.version
    (logged,) = promotions.read(client, "sentiment", "champion")
    assert (logged.version, logged.done) == (str(version.version), True)
    versions = client.search_model_versions("name = 'sentiment'")
    assert [it.version for it in versions] == [version.version]
    with sqlite3.connect(tmp_path / "registry" / "mlflow.db") as database:
        statuses = dict(database.execute("select run_uuid, status from runs"))
    assert set(statuses.values()) <= {"FINISHED", "KILLED"}
    assert statuses[version.run_id] == "FINISHED"
    assert list(statuses.values()).count("FINISHED") == 1

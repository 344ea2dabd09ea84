"""One version per digest, an alias that moves, and files beside the database."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from sentiment_common import promotions
from sentiment_common.errors import InputError
from sentiment_common.promotions import Promotion
from sentiment_push import registry
from sentiment_push.registry import Entry


def entry(digest: str, alias: str = "champion") -> Entry:
    return Entry("sentiment", alias, digest, {"candidate": "good"}, "A model.", {"macro_f1": 0.7})


def write_model(folder: Path) -> None:
    folder.mkdir()
    (folder / "MLmodel").write_text("flavors: {}\n")


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('registry')}/new folder/mlflow.db"


@pytest.fixture(scope="module")
def client(uri: str) -> MlflowClient:
    return registry.connect(uri)


def test_a_new_digest_becomes_a_version_with_run_tags_and_alias(
    client: MlflowClient, uri: str
) -> None:
    version = registry.register(client, uri, entry("sha256:a"), write_model)
    found = client.get_model_version_by_alias("sentiment", "champion")
    assert found.version == version.version
    assert found.tags == {"digest": "sha256:a", "candidate": "good"}
    assert found.description == "A model."
    run = client.get_run(found.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.metrics == {"macro_f1": 0.7}
    database = Path(uri.removeprefix("sqlite:///"))
    assert found.source.startswith((database.parent / "artifacts").as_uri())
    assert [item.path for item in client.list_artifacts(found.run_id, "model")] == ["model/MLmodel"]


def test_the_run_keeps_the_folders_it_is_given_beside_the_model(
    client: MlflowClient, uri: str, tmp_path: Path
) -> None:
    (tmp_path / "report.html").write_text("<p>why</p>")
    kept = replace(entry("sha256:k"), folders={"evaluation": tmp_path})
    run = registry.register(client, uri, kept, write_model).run_id
    listed = [item.path for item in client.list_artifacts(run, "evaluation")]
    assert listed == ["evaluation/report.html"]


def test_the_model_is_written_where_it_is_told_and_nothing_stays_there(
    client: MlflowClient, uri: str, tmp_path: Path
) -> None:
    seen: list[Path] = []

    def write(folder: Path) -> None:
        seen.append(folder)
        write_model(folder)

    registry.register(client, uri, entry("sha256:w"), write, tmp_path)
    assert seen[0].is_relative_to(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_version_whose_run_was_deleted_still_gets_the_alias(
    client: MlflowClient, uri: str
) -> None:
    version = registry.register(client, uri, entry("sha256:g"), write_model)
    client.delete_run(version.run_id)
    registry.register(client, uri, entry("sha256:a"), write_model)
    again = registry.register(client, uri, entry("sha256:g"), write_model)
    assert again.version == version.version


def test_the_alias_moves_forward_and_back_without_a_second_version(
    client: MlflowClient, uri: str
) -> None:
    first = registry.register(client, uri, entry("sha256:a"), write_model)
    second = registry.register(client, uri, entry("sha256:b"), write_model)
    assert client.get_model_version_by_alias("sentiment", "champion").version == second.version
    again = registry.register(client, uri, entry("sha256:a"), write_model)
    assert again.version == first.version != second.version
    assert client.get_model_version_by_alias("sentiment", "champion").version == first.version


def test_aliases_are_kept_apart(client: MlflowClient, uri: str) -> None:
    champion = registry.register(client, uri, entry("sha256:a"), write_model)
    challenger = registry.register(client, uri, entry("sha256:c", "challenger"), write_model)
    assert client.get_model_version_by_alias("sentiment", "champion").version == champion.version
    assert challenger.version != champion.version


def test_a_version_that_an_earlier_push_gave_fewer_folders_is_completed_and_keeps_what_it_had(
    client: MlflowClient, uri: str, tmp_path: Path
) -> None:
    for name in ("evaluation", "another", "blessing"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.json").write_text("{}")
    early = replace(entry("sha256:m"), folders={"evaluation": tmp_path / "evaluation"})
    run = registry.register(client, uri, early, write_model).run_id
    folders = {"evaluation": tmp_path / "another", "blessing": tmp_path / "blessing"}
    registry.register(client, uri, replace(early, folders=folders), write_model)
    kept = [it.path for name in folders for it in client.list_artifacts(run, name)]
    assert kept == ["evaluation/evaluation.json", "blessing/blessing.json"]


FORCED = {"forced_by": "Ada", "forced_reason": "the fair is tomorrow"}


@pytest.fixture
def own(tmp_path: Path, empty_store: Path) -> tuple[MlflowClient, str]:
    """A registry without models, the test's own."""
    (tmp_path / "own").mkdir()
    shutil.copy(empty_store, tmp_path / "own")
    uri = f"sqlite:///{tmp_path}/own/mlflow.db"
    return registry.connect(uri), uri


def told(client: MlflowClient) -> list[Promotion]:
    return promotions.read(client, "sentiment", "champion")


def test_every_push_is_written_down_with_its_run_and_its_figure(
    own: tuple[MlflowClient, str],
) -> None:
    client, uri = own
    registry.register(client, uri, replace(entry("sha256:a"), run="20261123-063815"), write_model)
    registry.register(client, uri, entry("sha256:b"), write_model)
    registry.register(client, uri, entry("sha256:b"), write_model)
    first, second = told(client)
    assert (first.action, first.version, first.previous) == ("push", "1", "")
    assert (first.model, first.macro_f1, first.run) == ("good", 0.7, "20261123-063815")
    assert (second.version, second.previous, second.digest) == ("2", "1", "sha256:b")
    assert first.done
    assert second.done


def withdraw(client: MlflowClient) -> None:
    """Goes back to version 1."""
    back = Promotion(
        promotions.now(), "champion", promotions.ROLLBACK, "1", "sha256:a", by="Ada",
        reason="calls refunds positive",
    )  # fmt: skip
    promotions.promote(client, "sentiment", back)


def test_what_was_withdrawn_while_it_was_judged_is_not_pushed(
    own: tuple[MlflowClient, str],
) -> None:
    client, uri = own
    registry.register(client, uri, entry("sha256:a"), write_model)
    registry.register(client, uri, entry("sha256:b"), write_model)
    withdraw(client)
    with pytest.raises(InputError, match=r"withdrawn by rollback on .*: calls refunds positive"):
        registry.register(client, uri, entry("sha256:b"), write_model)
    assert client.get_model_version_by_alias("sentiment", "champion").version == 1


def test_a_forced_push_says_who_and_why_in_log_and_version_even_if_the_version_is_old(
    own: tuple[MlflowClient, str],
) -> None:
    client, uri = own
    registry.register(client, uri, entry("sha256:a"), write_model)
    registry.register(client, uri, entry("sha256:b"), write_model)
    withdraw(client)
    forced = entry("sha256:b")
    forced = replace(forced, tags={**forced.tags, **FORCED})
    version = registry.register(client, uri, forced, write_model)
    assert version.version == 2
    last = told(client)[-1]
    assert (last.action, last.by, last.reason) == ("force", "Ada", "the fair is tomorrow")
    found = client.get_model_version_by_alias("sentiment", "champion")
    assert found.tags == {"digest": "sha256:b", "candidate": "good", **FORCED}
    assert promotions.withdrawn(told(client), "champion") == {}


def test_what_was_withdrawn_as_champion_is_no_challenger_and_the_other_way_round(
    own: tuple[MlflowClient, str],
) -> None:
    client, uri = own
    registry.register(client, uri, entry("sha256:a"), write_model)
    registry.register(client, uri, entry("sha256:b"), write_model)
    withdraw(client)
    with pytest.raises(InputError, match="withdrawn by rollback"):
        registry.register(client, uri, entry("sha256:b", "challenger"), write_model)
    registry.register(client, uri, entry("sha256:c", "challenger"), write_model)
    gone = Promotion(
        promotions.now(), "challenger", promotions.WITHDRAW, "", by="Ada", reason="it is slow"
    )
    promotions.promote(client, "sentiment", gone)
    with pytest.raises(InputError, match=r"withdrawn as challenger on .*: it is slow"):
        registry.register(client, uri, entry("sha256:c"), write_model)
    assert client.get_registered_model("sentiment").aliases == {"champion": 1}


def test_a_champion_from_before_the_log_is_where_the_log_begins(
    own: tuple[MlflowClient, str],
) -> None:
    client, uri = own
    registry.register(client, uri, entry("sha256:a"), write_model)
    for key in client.get_registered_model("sentiment").tags:
        client.delete_registered_model_tag("sentiment", key)
    assert [it.action for it in told(client)] == ["found"]
    registry.register(client, uri, entry("sha256:b"), write_model)
    assert [(it.action, it.version, it.digest) for it in told(client)] == [
        ("found", "1", "sha256:a"), ("push", "2", "sha256:b"),
    ]  # fmt: skip


def statuses(client: MlflowClient) -> list[str]:
    experiment = client.get_experiment_by_name(registry.EXPERIMENT)
    return [run.info.status for run in client.search_runs([experiment.experiment_id])]


def test_a_model_that_cannot_be_written_leaves_the_registry_as_it_was(
    client: MlflowClient, uri: str
) -> None:
    def fail(folder: Path) -> None:
        raise InputError("the smoke test failed")

    registry.register(client, uri, entry("sha256:a"), write_model)
    before = statuses(client)
    with pytest.raises(InputError):
        registry.register(client, uri, entry("sha256:d"), fail)
    assert statuses(client) == before
    assert client.search_model_versions("tags.digest = 'sha256:d'") == []


def test_an_upload_that_dies_leaves_a_killed_run_and_the_alias_where_it_was(
    client: MlflowClient, uri: str
) -> None:
    before = registry.register(client, uri, entry("sha256:a"), write_model).version
    unusable = replace(entry("sha256:e"), tags={"no tag $": "x"})
    with pytest.raises(MlflowException):
        registry.register(client, uri, unusable, write_model)
    assert set(statuses(client)) == {"FINISHED", "KILLED"}
    assert client.get_model_version_by_alias("sentiment", "champion").version == before


@pytest.mark.parametrize(
    ("uri", "location"),
    [
        ("sqlite:////srv/mlflow/mlflow.db", "file:///srv/mlflow/artifacts"),
        ("sqlite:////srv/mlflow.db?timeout=5", "file:///srv/artifacts"),
        ("postgresql://host/mlflow", None),
        ("http://host:5000", None),
        ("file:///srv/mlruns", None),
    ],
)
def test_only_an_sqlite_store_is_told_where_to_keep_files(uri: str, location: str | None) -> None:
    assert registry.artifact_location(uri) == location


def test_a_relative_database_is_taken_from_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    expected = (tmp_path / "var" / "artifacts").as_uri()
    assert registry.artifact_location("sqlite:///var/mlflow.db") == expected


def test_an_unusable_address_is_bad_input_and_its_password_stays_secret() -> None:
    with pytest.raises(InputError, match=r"does not answer.*check MLFLOW_TRACKING_URI") as caught:
        registry.connect("gopher://me:secret@nowhere/mlflow")
    assert "gopher://nowhere/mlflow" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_deleted_experiment_is_named_with_its_cure(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    client = registry.connect(uri)
    client.delete_experiment(client.create_experiment(registry.EXPERIMENT))
    with pytest.raises(InputError, match="mlflow experiments restore --experiment-id 1"):
        registry.register(client, uri, entry("sha256:a"), write_model)

"""What a task reaches: its files, its secrets, and a network only where it needs one."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_pipelines.backends import reach


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "reviews.csv").write_text("text\ngood\n")
    (tmp_path / "more.csv").write_text("text\nbad\n")
    return tmp_path


def of(stage, environment=None, store="", **parameters):
    return reach.of(stage, parameters, environment or {}, store)


def test_a_file_is_seen_by_itself_and_needs_no_network(folder):
    found = of("ingest", source=f"{folder}/reviews.csv")
    assert found.reads == {folder / "reviews.csv"}
    assert not found.network


def test_several_named_sources_and_patterns_are_all_seen(folder):
    found = of("ingest", source=f"shop={folder}/reviews.csv | {folder}/m*.csv")
    assert found.reads == {folder / "reviews.csv", folder / "more.csv"}
    assert not found.network


def test_of_a_pattern_with_many_files_the_folder_is_seen(folder):
    for number in range(reach.MOST_FILES + 1):
        (folder / f"{number}.jsonl").touch()
    assert of("ingest", source=f"{folder}/*.jsonl").reads == {folder}


def test_what_a_link_in_a_folder_leads_to_is_seen_as_well(folder, tmp_path_factory):
    kept = tmp_path_factory.mktemp("kept") / "blob"
    kept.touch()
    (folder / "linked.csv").symlink_to(kept)
    assert of("ingest", source=str(folder)).reads == {folder, kept}


def test_a_database_is_seen_with_the_files_that_sqlite_keeps_beside_it(folder):
    for name in ("feedback.db", "feedback.db-wal"):
        (folder / name).touch()
    found = of("ingest", source=f"sqlite:///{folder}/feedback.db#reviews")
    assert found.reads == {folder / "feedback.db", folder / "feedback.db-wal"}
    assert not found.network


@pytest.mark.parametrize(
    "source",
    ["s3://feedback/2026.csv", "https://shop.example/reviews.csv", "${SHOP}", "a.csv | s3://b/c"],
)
def test_an_address_needs_a_network_and_the_settings_of_its_clients(source):
    environment = {"AWS_PROFILE": "team", "HTTPS_PROXY": "http://proxy", "EDITOR": "vi"}
    for stage in ("ingest", "batch_predict"):
        found = of(stage, environment, source=source)
        assert found.network
        assert {"AWS_PROFILE", "HTTPS_PROXY"} <= found.variables
        assert "EDITOR" not in found.variables


@pytest.mark.parametrize(
    "stage", ["validate", "transform", "evaluate", "explore", "train_ensemble"]
)
def test_a_stage_that_reads_artifacts_alone_gets_no_network_whatever_it_is_told(stage):
    found = of(
        stage, {"AWS_PROFILE": "team"}, force="Ada: see https://wiki.example", source="s3://a"
    )
    assert not found.network
    assert not found.variables


def test_a_cluster_needs_a_network():
    assert of("transform", beam="--runner=FlinkRunner --flink_master=flink:8081").network


@pytest.mark.parametrize(
    ("stage", "option", "word", "network"),
    [
        ("ingest", "source", "default", True),
        ("train_deep", "embeddings", "glove-6b-50d", True),
        ("train_deep", "embeddings", "random", False),
        ("train_transfer", "encoder", "minilm", True),
        ("train_baseline", "lexicon", "auto", True),
        ("train_baseline", "lexicon", "none", False),
    ],
)
def test_what_is_published_is_downloaded_by_the_users_own_index(stage, option, word, network):
    found = of(stage, {"PIP_INDEX_URL": "https://index", "AWS_PROFILE": "t"}, **{option: word})
    assert found.network == network
    assert found.variables == ({"PIP_INDEX_URL"} if network else set())


def test_a_file_in_place_of_what_is_published_needs_no_network(folder):
    assert not of("train_deep", embeddings=f"{folder}/reviews.csv").network


def test_secrets_are_passed_by_name_and_those_in_files_by_their_file(folder):
    found = of(
        "ingest",
        source=f"postgresql://me:${{SHOP_PASSWORD}}@db | https://a/b?token=${{file:{folder}/more.csv}}",
        query="select * from ${TABLE}",
        redact="${NOT_ASKED_FOR}",
    )
    assert found.variables == {"SHOP_PASSWORD", "TABLE"}
    assert found.reads == {folder / "more.csv"}


def test_a_secret_whose_file_is_missing_is_left_to_its_reader():
    assert of("ingest", source="https://a/b?token=${file:/not/there}").reads == set()


def test_a_path_in_a_variable_is_seen(folder):
    found = of("ingest", {"SHOP": f"{folder}/reviews.csv"}, source="${SHOP}")
    assert found.reads == {folder / "reviews.csv"}
    assert not found.network


def test_a_file_of_sources_is_seen_with_all_that_it_names(folder):
    (folder / "sources.toml").write_text(
        '[[source]]\nuri = "reviews.csv"\n[[source]]\nuri = "https://u:${KEY}@shop/r.csv"\n'
        'query = "${FILTER}"\n'
    )
    found = of("ingest", source=f"{folder}/sources.toml")
    assert found.reads == {folder / "sources.toml", folder / "reviews.csv"}
    assert found.variables == {"KEY", "FILTER"}
    assert found.network


@pytest.mark.parametrize(
    "content", ["source = 1", "source = [1]", "source = [", "[[source]]\nuri=2"]
)
def test_a_file_of_sources_that_is_none_is_left_to_its_reader(folder, content):
    (folder / "sources.toml").write_text(content)
    assert of("ingest", source=f"{folder}/sources.toml").reads == {folder / "sources.toml"}


def test_files_that_settings_name_are_seen(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder))
    (folder / ".aws").mkdir()
    (folder / ".aws" / "credentials").touch()
    found = of("ingest", {"PIP_CERT": f"{folder}/more.csv"}, source="s3://a")
    assert found.settings == {"AWS_SHARED_CREDENTIALS_FILE": f"{folder}/.aws/credentials"}
    assert folder / ".aws" / "credentials" in found.reads
    assert folder / "more.csv" not in found.reads


@pytest.mark.parametrize(
    "lines", ["cert = {}/more.csv", "find-links =\n  https://a\n  {}/more.csv"]
)
def test_what_the_users_package_settings_name_is_seen_too(folder, monkeypatch, lines):
    monkeypatch.setenv("HOME", str(folder))
    settings = folder / "pip.conf"
    settings.write_text(f"[global]\ncache-dir = /tmp\n{lines.format(folder)}\n")
    (folder / ".netrc").touch()
    found = of("ingest", {"PIP_CONFIG_FILE": str(settings)}, source="default")
    assert found.reads == {settings, folder / "more.csv", folder / ".netrc"}
    assert found.settings == {"NETRC": f"{folder}/.netrc"}
    assert of("ingest", {"PIP_CONFIG_FILE": str(settings)}, source="s3://a").reads == set()


def test_settings_that_cannot_be_read_are_left_to_their_reader(folder):
    found = of("ingest", {"PIP_CONFIG_FILE": f"{folder}/reviews.csv"}, source="default")
    assert folder / "reviews.csv" in found.reads


def test_a_folder_that_no_container_can_have_is_not_searched():
    assert of("ingest", source="/").reads == {Path("/")}


def test_the_registry_is_a_folder_of_push_alone_or_an_address(folder):
    assert of("push", store=f"sqlite:///{folder}/mlflow.db").writes == {folder}
    assert of("push", store=f"file://{folder}").writes == {folder}
    found = of("push", {"MLFLOW_TRACKING_TOKEN": "t"}, store="https://mlflow.example")
    assert (found.network, found.writes) == (True, set())
    assert found.variables == {"MLFLOW_TRACKING_TOKEN"}
    other = of("evaluate", {"MLFLOW_TRACKING_TOKEN": "t"}, store="https://mlflow.example")
    assert (other.network, other.variables) == (False, set())


@given(st.sampled_from(sorted(reach.NEEDS)), st.text())
def test_no_text_is_too_strange(stage, text):
    found = of(stage, **dict.fromkeys(("source", "query", "embeddings", "policy"), text))
    assert all(path.is_absolute() or "file:" in text for path in found.reads)

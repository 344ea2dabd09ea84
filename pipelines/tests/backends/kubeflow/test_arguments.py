"""What a run's parameters become in a cluster, with a real store behind it."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sentiment_common.artifacts import MODEL, Manifest, payload_digest, write_manifest
from sentiment_common.errors import InputError
from sentiment_pipelines.backends.kubeflow import arguments
from sentiment_pipelines.backends.kubeflow.arguments import Sender

STAGES = frozenset({"ingest", "validate", "evaluate", "monitor"})
CSV = "text,stars\ngood,5\n"


@pytest.fixture
def sender(environment, bucket):
    """Brings parameters to the store."""
    return Sender(environment, bucket, STAGES, print)


@pytest.fixture
def folder(tmp_path):
    """A folder of data."""
    for name in ("a.csv", "b [1].csv", "2026/c.csv", "2026/11/d.csv", "notes.txt"):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(CSV + name)
    return tmp_path / "data"


def source(sender, value, name="source"):
    return sender.values({name: value}, {})[name]


def below(sender, address):
    """Returns the names of the files that an address or pattern of addresses stands for."""
    prefix = address.rstrip("*").rpartition("/")[0]
    return [name.removeprefix(f"{prefix}/") for name in sender.store.names(f"{prefix}/")]


def test_a_file_is_an_address_that_names_it_by_its_content(sender, folder):
    found = source(sender, str(folder / "a.csv"))
    assert found.startswith(f"s3://mlpipeline/{sender.environment.store.prefix}/sources/")
    assert found.endswith("/a.csv")
    assert sender.store.read(found).decode() == CSV + "a.csv"
    assert source(sender, (folder / "a.csv").as_uri()) == found


def test_a_file_whose_name_looks_like_a_pattern_is_itself(sender, folder):
    found = source(sender, str(folder / "b [1].csv"))
    assert found.endswith("/b [1].csv")
    assert sender.store.read(found).decode() == CSV + "b [1].csv"


def test_a_pattern_stands_for_the_files_that_it_matches_here(sender, folder):
    flat = source(sender, f"{folder}/*.csv")
    assert flat.endswith("/*")
    assert below(sender, flat) == ["a.csv", "b [1].csv"]
    deep = source(sender, f"{folder}/**/*.csv")
    assert deep.endswith("/**")
    assert below(sender, deep) == ["2026/11/d.csv", "2026/c.csv", "a.csv", "b [1].csv"]


def test_a_file_that_is_linked_twice_is_sent_once(sender, folder):
    (folder / "z.csv").symlink_to(folder / "a.csv")
    assert below(sender, source(sender, f"{folder}/[az].csv")) == ["a.csv"]


def test_names_and_several_sources_keep_their_places(sender, folder):
    one, two = (source(sender, str(folder / name)) for name in ("a.csv", "2026/c.csv"))
    value = f"shop={folder}/a.csv | s3://elsewhere/b.csv\nmail={folder}/2026/c.csv"
    assert source(sender, value) == f"shop={one} | s3://elsewhere/b.csv\nmail={two}"
    assert source(sender, str(folder / "a.csv"), "out_of_domain") == one


@pytest.mark.parametrize(
    "value", ["default", "auto", "s3://bucket/*.csv", "https://host/a.csv", "glove-6b-50d"]
)
def test_what_is_no_path_stays_as_it_is(sender, value):
    assert source(sender, value) == value


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("/nowhere/a.csv", "source /nowhere/a.csv: no such file"),
        ("sqlite:////x/feedback.db", "files of this machine"),
        ("sources.toml", "files of this machine.* name the files themselves in source"),
    ],
)
def test_what_a_cluster_cannot_see_is_refused(sender, folder, monkeypatch, value, said):
    (folder / "sources.toml").write_text("[[source]]\nuri = 'a.csv'\n")
    monkeypatch.chdir(folder)
    with pytest.raises(InputError, match=said):
        source(sender, value)


def test_a_placeholder_stays_one_and_wants_a_secret_of_the_cluster(sender, monkeypatch):
    monkeypatch.setenv("DB_PASSWORD", "canary")
    value = "postgresql://me:${DB_PASSWORD}@db/feedback"
    with pytest.raises(InputError, match=r"no secret for .*DB_PASSWORD.*ingest.secrets") as said:
        source(sender, value)
    assert "canary" not in str(said.value)
    ingest = replace(
        sender.environment.stages["ingest"], secrets={"DB_PASSWORD": "database/password"}
    )
    stages = {**sender.environment.stages, "ingest": ingest}
    knowing = replace(sender, environment=replace(sender.environment, stages=stages))
    assert source(knowing, value) == value


@pytest.mark.parametrize("name", arguments.TEXTS)
def test_a_small_file_is_given_as_its_text(sender, tmp_path, name):
    (tmp_path / "mine.toml").write_text("[skew]\nseverity = 'error' # ü\n")
    found = sender.values({name: str(tmp_path / "mine.toml")}, {})
    assert found == {name: "[skew]\nseverity = 'error' # ü\n"}
    assert sender.values({name: "auto"}, {}) == {name: "auto"}
    assert sender.values({name: "floors.macro_f1=0.6"}, {}) == {name: "floors.macro_f1=0.6"}


@pytest.mark.parametrize(
    ("content", "said"), [(b" \n", "empty"), (b"x" * 70_000, "over 64 KiB"), (b"\xff", "no text")]
)
def test_a_file_that_can_be_no_text_is_refused(sender, tmp_path, content, said):
    (tmp_path / "mine.toml").write_bytes(content)
    with pytest.raises(InputError, match=said):
        sender.values({"policy": str(tmp_path / "mine.toml")}, {})


def test_a_folder_that_lives_on_must_be_mounted(sender):
    with pytest.raises(InputError, match=r"log /logs/v1: no volume .* \[stages.monitor\] in "):
        sender.values({"log": "/logs/v1"}, {})
    monitor = replace(
        sender.environment.stages["monitor"], mounts=({"claim": "log", "path": "/logs"},)
    )
    stages = {**sender.environment.stages, "monitor": monitor}
    mounted = replace(sender, environment=replace(sender.environment, stages=stages))
    assert mounted.values({"log": "/logs/v1", "history": ""}, {}) == {
        "log": "/logs/v1", "history": "",
    }  # fmt: skip


def test_other_parameters_stay_what_they_are(sender):
    given = {"epochs": 3, "redact": True, "query": "select 1", "labels": "0=negative"}
    assert sender.values(given, {}) == given


def bundle(folder, page):
    folder.mkdir()
    (folder / "weights.txt").write_text("1")
    (folder / "page.html").write_text(page)
    manifest = Manifest(MODEL.name, MODEL.schema_version, "t", page, payload_digest(folder))
    write_manifest(folder, manifest)
    return str(folder)


def test_the_same_model_is_the_same_address_whenever_it_was_fetched(sender, tmp_path):
    monday, friday = (bundle(tmp_path / day, day) for day in ("monday", "friday"))
    first = sender.values({"model": "champion"}, {"model": monday})
    assert first == sender.values({"model": "champion"}, {"model": friday})
    assert f"/outside/{MODEL.name}-{MODEL.schema_version}-" in first["model"]
    assert below(sender, first["model"] + "/") == ["artifact.json", "page.html", "weights.txt"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text())
def test_any_value_is_an_answer_or_one_line(sender, value):
    try:
        found = source(sender, value)
    except InputError as error:
        assert "\n" not in str(error)
    else:
        assert isinstance(found, str)

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sentiment_serving.bento import LOCK

SCRIPTS = Path(sys.executable).parent
ROOM = Path(__file__).parents[1]


def build(bundle, home, environment, *options):
    command = [SCRIPTS / "sentiment-serve", "build", "--model", bundle, "--home", home, *options]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture(scope="module")
def built(tiny_bundle, tmp_path_factory, environment):
    home = tmp_path_factory.mktemp("bentos") / "home"
    done = build(tiny_bundle, home, environment)
    assert done.returncode == 0, done.stderr
    return home, done.stdout.strip()


def folder_of(home, tag):
    return home / "bentos" / tag.replace(":", "/")


def test_the_tag_is_the_beginning_of_the_digest(built):
    home, tag = built
    version = tag.removeprefix("sentiment:")
    assert len(version) == 12
    assert f"digest: sha256:{version}" in (folder_of(home, tag) / "bento.yaml").read_text()


def test_the_bento_holds_the_bundle_the_code_and_the_pins_and_no_more(built):
    source = folder_of(*built) / "src"
    assert {path.name for path in source.iterdir()} == {
        "bentofile.yaml", "requirements.lock", "sentiment_bundle", "sentiment_common",
        "sentiment_models", "sentiment_serving",
    }  # fmt: skip
    assert (source / LOCK).read_bytes() == (ROOM / LOCK).read_bytes()
    pins = (folder_of(*built) / "env" / "python" / "requirements.txt").read_text().split("\n")
    assert "bentoml==1.4.39" in pins
    assert all("==" in pin for pin in pins if pin)


def test_the_bento_is_open_to_the_user_of_a_container(built):
    assert all(
        path.stat().st_mode & 0o004 for path in [folder_of(*built), *built[0].rglob("src/*")]
    )


def test_building_again_replaces_and_leaves_nothing_beside(built, tiny_bundle, environment):
    home, tag = built
    assert build(tiny_bundle, home, environment).stdout.strip() == tag
    assert [path.name for path in home.iterdir()] == ["bentos"]


@pytest.fixture
def served(built, tmp_path, environment, started, free_port):
    """Runs ``bentoml serve`` on the Bento of a BentoML home, in an empty folder."""

    def serve(home, **variables):
        port = free_port()
        command = [SCRIPTS / "bentoml", "serve", built[1], "--host", "127.0.0.1", "--port", port]
        return started(
            [str(part) for part in command], port, tmp_path / "log", cwd=tmp_path,
            env=environment | variables | {"BENTOML_HOME": str(home)},
        )  # fmt: skip

    return serve


def test_the_bento_alone_is_served_from_anywhere(built, tmp_path, served):
    with served(shutil.copytree(built[0], tmp_path / "moved")) as client:
        answer = client.post("/predict", json={"text": "good"}).json()
    assert answer["predictions"][0]["label"] == "positive"
    assert answer["model"]["digest"].startswith(f"sha256:{built[1].removeprefix('sentiment:')}")


def test_the_variable_overrides_the_bundle_of_a_bento_even_by_a_relative_path(
    built, tiny_bundle, tmp_path, served
):
    other = shutil.copytree(tiny_bundle, tmp_path / "other")
    (other / "vocabulary.txt").write_text("bad\ngood\nparcel\nnot good\n")
    with served(built[0], SENTIMENT_MODEL="other") as client:
        answer = client.post("/predict", json={"text": "good"}).json()
    assert answer["predictions"][0]["label"] == "negative"


def test_a_folder_without_a_bundle_is_refused_and_leaves_nothing(tmp_path, environment):
    done = build(tmp_path, tmp_path / "home", environment)
    assert done.returncode == 2
    assert "no bundle.json here" in done.stderr
    assert not (tmp_path / "home").exists()


def test_a_lock_that_is_not_there_is_named(tiny_bundle, tmp_path, environment):
    done = build(tiny_bundle, tmp_path / "home", environment, "--lock", tmp_path / "no.lock")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "no.lock: no such file" in done.stderr

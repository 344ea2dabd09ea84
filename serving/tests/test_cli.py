import shutil
import socket
import subprocess
import sys

import pytest

from sentiment_common.artifacts import MODEL, Manifest, payload_digest, write_manifest


@pytest.fixture
def run(environment, tmp_path):
    """Runs the command line in an empty folder."""

    def run_in(*arguments, **variables):
        command = [sys.executable, "-m", "sentiment_serving", *arguments]
        return subprocess.run(
            command, env=environment | variables, cwd=tmp_path, capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip

    return run_in


@pytest.fixture
def own_bundle(tiny_bundle, tmp_path):
    return shutil.copytree(tiny_bundle, tmp_path / "own")


def assert_refused(done, *parts):
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    for part in ("sentiment-serve: ", *parts):
        assert part in done.stderr


def test_a_model_folder_that_is_not_there_ends_in_one_line(run, tmp_path):
    assert_refused(run("run", "--model", "nowhere"), str(tmp_path / "nowhere"), "no bundle.json")
    assert list(tmp_path.iterdir()) == []


def test_the_variable_is_checked_like_the_option(run):
    assert_refused(run("run", SENTIMENT_MODEL="nowhere"), "nowhere: no bundle.json")


def test_without_any_model_the_line_says_how_to_give_one(run):
    assert_refused(run("run"), "give --model, set SENTIMENT_MODEL, or serve a built Bento")


def test_bentoml_serve_of_the_service_refuses_a_wrong_folder_too(environment, tmp_path):
    command = [sys.executable, "-m", "bentoml", "serve", "sentiment_serving.service"]
    variables = {"SENTIMENT_MODEL": "nowhere", "BENTOML_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [*command, "--port", "0"], env=environment | variables, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert_refused(done, "no bundle.json here")


def test_a_bundle_changed_since_it_was_made_is_not_served(run, own_bundle):
    digest = payload_digest(own_bundle)
    manifest = Manifest(MODEL.name, MODEL.schema_version, "sentiment-train-baseline", "1", digest)
    write_manifest(own_bundle, manifest)
    (own_bundle / "vocabulary.txt").write_text("good\nbad\nparcel\nvery good\n")
    assert_refused(run("run", "--model", "own"), digest, "make or fetch them again")


def test_damaged_weights_end_the_server_before_it_starts(run, own_bundle):
    (own_bundle / "weights.npz").write_bytes(b"nothing")
    assert_refused(run("run", "--model", "own", "--port", "0"), "weights.npz", "damaged")


def test_a_taken_port_is_named(run, tiny_bundle):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = run("run", "--model", str(tiny_bundle), "--port", port)
    assert_refused(done, f"127.0.0.1:{port}", "give another --port")


def test_a_host_name_is_no_address_to_listen_on(run, tiny_bundle):
    assert_refused(run("run", "--model", str(tiny_bundle), "--host", "localhost"), "127.0.0.1")


def test_without_a_key_no_other_machine_is_let_in(run, tiny_bundle):
    model = ["run", "--model", str(tiny_bundle), "--host", "0.0.0.0"]  # noqa: S104
    assert_refused(run(*model), "no API key is set", "--open")
    assert_refused(run(*model, SENTIMENT_API_KEYS="secret"), "fewer than 16 characters")
    assert_refused(run(*model, "--api-keys-file", "none"), "none", "cannot be read")


def test_a_value_that_cannot_be_names_its_variable(run, tiny_bundle):
    done = run("run", "--model", str(tiny_bundle), "--workers", "0")
    assert_refused(done, "SENTIMENT_WORKERS", "at least 1")
    done = run("run", "--model", str(tiny_bundle), SENTIMENT_TIMEOUT="soon")
    assert_refused(done, "SENTIMENT_TIMEOUT", "float")


def test_a_model_of_no_registry_is_refused_before_a_worker_starts(run):
    done = run("run", "--model", "models:/sentiment@champion", "--port", "0")
    assert_refused(done, "set MLFLOW_TRACKING_URI")
    assert_refused(run("run", "--model", "models:/sentiment"), "models:/NAME@ALIAS")


def test_help_shows_how_to_serve_from_a_registry(run):
    text = run("run", "--help").stdout
    assert "models:/sentiment@champion" in text
    assert "--follow" in text


def test_a_request_log_that_cannot_be_written_ends_in_one_line(run, tiny_bundle, tmp_path):
    (tmp_path / "file").write_text("")
    done = run("run", "--model", str(tiny_bundle), "--request-log", "file/log", "--port", "0")
    assert_refused(done, "no folder for the request log", str(tmp_path / "file" / "log"))


EXPERIMENT = """
name = "one"
[[variants]]
name = "control"
model = "tiny"
[[variants]]
name = "challenger"
model = "{model}"
weight = {weight}
"""


@pytest.mark.parametrize(
    ("model", "weight", "hint"),
    [
        ("other", 1, "variant challenger has the model other, which is not served; give --also"),
        ("tiny", -1, "variants: weight is no number from 0 on"),
        ("tiny", "[", "not TOML"),
    ],
)
def test_an_experiment_that_cannot_be_run_ends_in_one_line(
    run, tiny_bundle, tmp_path, model, weight, hint
):
    (tmp_path / "experiment.toml").write_text(EXPERIMENT.format(model=model, weight=weight))
    done = run("run", "--model", str(tiny_bundle), "--experiment", "experiment.toml")
    assert_refused(done, str(tmp_path / "experiment.toml"), hint)
    done = run("run", "--model", str(tiny_bundle), "--experiment", "none.toml")
    assert_refused(done, "none.toml: cannot be read")


def test_an_experiment_is_checked_by_bentoml_serve_too(environment, tiny_bundle, tmp_path):
    (tmp_path / "experiment.toml").write_text(EXPERIMENT.format(model="other", weight=1))
    command = [sys.executable, "-m", "bentoml", "serve", "sentiment_serving.service"]
    variables = {
        "SENTIMENT_MODEL": str(tiny_bundle), "BENTOML_HOME": str(tmp_path / "home"),
        "SENTIMENT_EXPERIMENT": "experiment.toml",
    }  # fmt: skip
    done = subprocess.run(
        [*command, "--port", "0"], env=environment | variables, capture_output=True, text=True,
        timeout=60, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert_refused(done, "which is not served")


def test_an_unknown_option_is_a_usage_error(run):
    done = run("run", "--modle", "x")
    assert done.returncode == 2
    assert "unrecognized arguments" in done.stderr


def test_help_needs_no_bentoml(run):
    probe = "import sys; from sentiment_serving import cli; print('bentoml' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
    assert "build" in run("--help").stdout

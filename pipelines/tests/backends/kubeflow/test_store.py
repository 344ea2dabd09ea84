"""What is brought to the artifact store, at a real S3 server."""

from dataclasses import replace

import pytest

from sentiment_common.errors import InputError
from sentiment_pipelines.backends.kubeflow import store


class Sent:
    """Counts what a store is sent, by boto3's own events."""

    def __init__(self, found):
        self.keys = []
        found.client.meta.events.register("before-call.s3.PutObject", self._note)

    def _note(self, params, **_):
        self.keys.append(params["url_path"].rpartition("/")[2])


@pytest.fixture
def artifact(tmp_path):
    """An artifact of a few files."""
    folder = tmp_path / "champion"
    (folder / "bundle").mkdir(parents=True)
    for name, content in {
        "artifact.json": "{}", "bundle/artifact.json": "{}", "bundle/weights.bin": "w" * 1000,
        "bundle/ü #1?[2].txt": "", "z.html": "page",
    }.items():  # fmt: skip
        (folder / name).write_text(content)
    return folder


def told(found, address):
    return [name.removeprefix(f"{address}/") for name in found.names(f"{address}/")]


def test_an_artifact_lies_below_its_key_with_all_its_files(bucket, artifact):
    address = bucket.send_artifact(artifact, "champion-1-abc", print)
    assert address.startswith("minio://mlpipeline/t")
    assert address.endswith("/outside/champion-1-abc")
    files = {path for path in artifact.rglob("*") if path.is_file()}
    assert told(bucket, address) == sorted(str(path.relative_to(artifact)) for path in files)
    for path in files:
        assert bucket.read(f"{address}/{path.relative_to(artifact)}") == path.read_bytes()


def test_the_manifest_goes_last_and_what_is_there_is_not_sent_again(bucket, artifact):
    sent = Sent(bucket)
    bucket.send_artifact(artifact, "k", print)
    assert len(sent.keys) == 5
    assert sent.keys[-1] == "artifact.json"
    bucket.send_artifact(artifact, "k", print)
    assert len(sent.keys) == 5


def test_an_interrupted_sending_is_finished_by_the_next(bucket, artifact):
    address = bucket.send_artifact(artifact, "k", print)
    key = address.removeprefix("minio://mlpipeline/")
    for gone in ("artifact.json", "bundle/weights.bin"):
        bucket.client.delete_object(Bucket="mlpipeline", Key=f"{key}/{gone}")
    sent = Sent(bucket)
    bucket.send_artifact(artifact, "k", print)
    assert sent.keys == ["weights.bin", "artifact.json"]


def test_files_are_named_by_their_content(bucket, tmp_path):
    first, second = tmp_path / "a" / "reviews.csv", tmp_path / "b" / "reviews.csv"
    for path in (first, second):
        path.parent.mkdir()
        path.write_text("text\ngood\n")
    address = bucket.send_files([first], first.parent, print)
    assert address.startswith("s3://mlpipeline/t")
    assert bucket.send_files([second], second.parent, print) == address
    assert bucket.read(f"{address}/reviews.csv") == first.read_bytes()
    both = bucket.send_files([first, second], tmp_path, print)
    assert told(bucket, both) == ["a/reviews.csv", "b/reviews.csv"]


def test_who_waits_is_told_how_much_has_gone(bucket, tmp_path, monkeypatch):
    monkeypatch.setattr(store, "SECONDS_BETWEEN", 0.0)
    (tmp_path / "big.csv").write_bytes(b"x" * 3_000_000)
    lines = []
    bucket.send_files([tmp_path / "big.csv"], tmp_path, lines.append)
    assert lines[-1] == "3 of 3 MB sent"


def refused(environment, keys, **settings):
    changed = replace(environment, store=replace(environment.store, **settings))
    with pytest.raises(InputError) as caught:
        store.connect(changed, keys)
    said = str(caught.value)
    assert "canary" not in said
    assert "\n" not in said
    return said


def test_what_keeps_us_out_is_one_line_with_the_remedy(environment, bucket, monkeypatch):
    keys = {"AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": "canary-secret-key"}
    assert "there is no bucket nowhere" in refused(environment, keys, bucket="nowhere")
    assert "[store]: no bucket to bring data to; add bucket" in refused(
        environment, keys, bucket=""
    )
    wrong = {**keys, "AWS_SECRET_ACCESS_KEY": "canary-of-another"}
    assert "does not let you" in refused(environment, wrong)
    assert "does not answer; is it up?" in refused(environment, keys, endpoint="http://127.0.0.1:9")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    assert "no credentials for the store; set AWS_ACCESS_KEY_ID" in refused(environment, {})
    with pytest.raises(InputError, match="there is no s3://mlpipeline/nothing"):
        bucket.read("s3://mlpipeline/nothing")


def test_artifacts_of_runs_lie_beside_unless_the_environment_says_where(environment, bucket):
    assert bucket.root == f"minio://mlpipeline/{environment.store.prefix}/runs"
    elsewhere = replace(bucket, settings=replace(bucket.settings, root="s3://other/runs"))
    assert elsewhere.root == "s3://other/runs"

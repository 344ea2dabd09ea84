"""Feedback in PostgreSQL, read by a stage as it is run; no secret in anything it leaves."""

import json
import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

from sentiment_pipelines.environments import rooms

INGEST = rooms()["ingest"].environment / "bin" / "sentiment-ingest"
CANARY = "c4nary/p@ss"
TABLE = """
CREATE TABLE feedback (id int PRIMARY KEY, review text, stars numeric(2, 1), created timestamptz);
INSERT INTO feedback SELECT n, 'review number ' || n || ' of this shop', 1 + n % 5,
  timestamptz '2026-11-01' + n * interval '1 hour' FROM generate_series(1, 300) AS n;
"""


@pytest.fixture(scope="module")
def postgres():
    """Starts a server of our own, as nobody where we are root, and returns its folder and port."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("PostgreSQL is not installed")
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = str(found.getsockname()[1])
    user = ["setpriv", "--reuid=nobody", "--clear-groups"] if os.getuid() == 0 else []

    def run(program, *options):
        command = [*user, programs[-1] / program, *options]
        environment = {**os.environ, "PGPASSWORD": CANARY}
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", env=environment)

    # pytest's own folders are closed to other users.
    with tempfile.TemporaryDirectory(prefix="postgres-") as name:
        data, password = Path(name) / "data", Path(name) / "password"
        password.write_text(CANARY)
        if user:
            shutil.chown(name, "nobody")
            shutil.chown(password, "nobody")
        run(
            "initdb", "--no-sync", "--username=reader", "--auth=scram-sha-256", "--encoding=UTF8",
            f"--pwfile={password}", f"--pgdata={data}",
        )  # fmt: skip
        settings = f"-k {name} -p {port} -c listen_addresses=127.0.0.1 -c fsync=off"
        at = f"--pgdata={data}"
        run("pg_ctl", at, f"--log={name}/log", "--wait", f"--options={settings}", "start")
        try:
            run("psql", f"--host={name}", f"--port={port}", "--username=reader",
                "--dbname=postgres", "--quiet", f"--command={TABLE}")  # fmt: skip
            yield name, port
        finally:
            run("pg_ctl", at, "--mode=immediate", "stop")


@pytest.fixture
def ingest(tmp_path):
    """Runs the stage, and looks for the secret in all that it says and writes."""

    def ingest(source, *options, **secrets):
        environment = {name: value for name, value in os.environ.items() if name != "PGPASSWORD"}
        command = [str(INGEST), "--source", source, "--text-column", "review"]
        command += ["--rating-column", "stars", "--created-at-column", "created", *options]
        command += ["--out-examples", str(tmp_path / "examples")]
        done = subprocess.run(
            command, env={**environment, **secrets}, capture_output=True, text=True, check=False
        )
        told = done.stdout + done.stderr
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        for said in [told.encode(), *(path.read_bytes() for path in files)]:
            assert b"c4nary" not in said
        return done.returncode, told, tmp_path / "examples"

    return ingest


def rows(examples):
    counts = json.loads((examples / "summary.json").read_text())["rows"]
    return sum(counts[split] for split in ("train", "validation", "test"))


def test_a_table_becomes_examples_whose_lineage_names_it(postgres, ingest):
    folder, port = postgres
    for address in (f"127.0.0.1:{port}/postgres", f"/postgres?host={folder}&port={port}"):
        uri = f"postgresql://reader:${{SHOP_PASSWORD}}@{address}#feedback"
        code, told, examples = ingest(uri, SHOP_PASSWORD=CANARY)
        assert code == 0, told
        assert rows(examples) == 300
        (source,) = json.loads((examples / "artifact.json").read_text())["sources"]
        assert source["uri"] == uri


def test_a_query_and_a_mounted_secret_stand_in_a_file_of_sources(
    postgres, ingest, tmp_path_factory
):
    folder, port = postgres
    sources = tmp_path_factory.mktemp("sources") / "sources.toml"
    password = f"${{file:{folder}/password}}"
    source = {
        "name": "shop",
        "uri": f"postgresql://reader:{password}@127.0.0.1:{port}/postgres",
        "query": "SELECT review, stars, created FROM feedback WHERE id <= 200 ORDER BY id",
    }
    lines = [f"{key} = {json.dumps(value)}" for key, value in source.items()]
    sources.write_text("\n".join(["[[source]]", *lines]))
    code, told, examples = ingest(str(sources))
    assert code == 0, told
    assert rows(examples) == 200


@pytest.mark.parametrize(
    ("user", "database", "password", "message"),
    [
        ("reader", "postgres", "c4nary-wrong", "password authentication failed"),
        ("reader", "c4", CANARY, 'database "c4" does not exist'),
        ("reader", "postgres", "", "the environment variable 'SHOP_PASSWORD' is not set"),
    ],
)
def test_what_cannot_be_read_is_one_line_and_exit_code_2(
    postgres, ingest, user, database, password, message
):
    uri = f"postgresql://{user}:${{SHOP_PASSWORD}}@127.0.0.1:{postgres[1]}/{database}#feedback"
    code, told, examples = ingest(uri, SHOP_PASSWORD=password)
    assert code == 2
    assert message in told.splitlines()[-1]
    assert "Traceback" not in told
    assert not examples.exists()


def test_a_password_in_the_address_is_refused_without_repeating_it(ingest):
    code, told, _ = ingest("postgresql://reader:c4nary@127.0.0.1/postgres#feedback")
    assert code == 2
    assert "put ${NAME} in its place" in told

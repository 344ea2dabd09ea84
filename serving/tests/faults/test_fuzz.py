"""Schemathesis sends what the interface's description allows, and much that it does not."""

import re
import subprocess
from pathlib import Path

import pytest
from harness.candidates import Room, process_environment, sync

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance," + (
    "response_headers_conformance,response_schema_conformance,unsupported_method,"
    "allow_header_conformance"
)
CASES_AT_LEAST = 100


@pytest.fixture(scope="module")
def schemathesis():
    """An environment of its own: as a plugin it would load into the tests of every room."""
    room = Room("serving-schemathesis", Path(__file__).parent / "schemathesis")
    sync(room)
    return room


def test_nothing_that_the_description_allows_or_forbids_is_an_error_of_the_server(
    schemathesis, server, tmp_path
):
    address = f"http://127.0.0.1:{server.port}"
    command = [
        str(schemathesis.environment / "bin" / "schemathesis"), "run", f"{address}/docs.json",
        "--url", address, "--checks", CHECKS, "--mode", "all", "--max-examples", "60",
        "--phases", "examples,coverage,fuzzing", "--seed", "13", "--generation-database", "none",
    ]  # fmt: skip
    done = subprocess.run(
        command, env=process_environment(schemathesis), cwd=tmp_path, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert int(re.search(r"(\d+) generated", done.stdout)[1]) > CASES_AT_LEAST, done.stdout

"""The command line of monitor, end to end."""

import json
import subprocess
import sys
from pathlib import Path

from sentiment_common.artifacts import (
    EXAMPLES,
    Manifest,
    payload_digest,
    write_json,
    write_manifest,
)

COMMAND = Path(sys.executable).with_name("sentiment-monitor")


def test_the_number_of_rows_is_written(tmp_path):
    examples, found = tmp_path / "examples", tmp_path / "evaluation"
    write_json(examples / "summary.json", {"rows": {"train": 3}})
    digest = payload_digest(examples)
    write_manifest(examples, Manifest(EXAMPLES.name, EXAMPLES.schema_version, "test", "0", digest))
    command = [str(COMMAND), "--examples", str(examples), "--out-evaluation", str(found)]
    subprocess.run(command, check=True)
    assert json.loads((found / "evaluation.json").read_text()) == {"rows": {"train": 3}}

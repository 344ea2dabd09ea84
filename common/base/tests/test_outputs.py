import json

import pytest

from sentiment_common.errors import InputError
from sentiment_common.outputs import write_executor_output

LISTED = {
    "artifacts": [{"name": "7", "type": {"schemaTitle": "system.Metrics"}, "uri": "s3://b/m"}]
}


def test_every_artifact_that_kubeflow_lists_is_answered_with_its_metadata(tmp_path):
    asked = json.dumps({"outputs": {"artifacts": {"metrics": LISTED, "model": LISTED}}})
    answer = tmp_path / "sub" / "output.json"
    write_executor_output(asked, answer, {"verdict": "blessed"}, {"metrics": {"macro_f1": 0.7}})
    assert json.loads(answer.read_text()) == {
        "parameterValues": {"verdict": "blessed"},
        "artifacts": {
            "metrics": {"artifacts": [{**LISTED["artifacts"][0], "metadata": {"macro_f1": 0.7}}]},
            "model": {"artifacts": [{**LISTED["artifacts"][0], "metadata": {}}]},
        },
    }


def test_a_task_without_outputs_is_answered_as_well(tmp_path):
    write_executor_output("{}", tmp_path / "output.json", {}, {})
    answer = json.loads((tmp_path / "output.json").read_text())
    assert answer == {"parameterValues": {}, "artifacts": {}}


def test_an_executor_input_that_is_not_json_is_refused(tmp_path):
    with pytest.raises(InputError, match="--executor-input: not JSON"):
        write_executor_output("{", tmp_path / "output.json", {}, {})

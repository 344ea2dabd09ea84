"""``executor_output.json``: how a container tells Kubeflow what it made.

Without it kfp.local loses a container's artifacts, and no backend sees their metadata.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sentiment_common.errors import InputError


def write_executor_output(
    executor_input: str,
    path: Path,
    parameters: Mapping[str, Any],
    metadata: Mapping[str, Mapping[str, Any]],
) -> None:
    """Writes the ExecutorOutput message of KFP's v2 protocol.

    Args:
        executor_input: The ExecutorInput message as JSON, as KFP passes it.
        path: Where KFP wants the answer.
        parameters: Value of each output parameter.
        metadata: Metadata of output artifacts by output name; for ``Metrics`` and
            ``ClassificationMetrics`` the metadata is the artifact.

    Raises:
        InputError: ``executor_input`` is not JSON.
    """
    try:
        outputs = json.loads(executor_input).get("outputs", {})
    except json.JSONDecodeError as error:
        raise InputError(f"not JSON ({error})", where="--executor-input") from error
    artifacts = {
        name: {"artifacts": [_with_metadata(listed["artifacts"][0], metadata.get(name, {}))]}
        for name, listed in outputs.get("artifacts", {}).items()
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"parameterValues": dict(parameters), "artifacts": artifacts}))


def _with_metadata(artifact: Mapping[str, Any], metadata: Mapping[str, Any]) -> dict[str, Any]:
    return {**artifact, "metadata": {**artifact.get("metadata", {}), **metadata}}

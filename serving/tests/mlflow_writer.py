"""Pushes bundles with MLflow's own client, which is not in this room's environment.

It runs in the environment of MLflow's interface and takes one JSON object a line.
"""

import json
import sys

from mlflow import MlflowClient


def push(client, name, bundle, digest, alias, location):
    """Registers a bundle as the push stage does, and returns its version."""
    if client.get_experiment_by_name("sentiment") is None:
        client.create_experiment("sentiment", location)
        client.create_registered_model(name)
    experiment = client.get_experiment_by_name("sentiment").experiment_id
    run = client.create_run(experiment).info
    client.log_artifacts(run.run_id, bundle, "model/artifacts/bundle")
    version = client.create_model_version(
        name, source=f"{run.artifact_uri}/model", run_id=run.run_id,
        tags={"digest": digest} if digest else None,
    ).version  # fmt: skip
    client.set_registered_model_alias(name, alias, version)
    return version


def main():
    """Does what each line asks for, and answers with a line."""
    for line in sys.stdin:
        asked = json.loads(line)
        client = MlflowClient(asked.pop("uri"))
        if "bundle" in asked:
            answer = push(client, **asked)
        elif "version" in asked:
            client.set_registered_model_alias(asked["name"], asked["alias"], asked["version"])
            answer = asked["version"]
        elif "alias" not in asked:
            answer = len(client.search_registered_models())
        else:
            client.delete_registered_model_alias(asked["name"], asked["alias"])
            answer = ""
        sys.stdout.write(json.dumps(str(answer)) + "\n")
        sys.stdout.flush()


main()

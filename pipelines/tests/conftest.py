"""A real tracking store for the tests of this room."""

import mlflow
import pytest


@pytest.fixture(scope="session")
def client(tmp_path_factory):
    """A client of a sqlite store: the one a run uses where no server is named."""
    folder = tmp_path_factory.mktemp("mlflow")
    client = mlflow.MlflowClient(f"sqlite:///{folder}/mlflow.db")
    location = (folder / "artifacts").as_uri()
    client.create_experiment("sentiment", artifact_location=location)
    return client

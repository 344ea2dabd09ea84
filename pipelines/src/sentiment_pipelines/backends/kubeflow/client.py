"""Kubeflow Pipelines' API through its SDK's client, with a limit of time on every call.

The SDK's own client waits for ever where a server hangs, tries a health check five times with a
traceback each, and prints links. Everything that is sent still comes from it.
"""

import contextlib
import io
import json
import os
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import kfp
import kfp.client
import kfp_server_api
from kfp.client import ServiceAccountTokenVolumeCredentials
from kfp_server_api.exceptions import ApiException
from kfp_server_api.rest import RESTClientObject
from urllib3.exceptions import HTTPError

from sentiment_common.errors import InputError
from sentiment_pipelines.backends.kubeflow import faults
from sentiment_pipelines.backends.kubeflow.faults import MissingError
from sentiment_pipelines.backends.kubeflow.types import Connection

CONNECT, READ = 5.0, 30.0
"""Seconds that a server may take to take a call, and between two pieces of its answer."""
DELAYS = (0.5, 2.0, 5.0)
"""Seconds until a call is made again, of a server that fails."""
OLD = "/apis/v1beta1/healthz"
"""What servers before Kubeflow Pipelines 2 answer to."""


class _Patient(RESTClientObject):
    """Makes the calls: each has a limit of time, and what only reads is tried again.

    Args:
        configuration: Of the API's client.
        connect: Seconds that a server may take to take a call.
        read: Seconds between two pieces of its answer.
        delays: Seconds until a call is made again.
    """

    def __init__(
        self, configuration: Any, connect: float, read: float, delays: Sequence[float]
    ) -> None:
        super().__init__(configuration)
        self._timeout, self._delays = (connect, read), delays

    def request(self, method: str, url: str, *args: Any, **options: Any) -> Any:
        """Makes a call, see ``RESTClientObject.request``."""
        options["_request_timeout"] = options.get("_request_timeout") or self._timeout
        for delay in self._delays if method == "GET" else ():
            try:
                return self._request(method, url, *args, **options)
            except ApiException as error:
                if not faults.passing(error):
                    raise
            time.sleep(delay)
        return self._request(method, url, *args, **options)

    def _request(self, method: str, url: str, *args: Any, **options: Any) -> Any:
        try:
            return super().request(method, url, *args, **options)
        except ApiException as error:
            # The caller decodes the body, which a failed handshake has not.
            error.body = error.body or b""
            raise


class _Client(kfp.client.Client):
    """The SDK's client on patient calls.

    Args:
        connection: How the cluster is reached.
        limits: Of ``_Patient``: connect, read, delays.
    """

    def __init__(
        self, connection: Connection, limits: tuple[float, float, Sequence[float]]
    ) -> None:
        self._made = False
        token = os.environ.get(connection.token) if connection.token else None
        file = connection.token_file
        super().__init__(
            connection.api,
            namespace=connection.user_namespace or "kubeflow",
            existing_token=token,
            credentials=ServiceAccountTokenVolumeCredentials(file) if file else None,
            ssl_ca_cert=connection.ca or None,
            ui_host=connection.ui or None,
        )
        self._existing_config.retries = False  # urllib3's own would multiply every limit of time
        self.api = self._healthz_api.api_client
        self.api.rest_client = _Patient(self._existing_config, *limits)
        self._made = True

    def get_kfp_healthz(self, sleep_duration: int = 0) -> Any:
        """Asks for the server's health, once; not while this client is being made."""
        if not self._made:
            return kfp_server_api.V2beta1GetHealthzResponse(multi_user=False)
        return self._healthz_api.healthz_service_get_healthz()


class Kubeflow:
    """A Kubeflow Pipelines that has answered.

    Args:
        client: The SDK's client.
        connection: How it is reached.
    """

    def __init__(self, client: _Client, connection: Connection) -> None:
        self._client, self.connection = client, connection
        self._namespace = connection.user_namespace or None

    def _do(self, what: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """Calls the SDK, silently; raises the errors of ``faults.explained``."""
        with faults.explained(self.connection), contextlib.redirect_stdout(io.StringIO()):
            return what(*args, **options)

    def link(self, run: str) -> str:
        """Returns the address of a run's page."""
        return f"{(self.connection.ui or self.connection.api).rstrip('/')}/#/runs/details/{run}"

    def pipeline(self, name: str) -> str | None:
        """Returns the id of the pipeline of a name, None if there is none."""
        list_ = self._client.list_pipelines
        found = self._do(list_, filter=_called(name), namespace=self._namespace).pipelines
        return found[0].pipeline_id if found else None

    def create_pipeline(self, name: str, description: str) -> str:
        """Creates a pipeline that has no version yet and returns its id."""
        wanted = kfp_server_api.V2beta1Pipeline(
            display_name=name, description=description, namespace=self._namespace
        )
        create = self._client.pipelines.pipeline_service_create_pipeline
        return str(self._do(create, wanted).pipeline_id)

    def version(self, pipeline: str, name: str) -> str | None:
        """Returns the id of the pipeline's version of a name, None if there is none."""
        list_ = self._client.list_pipeline_versions
        found = self._do(list_, pipeline, filter=_called(name)).pipeline_versions
        return found[0].pipeline_version_id if found else None

    def specification(self, pipeline: str, version: str) -> dict[str, Any]:
        """Returns what a pipeline's version is made of, as KFP compiles it."""
        get = self._client.get_pipeline_version
        found: dict[str, Any] = self._do(get, pipeline, version).pipeline_spec
        inside: dict[str, Any] = found.get("pipeline_spec", found)  # beside platform_spec, if any
        return inside

    def upload(self, package: Path, pipeline: str, name: str, description: str) -> str:
        """Uploads a package as a version of a pipeline and returns its id."""
        upload = self._client.upload_pipeline_version
        made = self._do(upload, str(package), name, pipeline, description=description)
        return str(made.pipeline_version_id)

    def experiment(self, name: str) -> str:
        """Returns the id of the experiment of a name, which is created if there is none."""
        create = self._client.create_experiment
        return str(self._do(create, name, namespace=self._namespace).experiment_id)

    def run_called(self, name: str, experiment: str) -> str | None:
        """Returns the id of a run by its name, None if there is none."""
        list_ = self._client.list_runs
        found = self._do(list_, experiment_id=experiment, filter=_called(name)).runs
        return found[0].run_id if found else None

    def runs(self, experiment: str, most: int = 50) -> list[Any]:
        """Returns the latest runs of an experiment, the latest first."""
        list_ = self._client.list_runs
        order = "created_at desc"
        return self._do(list_, experiment_id=experiment, page_size=most, sort_by=order).runs or []

    def create_run(
        self, name: str, experiment: str, pipeline: str, version: str,
        parameters: dict[str, Any], root: str,
    ) -> str:  # fmt: skip
        """Starts a run of a pipeline's version and returns its id."""
        made = self._do(
            self._client.run_pipeline, experiment, name, params=parameters, pipeline_id=pipeline,
            version_id=version, pipeline_root=root,
        )  # fmt: skip
        return str(made.run_id)

    def run(self, run: str) -> Any:
        """Returns a run with its tasks, a ``V2beta1Run``."""
        return self._do(self._client.get_run, run)

    def terminate(self, run: str) -> None:
        """Ends a run; its pods are stopped."""
        self._do(self._client.terminate_run, run)

    def recurring(self, name: str) -> list[Any]:
        """Returns the recurring runs of a name, ``V2beta1RecurringRun`` each."""
        list_ = self._client.list_recurring_runs
        found = self._do(list_, filter=_called(name), namespace=self._namespace).recurring_runs
        return found or []

    def create_recurring(self, name: str, cron: str, experiment: str, **options: Any) -> str:
        """Creates a recurring run, see ``kfp.Client.create_recurring_run``, and returns its id."""
        create = self._client.create_recurring_run
        made = self._do(create, experiment, name, cron_expression=cron, **options)
        return str(made.recurring_run_id)

    def delete_recurring(self, id_: str) -> None:
        """Deletes a recurring run; runs that it has started go on."""
        with contextlib.suppress(MissingError):
            self._do(self._client.delete_recurring_run, id_)


def connect(
    connection: Connection, connect: float = CONNECT, read: float = READ,
    delays: Sequence[float] = DELAYS,
) -> Kubeflow:  # fmt: skip
    """Returns a Kubeflow Pipelines that is up, of a version that this client speaks to.

    Args:
        connection: How it is reached.
        connect: Seconds that it may take to take a call.
        read: Seconds between two pieces of its answer.
        delays: Seconds until what only reads is tried again.

    Raises:
        InputError: It does not answer, does not let us in, or is something else.
    """
    _check_files(connection)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of servers before 2.0, checked below
        client = _Client(connection, (connect, read, delays))
    try:
        with faults.explained(connection):
            health = client.get_kfp_healthz()
    except MissingError as error:
        raise _of_another_version(client, connection) from error
    answer = client.api.last_response
    if "json" not in (answer.getheader("content-type") or ""):
        raise InputError(
            "something else than Kubeflow Pipelines answers there", where=connection.api,
            mend=f"check api in {connection.where}",
        )  # fmt: skip
    if health.multi_user and not connection.user_namespace:
        raise InputError(
            "it serves many users, and does not know in whose name this is",
            where=connection.api, mend=f"name your namespace: user_namespace in {connection.where}",
        )  # fmt: skip
    return Kubeflow(client, connection)


def _of_another_version(client: _Client, connection: Connection) -> InputError:
    """Says what answers there, if it is not the API of this client."""
    version = ""
    with contextlib.suppress(ApiException, HTTPError, ValueError):
        answer = client.api.rest_client.request("GET", connection.api.rstrip("/") + OLD)
        version = json.loads(answer.data).get("tag_name") or "1"
    if version:
        return InputError(
            f"this is Kubeflow Pipelines {version}, which has no API v2beta1",
            where=connection.api, mend=f"it takes 2.0 or later, best {kfp.__version__}",
        )  # fmt: skip
    return InputError(
        "there is no Kubeflow Pipelines (its health is not found: 404)", where=connection.api,
        mend=f"check api in {connection.where}",
    )  # fmt: skip


def _check_files(connection: Connection) -> None:
    if connection.token and not os.environ.get(connection.token):
        raise InputError(
            "there is no token in it", where=f"${connection.token}",
            mend=f"export it, or take token out of {connection.where}",
        )  # fmt: skip
    for file in filter(None, (connection.token_file, connection.ca)):
        if not Path(file).is_file():
            raise InputError("no such file", where=file, mend=f"it is named in {connection.where}")


def _called(name: str) -> str:
    """Returns the API's filter for what has a name."""
    predicate = {"operation": "EQUALS", "key": "display_name", "stringValue": name}
    return json.dumps({"predicates": [predicate]})

"""A local server that speaks as Kubeflow Pipelines and Kubernetes do, and checks what it is sent.

No cluster is needed: the real client of KFP's SDK, and the real one of Kubernetes, talk to it by
HTTP. Every request must be one of the API's own: its path and query are known, and its body reads
into the API's own model without a field too many or of another type. The answers are those models
again, in the shapes that the server's source gives them: a task is an Argo node, ``ingest``, beside
its ``ingest-driver`` and a pod that is called ``executor`` whosesoever it is.
"""

import base64
import datetime
import email
import json
import re
import sys
import time
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

import yaml
from kfp import components
from kfp_server_api import models

from sentiment_pipelines import graph

LISTED = {"page_token", "page_size", "sort_by", "filter", "namespace"}
BEGIN = datetime.datetime(2026, 11, 23, 12, 0, tzinfo=datetime.UTC)
NATIVE = {"str": str, "int": int, "bool": bool, "object": object, "datetime": str, "float": float}
ROUTES = []


def route(method, pattern, body=None, query=()):
    """Names a call of the API: its path, the model of its body and the words of its query."""

    def added(function):
        ROUTES.append((method, re.compile(pattern), body, set(query), function))
        return function

    return added


def checked(kind, value, where="body"):
    """Fails unless a value reads into one of the API's models, without a field too many."""
    if value is None or kind == "object":
        return
    if match := re.fullmatch(r"list\[(.*)\]", kind):
        assert isinstance(value, list), where
        for item in value:
            checked(match[1], item, where)
    elif match := re.fullmatch(r"dict\(str, (.*)\)", kind):
        assert isinstance(value, dict), where
        for name, item in value.items():
            checked(match[1], item, f"{where}.{name}")
    elif kind in NATIVE:
        assert isinstance(value, NATIVE[kind]), f"{where}: {value!r} is no {kind}"
    elif (model := getattr(models, kind)).openapi_types:
        names = {written: name for name, written in model.attribute_map.items()}
        for name, item in value.items():
            known = names.get(name) or names.get(re.sub("([A-Z])", r"_\1", name).lower())
            assert known, f"{where}: {kind} has no field {name}"
            checked(model.openapi_types[known], item, f"{where}.{name}")
        model(**{names[name]: item for name, item in value.items() if name in names})
    else:  # an enumeration, which protobuf's JSON writes by name or by number
        numbers = range(len(model.allowable_values))
        known = value in model.allowable_values or value in numbers
        assert known, f"{where}: {value!r} is no {kind}"


class Api:
    """What the server knows, and how it misbehaves.

    Attributes:
        calls: Method, path and query of each request.
        refused: What was wrong with requests; a test fails if there is anything.
        faults: What to answer instead: ``(method, part of the path, status or "hang", times)``.
        frames: What each look at a run shows, one after the other; the last one stays.
        pods, logs, secrets: What Kubernetes shows; pods no more after ``gone_after`` looks.
        images: What the registry has.
    """

    def __init__(self):
        self.calls, self.refused, self.faults = [], [], []
        self.pipelines, self.versions, self.experiments = {}, {}, {}
        self.runs, self.recurring, self.packages = {}, {}, {}
        self.frames, self.pods, self.logs, self.secrets = [("SUCCEEDED", [])], [], {}, {}
        self.terminated, self.multi_user, self.token = [], False, ""
        self.only_v1, self.kubernetes, self.gone_after = "", True, None

    def count(self, method, part):
        return sum(1 for verb, path, _ in self.calls if verb == method and part in path)

    def fault(self, method, path):
        for index, (verb, part, status, times) in enumerate(self.faults):
            if verb == method and part in path and times:
                self.faults[index] = (verb, part, status, times - 1)
                return status
        return None


def made(api, table, prefix, kind, fields):
    """Keeps something new under an id and returns it."""
    id_ = f"{prefix}-{len(table) + 1}"
    table[id_] = {f"{kind}_id": id_, "created_at": BEGIN.isoformat(), **fields}
    return table[id_]


def listed(table, query):
    """Returns what the filter of a list asks for."""
    found = list(table.values())
    if query.get("filter"):
        asked = json.loads(query["filter"])
        checked("V2beta1Filter", asked, "filter")
        (predicate,) = asked["predicates"]
        found = [it for it in found if it[predicate["key"]] == predicate["stringValue"]]
    return found


@route("GET", "/apis/v2beta1/healthz")
def healthz(api, query, body):
    return {"multi_user": api.multi_user}


@route("GET", "/apis/v1beta1/healthz")
def healthz_v1(api, query, body):
    return {"tag_name": api.only_v1, "commit_sha": "0"}


@route("GET", "/apis/v2beta1/pipelines", query=LISTED)
def list_pipelines(api, query, body):
    return {"pipelines": listed(api.pipelines, query)}


@route("POST", "/apis/v2beta1/pipelines", "V2beta1Pipeline")
def create_pipeline(api, query, body):
    return made(api, api.pipelines, "pipeline", "pipeline", body)


@route("GET", "/apis/v2beta1/pipelines/([^/]+)/versions", query=LISTED)
def list_versions(api, query, body, pipeline):
    found = [it for it in listed(api.versions, query) if it["pipeline_id"] == pipeline]
    return {"pipeline_versions": found}


@route("GET", "/apis/v2beta1/pipelines/([^/]+)/versions/([^/]+)")
def get_version(api, query, body, pipeline, version):
    documents = list(yaml.load_all(api.packages[version], Loader=graph.LOADER))
    specification = dict(zip(("pipeline_spec", "platform_spec"), documents, strict=False))
    told = documents[0] if len(documents) == 1 else specification
    return {**api.versions[version], "pipeline_spec": told}


@route(
    "POST", "/apis/v2beta1/pipelines/upload_version", "package",
    ("name", "pipelineid", "description", "display_name"),
)  # fmt: skip
def upload_version(api, query, body):
    if any(it["display_name"] == query["name"] for it in api.versions.values()):
        return 409, {"message": "The name of the pipeline version already exist"}
    fields = {"pipeline_id": query["pipelineid"], "display_name": query["name"]}
    version = made(api, api.versions, "version", "pipeline_version", fields)
    api.packages[version["pipeline_version_id"]] = body
    return version


@route("GET", "/apis/v2beta1/experiments", query=LISTED)
def list_experiments(api, query, body):
    return {"experiments": listed(api.experiments, query)}


@route("POST", "/apis/v2beta1/experiments", "V2beta1Experiment")
def create_experiment(api, query, body):
    return made(api, api.experiments, "experiment", "experiment", body)


@route("GET", "/apis/v2beta1/runs", query={*LISTED, "experiment_id"})
def list_runs(api, query, body):
    assert not query.get("sort_by") or query["sort_by"] == "created_at desc"
    return {"runs": [described(api, it) for it in reversed(listed(api.runs, query))]}


@route("POST", "/apis/v2beta1/runs", "V2beta1Run", {"experiment_id"})
def create_run(api, query, body):
    reference = body["pipeline_version_reference"]
    assert reference["pipeline_version_id"] in api.versions
    assert reference["pipeline_id"] in api.pipelines
    return made(api, api.runs, "run", "run", {**body, "state": "PENDING"})


@route("GET", "/apis/v2beta1/runs/([^/:]+)", query={"experiment_id"})
def get_run(api, query, body, id_):
    state, details = api.frames[0] if len(api.frames) == 1 else api.frames.pop(0)
    run = api.runs[id_]
    if id_ in api.terminated:
        state = "CANCELED"
    run["state"], run["task_details"] = state, details
    if state in ("SUCCEEDED", "FAILED", "CANCELED"):
        run["finished_at"] = (BEGIN + datetime.timedelta(seconds=90)).isoformat()
    return described(api, run)


@route("POST", "/apis/v2beta1/runs/([^/:]+):terminate", query={"experiment_id"})
def terminate(api, query, body, id_):
    api.terminated.append(id_)
    return {}


def described(api, run):
    details = {"task_details": run.get("task_details", [])}
    return {**{name: it for name, it in run.items() if name != "task_details"},
            "run_details": details}  # fmt: skip


@route("GET", "/apis/v2beta1/recurringruns", query={*LISTED, "experiment_id"})
def list_recurring(api, query, body):
    return {"recurringRuns": listed(api.recurring, query)}


@route("POST", "/apis/v2beta1/recurringruns", "V2beta1RecurringRun")
def create_recurring(api, query, body):
    assert len(body["trigger"]["cron_schedule"]["cron"].split()) == 6
    assert 1 <= int(body["max_concurrency"]) <= 10
    return made(api, api.recurring, "recurring", "recurring_run", body)


@route("DELETE", "/apis/v2beta1/recurringruns/([^/:]+)")
def delete_recurring(api, query, body, id_):
    return (200, {}) if api.recurring.pop(id_, None) else (404, {"message": "not found"})


@route("GET", "/api/v1/namespaces/([^/]+)/pods", query={"labelSelector"})
def list_pods(api, query, body, namespace):
    assert query["labelSelector"].startswith("pipeline/runid=")
    gone = api.gone_after is not None and api.count("GET", "/pods") > api.gone_after
    items = [] if gone else api.pods
    return {"apiVersion": "v1", "kind": "PodList", "items": items, "metadata": {}}


@route("GET", "/api/v1/namespaces/([^/]+)/pods/([^/]+)/log", query={"container", "tailLines"})
def read_log(api, query, body, namespace, pod):
    return (200, api.logs[pod]) if pod in api.logs else (404, {"message": "not found"})


@route("GET", "/api/v1/namespaces/([^/]+)/secrets/([^/]+)")
def read_secret(api, query, body, namespace, name):
    data = {key: base64.b64encode(it.encode()).decode() for key, it in api.secrets[name].items()}
    return {"apiVersion": "v1", "kind": "Secret", "data": data, "metadata": {}}


@route("HEAD", "/v2/([^/]+)/manifests/([^/]+)")
def head_manifest(api, query, body, name, tag):
    return 200, {}


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    protocol_version = "HTTP/1.1"

    def _do(self):
        api, split = self.server.api, urlsplit(self.path)
        path, query = unquote(split.path), dict(parse_qsl(split.query))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        api.calls.append((self.command, path, query))
        fault = api.fault(self.command, path)
        if fault == "hang":
            time.sleep(1.0)
            return self._answer(503, {"message": "too late"})
        if fault == "lost":  # it is done, and the answer gets lost
            self._called(api, path, query, body)
            fault = 500
        if fault is not None:
            return self._answer(fault, {"error": "of the test", "message": "said the test"})
        if api.token and self.headers.get("Authorization") != f"Bearer {api.token}":
            return self._answer(401, {"message": "Unauthorized"})
        if api.only_v1 and "v2beta1" in path:
            return self._answer(404, {"message": "Not Found"})
        if not api.kubernetes and path.startswith("/api/v1/"):
            return self._answer(403, {"message": "forbidden"})
        return self._answer(*self._called(api, path, query, body))

    def _called(self, api, path, query, body):
        for method, pattern, model, words, function in ROUTES:
            if method == self.command and (match := pattern.fullmatch(path)):
                try:
                    assert set(query) <= words, f"{path}: unknown {set(query) - words}"
                    given = self._body(model, body)
                    found = function(api, query, given, *match.groups())
                except (AssertionError, KeyError, ValueError, TypeError) as error:
                    api.refused.append(f"{self.command} {path}: {error!r}")
                    return 400, {"message": str(error)}
                return found if isinstance(found, tuple) else (200, found)
        api.refused.append(f"{self.command} {path} is not in the API")
        return 404, {"message": "no such path"}

    def _body(self, model, body):
        if model is None:
            assert not body, "a body where there is none"
            return None
        if model == "package":
            head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
            (part,) = email.message_from_bytes(head + body).get_payload()
            assert part.get_param("name", header="Content-Disposition") == "uploadfile"
            text = part.get_payload(decode=True).decode()
            components.load_component_from_text(text)  # as the server does: into KFP's own messages
            return text
        content = json.loads(body)
        checked(model, content)
        return content

    def _answer(self, status, content):
        text = content if isinstance(content, str) else json.dumps(content)
        body = b"" if self.command == "HEAD" else text.encode()
        self.send_response(status)
        kind = "text/plain" if isinstance(content, str) else "application/json"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if self.command == "HEAD":
            self.send_header("Docker-Content-Digest", f"sha256:{'1' * 64}")
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self._do()

    def do_HEAD(self):
        self._do()

    def do_POST(self):
        self._do()

    def do_DELETE(self):
        self._do()

    def log_message(self, *_):
        """Keeps quiet."""


class Server(ThreadingHTTPServer):
    """A server that does not mind callers who have stopped waiting."""

    daemon_threads = True

    def handle_error(self, request, client_address):
        """Tells of anything else."""
        if not isinstance(sys.exception(), ConnectionError):
            self.api.refused.append(traceback.format_exc())

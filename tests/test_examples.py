"""Other teams' pipelines: components loaded by file, URL and version, typed, without our code."""

import ast
import http.server
import importlib.util
import json
import re
import subprocess
import sys
import threading

import pytest
import yaml
from kfp import compiler, dsl
from kfp.dsl.types.type_utils import InconsistentTypeException

from sentiment_pipelines import interfaces
from sentiment_pipelines.environments import ROOT, rooms

EXAMPLE = ROOT / "examples" / "weekly_reviews"
USED = ("ingest", "explore")


def module(name):
    specification = importlib.util.spec_from_file_location(name, EXAMPLE / f"{name}.py")
    found = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(found)
    return found


@pytest.fixture(scope="module")
def example():
    return module("pipeline")


def path(stage):
    return f"components/{stage}/component.yaml"


def tag(stage):
    return f"{stage}/v{rooms()[stage].version}"


def git(repository, *arguments):
    who = ("-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "tag.gpgsign=false")
    command = ["git", "-C", repository, *who, *arguments]
    return subprocess.run(command, capture_output=True, check=True).stdout


class Forge(http.server.SimpleHTTPRequestHandler):
    """Answers ``/raw/REVISION/FILE`` as forges do, and anything else as a web server's folder."""

    def do_GET(self):
        found = re.fullmatch(r"/raw/(.+)/(components/.+)", self.path)
        if not found:
            super().do_GET()
            return
        content = git(self.directory, "show", f"{found[1]}:{found[2]}")
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments):
        """Says nothing."""


@pytest.fixture(scope="module")
def forge(tmp_path_factory):
    """Address of a web server with a repository of the components.

    Both are tagged; in a later commit explore wants an input that it did not want before.
    """
    repository = tmp_path_factory.mktemp("repository")
    git(repository, "init", "--quiet", "--initial-branch", "main")
    for stage in USED:
        (repository / path(stage)).parent.mkdir(parents=True)
        (repository / path(stage)).write_text((ROOT / path(stage)).read_text())
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message", "Release")
    for stage in USED:
        git(repository, "tag", "--annotate", tag(stage), "--message", "Release")
    later = repository / path("explore")
    later.write_text(re.sub(r"\n +isOptional: true", "", later.read_text()))
    git(repository, "commit", "--quiet", "--all", "--message", "Break explore")
    git(repository, "update-server-info")  # what a plain web server needs to be cloned from

    def handler(*arguments):
        return Forge(*arguments, directory=str(repository))

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def compiled(example, addresses, target, **settings):
    wired = example.weekly_reviews(*(example.load(str(it)) for it in addresses), **settings)
    compiler.Compiler().compile(wired, str(target))
    return yaml.safe_load(target.read_text())


def images(pipeline):
    executors = pipeline["deploymentSpec"]["executors"]
    return {name.removeprefix("exec-"): it["container"]["image"] for name, it in executors.items()}


def test_by_file_by_url_and_by_a_versions_tag_the_components_are_the_same(example, forge, tmp_path):
    by_file = compiled(example, [ROOT / path(it) for it in USED], tmp_path / "file.yaml")
    urls = [f"{forge}/raw/{tag(it)}/{path(it)}" for it in USED]
    assert compiled(example, urls, tmp_path / "url.yaml") == by_file
    git(tmp_path, "clone", "--quiet", "--branch", tag("explore"), f"{forge}/.git", "clone")
    clone = [tmp_path / "clone" / path(it) for it in USED]
    assert compiled(example, clone, tmp_path / "tag.yaml") == by_file


def test_a_tag_keeps_what_a_later_commit_breaks(example, forge):
    at_tag = example.load(f"{forge}/raw/{tag('explore')}/{path('explore')}")
    later = example.load(f"{forge}/raw/main/{path('explore')}")
    assert at_tag.component_spec.inputs["statistics"].optional
    assert not later.component_spec.inputs["statistics"].optional


def test_the_images_come_from_the_registry_that_the_team_names(example, tmp_path):
    loaded = [ROOT / path(it) for it in USED]
    given = {"registry": "registry.example.com:5000/sentiment", "python": "python:mine"}
    found = images(compiled(example, loaded, tmp_path / "a.yaml", **given))
    assert found == {
        "complaints": "python:mine",
        **{
            it: f"registry.example.com:5000/sentiment/sentiment-{it}:{rooms()[it].version}"
            for it in USED
        },
    }
    here = images(compiled(example, loaded, tmp_path / "b.yaml"))
    assert here["ingest"] == f"sentiment-ingest:{rooms()['ingest'].version}"


def test_what_is_wired_wrongly_does_not_compile(example):
    ingest, explore = (example.load(str(ROOT / path(it))) for it in USED)
    message = "'statistics' .* 'system.SentimentExamples@0.0.1' is incompatible .*Statistics@0.0.1"
    with pytest.raises(InconsistentTypeException, match=message):

        @dsl.pipeline
        def theirs(source: str):
            read = ingest(source=source)
            explore(examples=read.outputs["examples"], statistics=read.outputs["examples"])

    with pytest.raises(InconsistentTypeException, match=r"'exploration' .*'system\.HTML"):

        @dsl.pipeline
        def own(source: str):
            explored = explore(examples=ingest(source=source).outputs["examples"])
            example.complaints(exploration=explored.outputs["report"])


def test_the_types_that_the_team_declares_are_ours(example):
    ours = interfaces.artifact_types()["SentimentExploration"]
    theirs = example.SentimentExploration
    assert (theirs.schema_title, theirs.schema_version) == (ours.schema_title, ours.schema_version)


@pytest.mark.parametrize("script", sorted(EXAMPLE.glob("*.py")), ids=lambda it: it.name)
def test_an_example_imports_nothing_of_this_repository(script):
    imported = set()
    for node in ast.walk(ast.parse(script.read_text())):
        match node:
            case ast.Import(names):
                imported |= {name.name.partition(".")[0] for name in names}
            case ast.ImportFrom(module=str(name)):
                imported.add(name.partition(".")[0])
    assert imported <= {*sys.stdlib_module_names, "kfp", "docker"}


def test_the_teams_own_component_says_who_complains_about_what(tmp_path):
    figures = {
        "labels": {"negative": 3, "neutral": 0, "positive": 7},
        "sources": {
            "kettle": {"negative": 2, "neutral": 0, "positive": 2},
            "router": {"negative": 1, "neutral": 0, "positive": 5},
        },
        "terms": {"negative": [{"term": "broke"}, {"term": "refund"}]},
    }
    (tmp_path / "exploration.json").write_text(json.dumps(figures))
    module("complaints").main(str(tmp_path), str(tmp_path / "message"))
    assert (tmp_path / "message").read_text() == (
        "3 of 10 reviews complain (30%), most about the kettle (50%). What they say: broke, refund."
    )

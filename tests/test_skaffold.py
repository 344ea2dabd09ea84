"""skaffold.yaml says what is here: images, build arguments, charts, values, places to sync to.

The keys are those of skaffold's own v4beta11 (pkg/skaffold/schema/v4beta11/config.go), which no
program is here to check against.
"""

import copy
import json
import re
from fnmatch import fnmatch

import pytest
import yaml

from sentiment_pipelines.environments import ROOT, rooms
from sentiment_pipelines.images import contents
from sentiment_pipelines.images.base import Base

SKAFFOLD = yaml.safe_load((ROOT / "skaffold.yaml").read_text())
PROFILES = {profile["name"]: profile for profile in SKAFFOLD["profiles"]}
DOCKERFILE = (ROOT / "Dockerfile").read_text()
BASE = Base("sentiment-base:3.11-trixie", "sha256:" + "b" * 64, "c" * 64)
KNOWN = {
    "": {"apiVersion", "kind", "metadata", "build", "deploy", "portForward", "profiles"},
    "artifact": {"image", "platforms", "docker", "sync"},
    "docker": {"target", "buildArgs"},
    "rule": {"src", "dest", "strip"},
    "release": {
        "name", "chartPath", "namespace", "createNamespace", "valuesFiles", "setValues",
        "setValueTemplates",
    },
    "port": {"resourceType", "resourceName", "namespace", "port", "localPort"},
}  # fmt: skip
"""Keys of skaffold's that are used here, by where they stand."""
TEMPLATE = re.compile(r"{{\.(IMAGE_(?:REPO|TAG|DIGEST)_(\w+)|SENTIMENT_\w+)}}")


def patched(profile):
    """The configuration under a profile, by the rules of JSON patches."""
    found = copy.deepcopy(SKAFFOLD)
    for patch in PROFILES[profile].get("patches", ()) if profile else ():
        *path, last = patch["path"].strip("/").split("/")
        at = found
        for part in path:
            at = at[int(part)] if isinstance(at, list) else at[part]
        if isinstance(at, list):
            assert (patch["op"], last) == ("add", "-")
            at.append(patch["value"])
        else:
            assert (patch["op"] == "replace") == (last in at), patch
            at[last] = patch["value"]
    return found


WAYS = [None, *PROFILES]


@pytest.mark.parametrize("profile", WAYS)
def test_every_image_is_built_by_what_the_dockerfile_has(profile):
    stages = set(re.findall(r"^FROM \S+ AS (\S+)$", DOCKERFILE, re.MULTILINE))
    arguments = set(re.findall(r"^ARG (\w+)", DOCKERFILE, re.MULTILINE))
    all_rooms = reversed(contents.rooms_with_an_image().values())  # serving before its variant
    named = {room.folder.relative_to(ROOT).as_posix(): room for room in all_rooms}
    for artifact in patched(profile)["build"]["artifacts"]:
        docker = artifact["docker"]
        assert set(artifact) <= KNOWN["artifact"]
        assert set(docker) <= KNOWN["docker"]
        assert set(docker["buildArgs"]) <= arguments
        image = contents.Image(named[docker["buildArgs"]["ROOM"]], BASE)
        assert artifact["image"] == image.name
        assert docker.get("target", "component") in stages
        wanted = {image.target, f"{image.target}-dev"} if profile == "dev" else {image.target}
        assert docker.get("target", "component") in wanted
        if lock := docker["buildArgs"].get("LOCK"):
            assert (image.room.folder / lock).is_file()


def test_every_image_is_built():
    built = {it["docker"]["buildArgs"]["ROOM"] for it in SKAFFOLD["build"]["artifacts"]}
    folders = {room.folder for room in contents.rooms_with_an_image().values()}
    assert built == {folder.relative_to(ROOT).as_posix() for folder in folders}


def resolve(schema, node):
    while "$ref" in node:
        node = schema["$defs"][node["$ref"].rpartition("/")[2]]
    return node


def unknown(schema, node, values, path=""):
    """Keys of values that a schema does not allow."""
    node = resolve(schema, node)
    for key, value in values.items() if isinstance(values, dict) else ():
        place = f"{path}{key}"
        if key in node.get("properties", {}):
            yield from unknown(schema, node["properties"][key], value, f"{place}.")
        elif node.get("additionalProperties", True) is False:
            yield place


def nested(dotted):
    found = {}
    for name, value in dotted.items():
        *path, last = name.split(".")
        at = found
        for part in path:
            at = at.setdefault(part, {})
        at[last] = value
    return found


@pytest.mark.parametrize("profile", WAYS)
def test_every_chart_is_here_and_takes_the_values(profile):
    built = {it["image"].replace("-", "_") for it in SKAFFOLD["build"]["artifacts"]}
    releases = patched(profile)["deploy"]["helm"]["releases"]
    assert len({release["name"] for release in releases}) == len(releases)
    for release in releases:
        assert set(release) <= KNOWN["release"]
        chart = ROOT / release["chartPath"]
        schema = json.loads((chart / "values.schema.json").read_text())
        given = [release.get("setValues", {}), release.get("setValueTemplates", {})]
        values = [nested(it) for it in given]
        for name in release.get("valuesFiles", ()):
            if not TEMPLATE.match(name):
                values.append(yaml.safe_load((ROOT / name).read_text()))
        assert [it for value in values for it in unknown(schema, schema, value)] == []
        for template in given[1].values():
            for named in TEMPLATE.finditer(template):
                assert named[2] is None or named[2] in built


def test_a_value_that_no_chart_has_would_be_seen():
    schema = json.loads((ROOT / "charts/sentiment-serving/values.schema.json").read_text())
    assert list(unknown(schema, schema, {"apiKeys": {"opn": True}})) == ["apiKeys.opn"]
    assert list(unknown(schema, schema, {"sidecars": []})) == ["sidecars"]


@pytest.mark.parametrize("profile", ["dev", "kind"])
def test_on_kind_the_service_follows_the_registry_and_carries_no_bundle(profile):
    found = patched(profile)
    (service,) = [it for it in found["build"]["artifacts"] if it["image"] == "sentiment-serving"]
    assert service["docker"]["buildArgs"]["MODEL"] == ""
    (release,) = [it for it in found["deploy"]["helm"]["releases"] if "serving" in it["name"]]
    values = [yaml.safe_load((ROOT / name).read_text()) for name in release["valuesFiles"]]
    assert values[0]["model"]["source"] == "models:/sentiment@champion"


def test_what_is_synced_lands_where_the_development_image_imports_it_from():
    (service,) = [
        it for it in patched("dev")["build"]["artifacts"] if it["image"] == "sentiment-serving"
    ]
    stage = DOCKERFILE.partition("AS service-dev\n")[2].partition("\nFROM ")[0]
    place = re.search(r"^ENV PYTHONPATH=(\S+)$", stage, re.MULTILINE)[1]
    assert f"run --host 0.0.0.0' {place}" in stage
    rules = service["sync"]["manual"]
    for package in rooms()["serving"].local_packages:
        (module,) = (package / "src").glob("*/__init__.py")
        path = module.relative_to(ROOT).as_posix()
        (rule,) = [it for it in rules if fnmatch(path, it["src"].replace("**/", "*"))]
        assert set(rule) <= KNOWN["rule"]
        assert rule["dest"] == place
        assert path.removeprefix(rule["strip"]) == f"{module.parent.name}/__init__.py"


def test_profiles_are_those_that_are_documented():
    page = (ROOT / "docs" / "kubernetes.md").read_text()
    for name in PROFILES:
        assert f"`{name}`" in page
    assert set(SKAFFOLD) <= KNOWN[""]
    (forwarded,) = PROFILES["dev"]["portForward"]
    assert set(forwarded) <= KNOWN["port"]

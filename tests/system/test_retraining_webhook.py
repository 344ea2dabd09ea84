"""From a real Alertmanager through a real socket of systemd's kind into the decision log."""

import os
import shutil
import subprocess
from datetime import UTC, datetime

import httpx
import yaml

from sentiment_pipelines.environments import ROOT, rooms
from sentiment_pipelines.retraining import journal
from tests.system.monitoring import free_port, running, until

FOLDER = ROOT / "examples" / "triggers"
COMMAND = rooms()["pipelines"].environment / "bin" / "sentiment-pipelines"


def needed(program, package):
    """Returns a program of the system; its package is one that .ci/run installs."""
    found = shutil.which(program)
    assert found, f"{program} is not here: apt-get install {package}"
    return found


def configured(folder, socket):
    """Writes the example's configuration with the port of this test, and without its patience."""
    read = yaml.safe_load((FOLDER / "alertmanager.yaml").read_text())
    for route in (read["route"], *read["route"]["routes"]):
        route |= {"group_wait": "1s", "group_interval": "1s"}
    for receiver in read["receivers"]:
        for webhook in receiver.get("webhook_configs", ()):
            webhook["url"] = f"http://127.0.0.1:{socket}/retrain"
    path = folder / "alertmanager.yaml"
    path.write_text(yaml.safe_dump(read))
    return path


def test_an_alert_that_asks_for_a_retraining_is_decided_on_and_another_is_not(tmp_path):
    activate = needed("systemd-socket-activate", "systemd")
    alertmanager = needed("prometheus-alertmanager", "prometheus-alertmanager")
    socket, port = free_port(), free_port()
    log = tmp_path / "var" / "retraining" / "decisions.jsonl"
    listening = (
        activate, "--accept", "--inetd", f"--listen=127.0.0.1:{socket}",
        f"--setenv=SENTIMENT_VAR={tmp_path / 'var'}", COMMAND,
    )  # fmt: skip
    sending = (
        alertmanager, f"--config.file={configured(tmp_path, socket)}",
        f"--storage.path={tmp_path / 'data'}", f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    )  # fmt: skip
    with (
        running(*listening, "retrain-check", "--webhook", log=tmp_path / "log"),
        running(*sending, log=tmp_path / "alertmanager.log"),
    ):
        base = f"http://127.0.0.1:{port}"
        until(lambda: httpx.get(f"{base}/-/ready").is_success, 30, "Alertmanager")
        now = datetime.now(UTC).isoformat()
        labels = {"alertname": "AccuracyFalls", "severity": "ticket", "model": "sentiment"}
        alerts = [
            {"labels": {**labels, "retrain": "true"}, "startsAt": now},
            {"labels": {**labels, "alertname": "Slow"}, "startsAt": now},
        ]
        httpx.post(f"{base}/api/v2/alerts", json=alerts).raise_for_status()
        kinds = ["alert", "decision"]
        until(lambda: [it.kind for it in journal.read(log).lines] == kinds, 60, "a decision")
        sent = until(
            lambda: [
                line for line in httpx.get(f"{base}/metrics").text.splitlines()
                if line.startswith("alertmanager_notifications_failed_total")
                and "webhook" in line
            ], 10, "the figures of Alertmanager",
        )  # fmt: skip
    told, decided = journal.read(log).lines
    assert told.trigger[0].startswith("alert:AccuracyFalls:")
    assert decided.decision == "nothing"
    assert "There is no champion yet" in decided.reasons[0]
    assert all(float(line.split()[-1]) == 0 for line in sent)


def test_systemd_reads_the_units(tmp_path):
    analyze = needed("systemd-analyze", "systemd")
    for unit in FOLDER.glob("sentiment-retrain*"):
        # Programs and users are those of another machine.
        text = unit.read_text().replace("/opt/sentiment/var", str(ROOT / "var"))
        (tmp_path / unit.name).write_text(text.replace("User=sentiment", "User=root"))
    units = sorted(map(str, tmp_path.glob("*.service"))) + sorted(
        map(str, tmp_path.glob("*.timer"))
    )
    done = subprocess.run(
        [analyze, "verify", "--man=no", *units, *map(str, tmp_path.glob("*.socket"))],
        capture_output=True, text=True, check=False,
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:/lib/systemd/system"},
    )  # fmt: skip
    said = [line for line in done.stderr.splitlines() if "sentiment-retrain" in line]
    assert (done.returncode, said) == (0, []), done.stderr

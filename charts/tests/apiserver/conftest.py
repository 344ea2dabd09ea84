"""A real API server with etcd, without nodes: what it takes, a cluster takes."""

import os
import secrets
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from charts.checks.tools import program

RESTRICTED = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}
SECONDS_TO_START = 90


@dataclass(frozen=True)
class Cluster:
    """An API server that listens on this machine.

    Attributes:
        config: File that says where it is, and who we are.
    """

    config: Path

    def run(self, name: str, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """Runs helm or kubectl, and returns what came of it."""
        return subprocess.run(
            [program(name), "--kubeconfig", self.config, *arguments],
            input=text, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

    def namespace(self, name: str) -> str:
        """Makes a namespace whose pods are held to the level `restricted`."""
        described = {"apiVersion": "v1", "kind": "Namespace"}
        described["metadata"] = {"name": name, "labels": RESTRICTED}
        self.apply(described)
        return name

    def apply(self, *objects: dict) -> None:
        """Makes objects, or makes them what they shall be."""
        done = self.run("kubectl", "apply", "--server-side", "--filename", "-",
                        text=yaml.safe_dump_all(objects))  # fmt: skip
        assert done.returncode == 0, done.stderr


def binary(name: str) -> str:
    """Path of a program of Kubernetes; where it is missing, nothing of this is run."""
    variable = f"SENTIMENT_{name.upper().replace('-', '_')}"
    found = os.environ.get(variable) or shutil.which(name)
    return found or pytest.skip(f"no {name} on the PATH, and {variable} names none")


def free_ports(number):
    probes = [socket.socket() for _ in range(number)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    server, store = binary("kube-apiserver"), binary("etcd")
    folder = tmp_path_factory.mktemp("cluster")
    clients, peers, port = free_ports(3)
    etcd = f"http://127.0.0.1:{clients}"
    token = secrets.token_hex(16)
    (folder / "tokens.csv").write_text(f'{token},admin,1,"system:masters"\n')
    key = folder / "accounts.key"
    subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
    commands = (
        [store, "--data-dir", folder / "etcd", "--listen-client-urls", etcd,
         "--advertise-client-urls", etcd, "--listen-peer-urls", f"http://127.0.0.1:{peers}"],
        [server, "--etcd-servers", etcd, "--secure-port", str(port), "--bind-address", "127.0.0.1",
         "--cert-dir", folder / "certificates", "--token-auth-file", folder / "tokens.csv",
         "--authorization-mode", "RBAC", "--service-cluster-ip-range", "10.96.0.0/16",
         "--service-account-issuer", "https://kubernetes.default.svc",
         "--service-account-key-file", key, "--service-account-signing-key-file", key],
    )  # fmt: skip
    config = folder / "config"
    config.write_text(yaml.safe_dump(_config(f"https://127.0.0.1:{port}", token)))
    with (folder / "log").open("wb") as log:
        running = [subprocess.Popen(it, stdout=log, stderr=log, cwd=folder) for it in commands]
        try:
            found = Cluster(config)
            _wait_until_ready(found, running, folder / "log")
            _prepare(found)
            yield found
        finally:
            for process in reversed(running):
                process.terminate()
                process.wait(timeout=30)


def _config(address, token):
    named = {"name": "test"}
    return {
        "apiVersion": "v1", "kind": "Config", "current-context": "test",
        "clusters": [named | {"cluster": {"server": address, "insecure-skip-tls-verify": True}}],
        "users": [named | {"user": {"token": token}}],
        "contexts": [named | {"context": {"cluster": "test", "user": "test"}}],
    }  # fmt: skip


def _wait_until_ready(cluster, running, log):
    until = time.monotonic() + SECONDS_TO_START
    while cluster.run("kubectl", "get", "--raw", "/readyz").returncode:
        assert all(it.poll() is None for it in running), log.read_text()[-2000:]
        assert time.monotonic() < until, log.read_text()[-2000:]
        time.sleep(0.5)


def _prepare(cluster):
    """Makes namespaces that releases reach into, and the operator's kinds if we have them."""
    for name in ("kubeflow", "sentiment-team", "shop"):
        cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    if folder := os.environ.get("SENTIMENT_CRDS"):
        done = cluster.run("kubectl", "apply", "--server-side", "--filename", folder)
        assert done.returncode == 0, done.stderr

"""Helm comes as it is pinned, whole or not at all."""

import subprocess

import pytest

from charts.checks import tools


def test_helm_and_kubectl_are_the_pinned_ones():
    helm = subprocess.run([tools.program("helm"), "version", "--short"], capture_output=True,
                          text=True, check=True).stdout  # fmt: skip
    assert helm.startswith("v4.3.1")
    kubectl = subprocess.run([tools.program("kubectl"), "version", "--client"],
                             capture_output=True, text=True, check=True).stdout  # fmt: skip
    assert "v1.37.1" in kubectl


def test_a_wheel_that_is_not_the_pinned_one_is_refused(tmp_path, monkeypatch, capfd):
    lock = tmp_path / "tools.lock"
    lock.write_text(tools.LOCK.read_text().replace("903bba8f", "00000000"))
    monkeypatch.setattr(tools, "LOCK", lock)
    monkeypatch.setattr(tools, "CACHE", tmp_path / "cache")
    monkeypatch.delenv("SENTIMENT_HELM", raising=False)
    with pytest.raises(SystemExit, match="could not be fetched"):
        tools.program("helm")
    assert "HASHES" in capfd.readouterr().err
    assert [path.name for path in (tmp_path / "cache").iterdir() if path.is_dir()] == []


def test_another_helm_can_be_named(monkeypatch):
    monkeypatch.setenv("SENTIMENT_HELM", "/opt/helm")
    assert str(tools.program("helm")) == "/opt/helm"

"""Renders the charts with every set of values that is documented."""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from charts.checks.tools import ROOT, program

CHARTS = ROOT / "charts"
RELEASE, NAMESPACE = "try", "shop"
NEEDED: Mapping[str, Sequence[str]] = {
    "sentiment-serving": ("apiKeys.existingSecret=sentiment-keys",),
}
"""What a chart wants to be told before it installs anything."""
CLUSTER_VALUES = ROOT / "pipelines" / "conf" / "kind"
"""What `make kind-up` adds to ``ci/kind-values.yaml``: ``mlflow.yaml`` for ``sentiment-mlflow``."""


@dataclass(frozen=True)
class Values:
    """A chart, and what it is installed with.

    Attributes:
        chart: The chart's folder below ``charts/``.
        name: What the set is called: ``defaults``, or after its file.
        files: Values files.
        settings: Values as ``--set`` takes them.
    """

    chart: str
    name: str
    files: tuple[Path, ...] = ()
    settings: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Returns e.g. ``sentiment-serving-canary``."""
        return f"{self.chart}-{self.name}"

    @property
    def options(self) -> list[str]:
        """The options of helm that give these values."""
        files = [part for path in self.files for part in ("--values", str(path))]
        return files + [part for setting in self.settings for part in ("--set", setting)]


class RefusedError(Exception):
    """Helm refused to render; its message says why."""


def charts() -> list[str]:
    """Returns the names of all charts."""
    return [path.parent.name for path in sorted(CHARTS.glob("*/Chart.yaml"))]


def documented() -> Iterator[Values]:
    """Yields the defaults of every chart, and each set of values in its folder ``ci``."""
    for chart in charts():
        yield Values(chart, "defaults", (), tuple(NEEDED.get(chart, ())))
        for path in sorted((CHARTS / chart / "ci").glob("*-values.yaml")):
            yield Values(chart, path.stem.removesuffix("-values"), (path,))
        installed = CLUSTER_VALUES / f"{chart.removeprefix('sentiment-')}.yaml"
        if installed.is_file():
            below = CHARTS / chart / "ci" / "kind-values.yaml"
            yield Values(chart, "kind-up", (below, installed))


def lint(values: Values) -> None:
    """Lets helm look for what it calls mistakes, warnings included.

    Raises:
        RefusedError: It found some.
    """
    _helm("lint", "--strict", "--quiet", str(CHARTS / values.chart), *values.options)


@cache
def manifest(values: Values) -> str:
    """Returns what helm would install, as YAML.

    Raises:
        RefusedError: It would install nothing.
    """
    where = ["--namespace", NAMESPACE]
    return _helm("template", RELEASE, str(CHARTS / values.chart), *where, *values.options)


def objects(values: Values) -> list[dict[str, Any]]:
    """Returns what helm would install, read anew: whoever asks may change it."""
    return [it for it in yaml.safe_load_all(manifest(values)) if it]


def _helm(*arguments: str) -> str:
    done = subprocess.run(
        [program("helm"), *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RefusedError((done.stderr + done.stdout).strip())
    return done.stdout

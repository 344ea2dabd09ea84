"""The same pipeline under several seeds: what the models reach, and what is luck of the split."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentiment_common.errors import InputError
from sentiment_pipelines.environments import VAR
from sentiment_pipelines.order import EXIT_DONE, EXIT_REFUSED

FIGURES = {
    "macro_f1": "macro-F1",
    "accuracy": "accuracy",
    "auc_ovr_macro": "AUC",
    "expected_calibration_error": "calibration error",
}
HEADLINE = "macro_f1"
OUT_OF_DOMAIN = "macro-F1 on "
T_QUANTILES = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
    2.145, 2.131, 2.120, 2.110, 2.101, 2.093,
)  # fmt: skip
"""97.5% quantiles of Student's t with 1 to 19 degrees of freedom."""


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds with the half-width of its 95% t-interval; nan for a single seed."""

    mean: float
    half_width: float

    def __str__(self) -> str:
        """Returns e.g. ``.681 ± .012``."""
        return f"{self.mean:.3f} ± {self.half_width:.3f}".replace("0.", ".")


Scores = Mapping[str, Mapping[str, float]]
"""Figure by model and name, of one seed."""


def estimate(values: Sequence[float]) -> Estimate:
    """Returns the mean of some values and its 95% t-interval."""
    if len(values) < 2:
        return Estimate(statistics.fmean(values), float("nan"))
    error = statistics.stdev(values) / len(values) ** 0.5
    return Estimate(statistics.fmean(values), T_QUANTILES[len(values) - 2] * error)


def run(seeds: Sequence[int], assignments: Sequence[str], tell: Callable[[str], None]) -> str:
    """Runs the training pipeline once a seed and compares the models over all of them.

    Each seed has a ``var`` of its own below ``var/studies``, so a study that was stopped goes on
    where it was, and one whose code changed runs what the change touches.

    Args:
        seeds: Seeds of the split and of every training; at most 20.
        assignments: ``name=value`` for the pipeline's parameters.
        tell: Is told of each seed that is done.

    Returns:
        Two Markdown tables: every model's figures, and its gains over the first model, paired by
        seed, with 95% t-intervals.

    Raises:
        InputError: A seed's run failed, or there are too many seeds.
    """
    if not 1 <= len(set(seeds)) <= len(T_QUANTILES) + 1:
        raise InputError(f"{len(set(seeds))} seeds", where="--seeds", mend="give 1 to 20")
    found = []
    for seed in dict.fromkeys(seeds):
        begin = time.monotonic()
        found.append(scores(_evaluation(seed, assignments)))
        figures = ", ".join(f"{name} {it[HEADLINE]:.3f}" for name, it in found[-1].items())
        tell(f"seed {seed}: macro-F1 {figures}; {time.monotonic() - begin:.0f} s")
    return f"{table(found)}\n\n{gains(found)}"


def _evaluation(seed: int, assignments: Sequence[str]) -> Mapping[str, Any]:
    var = VAR / "studies" / str(seed)
    var.mkdir(parents=True, exist_ok=True)
    settings = [*assignments, f"seed={seed}", "previous_examples=none"]
    command = [str(Path(sys.executable).with_name("sentiment-pipelines")), "run"]
    command += [part for setting in settings for part in ("--set", setting)]
    with (var / "log").open("w") as log:
        done = subprocess.run(
            command, env={**os.environ, "SENTIMENT_VAR": str(var)}, stdout=log, stderr=log,
            check=False,
        )  # fmt: skip
    paths = sorted(var.glob("runs/latest/tasks/*/evaluate/evaluation/evaluation.json"))
    if done.returncode not in (EXIT_DONE, EXIT_REFUSED) or not paths:
        raise InputError(
            f"the run of seed {seed} ended with exit code {done.returncode}",
            where=str(var / "log"),
            mend="look there; the study goes on where it was",
        )
    content: Mapping[str, Any] = json.loads(paths[0].read_text())
    return content


def scores(evaluation: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Returns the figures of each candidate on the test split and out of domain."""
    found = {}
    for model in evaluation["models"]:
        if model["role"] == "champion":
            continue
        figures = _values(model["test"]["metrics"], FIGURES)
        for it in model.get("out_of_domain", ()):
            source = it["name"].removeprefix("source=")
            figures |= {f"{OUT_OF_DOMAIN}{source}": it["metrics"][HEADLINE]["value"]}
        found[model["model"]] = figures
    return found


def _values(metrics: Mapping[str, Any], names: Iterable[str]) -> dict[str, float]:
    return {name: metrics[name]["value"] for name in names}


def table(found: Sequence[Scores]) -> str:
    """Returns every model's figures as a Markdown table, means over the seeds."""
    names = list(found[0])
    rows = [
        [
            FIGURES.get(figure, figure),
            *(str(estimate([it[name][figure] for it in found])) for name in names),
        ]
        for figure in found[0][names[0]]
    ]
    return _markdown([f"mean of {len(found)} seeds, 95% interval", *names], rows)


def gains(found: Sequence[Scores]) -> str:
    """Returns each model's gain over the first one, paired by seed, as a Markdown table."""
    first, *others = found[0]
    rows = []
    for name in others:
        gain = [
            {figure: it[name][figure] - it[first][figure] for figure in it[first]} for it in found
        ]
        rows.append([name, *(str(estimate([it[figure] for it in gain])) for figure in gain[0])])
    figures = [FIGURES.get(figure, figure) for figure in found[0][first]]
    return _markdown([f"gain over {first}", *figures], rows)


def _markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)

"""The report's plots as SVG: equal figures give equal bytes, and no two plots share an id."""

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from sentiment_evaluate.metrics import Curve, ReliabilityBin
from sentiment_evaluate.resampling import Interval
from sentiment_models import LABELS

COLOURS = {"negative": "#c2410c", "neutral": "#64748b", "positive": "#0f766e"}
CHOSEN, OTHER, CHAMPION = "#4338ca", "#a5b4fc", "#94a3b8"
INK, FAINT = "#1f2937", "#e5e7eb"
HALF, WHOLE = (4.75, 4.3), 9.7
STYLE: Any = {
    "svg.hashsalt": "sentiment",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["system-ui", "Helvetica", "Arial", "DejaVu Sans"],
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": "#9ca3af",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "xtick.color": "#4b5563",
    "ytick.color": "#4b5563",
    "grid.color": FAINT,
    "legend.frameon": False,
}


@matplotlib.rc_context(STYLE)
def comparison(
    models: Sequence[tuple[str, str, Mapping[str, Interval]]], figures: Mapping[str, str]
) -> str:
    """Draws one bar with its interval per figure and model.

    Args:
        models: Name, colour and intervals of each model.
        figures: Name of each figure to how the axis calls it.
    """
    plot, axes = _figure((WHOLE, 0.75 + 0.34 * len(figures) * (len(models) + 0.8)))
    height = 1 / (len(models) + 0.8)
    groups = np.arange(len(figures))
    for number, (name, colour, intervals) in enumerate(models):
        shown = [intervals[figure] for figure in figures]
        values = np.array([it.value for it in shown])
        reach = np.array(
            [[it.value - it.low for it in shown], [it.high - it.value for it in shown]]
        )
        places = groups + (number - (len(models) - 1) / 2) * height
        axes.barh(places, values, height * 0.86, color=colour, label=name)
        axes.errorbar(
            values, places, xerr=np.maximum(reach, 0), fmt="none", ecolor=INK, elinewidth=1,
            capsize=3,
        )  # fmt: skip
        for place, it in zip(places, shown, strict=True):
            axes.text(it.high + 0.008, place, f"{it.value:.3f}", va="center", fontsize=9)
    axes.set_yticks(groups, list(figures.values()))
    axes.invert_yaxis()
    axes.set_xlim(0, 1.05)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    axes.legend(ncols=len(models), loc="lower left", bbox_to_anchor=(0, 1.0), borderaxespad=0.2)
    return _svg(plot, "comparison")


@matplotlib.rc_context(STYLE)
def confusion(matrix: NDArray[np.int64]) -> str:
    """Draws a confusion matrix: counts, and their share of the true label's rows."""
    plot, axes = _figure(HALF)
    support = matrix.sum(axis=1, keepdims=True)
    shares = np.divide(matrix, support, out=np.zeros(matrix.shape), where=support > 0)
    axes.pcolormesh(shares, cmap="Purples", vmin=0, vmax=1.15, edgecolors="white", linewidth=3)
    for row, column in np.ndindex(*matrix.shape):
        colour = "white" if shares[row, column] > 0.6 else INK
        axes.text(
            column + 0.5, row + 0.44, f"{matrix[row, column]:,}", ha="center", va="center",
            color=colour, fontsize=14, fontweight="bold",
        )  # fmt: skip
        axes.text(
            column + 0.5, row + 0.66, f"{shares[row, column]:.0%}", ha="center", va="center",
            color=colour, fontsize=9,
        )  # fmt: skip
    places = np.arange(len(LABELS)) + 0.5
    axes.set_xticks(places, LABELS)
    axes.set_yticks(places, LABELS, rotation=90, va="center")
    axes.set(xlabel="predicted", ylabel="true", title="Confusion matrix")
    axes.invert_yaxis()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return _svg(plot, "confusion")


@matplotlib.rc_context(STYLE)
def labels(intervals: Mapping[str, Interval]) -> str:
    """Draws precision, recall and F1 of each label with their intervals.

    Args:
        intervals: Intervals by figure, ``negative_precision`` and so on.
    """
    plot, axes = _figure(HALF)
    for number, label in enumerate(LABELS):
        shown = [intervals[f"{label}_{name}"] for name in ("precision", "recall", "f1")]
        places = np.arange(3) + (number - 1) * 0.29
        axes.bar(places, [it.value for it in shown], 0.26, color=COLOURS[label], label=label)
        for place, it in zip(places, shown, strict=True):
            axes.plot([place, place], [it.low, it.high], color=INK, linewidth=1)
            axes.text(
                place, 0.03, f"{it.value:.2f}", ha="center", fontsize=8.5, color="white",
            )  # fmt: skip
    axes.set_xticks(np.arange(3), ["precision", "recall", "F1"])
    axes.set(ylim=(0, 1.12), yticks=np.arange(0, 1.01, 0.2), title="By label")
    axes.tick_params(axis="x", length=0)
    axes.grid(axis="y")
    axes.legend(ncols=3, loc="upper left", bbox_to_anchor=(0, 1.0), columnspacing=1.2)
    return _svg(plot, "labels")


@matplotlib.rc_context(STYLE)
def roc(curves: Mapping[str, Curve], areas: Mapping[str, float]) -> str:
    """Draws each label's ROC curve against the rest."""
    plot, axes = _figure(HALF)
    axes.plot([0, 1], [0, 1], color="#9ca3af", linewidth=1, linestyle=(0, (4, 3)))
    for label, curve in curves.items():
        axes.plot(
            curve.false_positive_rate, curve.recall, color=COLOURS[label], linewidth=2,
            label=f"{label}, AUC {areas[label]:.3f}",
        )  # fmt: skip
    axes.set(
        xlabel="false positive rate",
        ylabel="recall",
        title="ROC curves",
    )
    _unit_square(axes)
    axes.legend(loc="lower right")
    return _svg(plot, "roc")


@matplotlib.rc_context(STYLE)
def reliability(bins: Sequence[ReliabilityBin]) -> str:
    """Draws accuracy against confidence; a calibrated model lies on the diagonal."""
    plot, axes = _figure(HALF)
    axes.plot([0, 1], [0, 1], color="#9ca3af", linewidth=1, linestyle=(0, (4, 3)))
    rows = np.array([it.rows for it in bins], dtype=np.float64)
    confidence = [it.confidence for it in bins]
    accuracy = [it.accuracy for it in bins]
    axes.plot(confidence, accuracy, color=CHOSEN, linewidth=1.5, zorder=2)
    axes.scatter(
        confidence, accuracy, s=30 + 420 * rows / rows.max(), color=CHOSEN, alpha=0.35,
        edgecolors=CHOSEN, zorder=3, clip_on=False,
    )  # fmt: skip
    for it in bins:
        axes.annotate(
            f"{it.rows:,}", (it.confidence, it.accuracy), textcoords="offset points",
            xytext=(0, -17), ha="center", fontsize=8, color="#4b5563",
        )  # fmt: skip
    axes.set(xlabel="confidence", ylabel="accuracy", title="Reliability, with rows per bin")
    _unit_square(axes)
    return _svg(plot, "reliability")


@matplotlib.rc_context(STYLE)
def selection(models: Sequence[tuple[str, str, Interval]]) -> str:
    """Draws the figure the candidates were chosen by, on the validation split."""
    plot, axes = _figure((WHOLE, 0.75 + 0.4 * len(models)))
    for place, (_, colour, it) in enumerate(models):
        axes.plot([it.low, it.high], [place, place], color=colour, linewidth=3, alpha=0.6)
        axes.plot(it.value, place, "o", color=colour, markersize=9)
        axes.text(it.high + 0.004, place, f"{it.value:.3f}", va="center", fontsize=9)
    axes.set_yticks(range(len(models)), [name for name, _, _ in models])
    axes.invert_yaxis()
    axes.margins(x=0.1, y=0.35)
    axes.grid(axis="x")
    axes.tick_params(axis="y", length=0)
    return _svg(plot, "selection")


def _figure(size: tuple[float, float]) -> tuple[Figure, Axes]:
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots()
    axes.set_axisbelow(True)
    return figure, axes


def _unit_square(axes: Axes) -> None:
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
    axes.grid()


def _svg(figure: Figure, name: str) -> str:
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None})
    drawing = re.sub(r"<metadata>.*?</metadata>", "", stream.getvalue(), flags=re.DOTALL)
    # Ids are the page's, not the plot's: without a prefix one plot would use another's clip paths.
    return re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", drawing)

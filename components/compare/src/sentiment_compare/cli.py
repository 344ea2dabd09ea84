"""The command line of compare."""

from pathlib import Path

from sentiment_common.artifacts import COMPARISON, Source, file_sha256, write_json
from sentiment_common.cli import Option, Output, Result, Stage, Task
from sentiment_common.errors import InputError
from sentiment_common.experiment import read_experiment

STAGE = Stage(
    name="sentiment-compare",
    summary="Judges an experiment on live traffic from the request log and its feedback.",
    outputs=(
        Output("comparison", COMPARISON, "comparison.json: figures, path of the estimate, verdict"),
        Output("report", None, "the verdict and what it rests on as a page"),
    ),
    results=(Result("verdict", "better, not-worse, worse, undecided or invalid"),),
    options=(
        Option("log", str, "", "folder of the request log with its feedback"),
        Option("experiment", str, "", "the experiment's TOML file"),
        Option("state", str, "", "folder of the experiment's state; empty: beside its file"),
        Option("metric", str, "", "accuracy or macro_recall; empty: the file's"),
        Option("confidence", str, "", "of the interval, e.g. 0.95; empty: the file's"),
        Option("margin", str, "", "worse by less is not worse, e.g. 0.01; empty: the file's"),
        Option("until", str, "", "ISO time: as if it were then; empty: all that is there"),
    ),
    examples=(
        "sentiment-compare --log var/requests --experiment encoder-1.toml "
        "--out-comparison comparison --out-report ab-report.html --out-verdict verdict",
        "sentiment-compare --log var/requests --experiment encoder-1.toml --margin 0.01 "
        "--until 2026-11-30T00:00:00Z --out-comparison comparison --out-report ab-report.html",
    ),
)


def run(task: Task) -> None:
    """Analyses the experiment and writes what was found."""
    from sentiment_compare import report, verdict
    from sentiment_compare.analysis import analyse
    from sentiment_compare.doubts import doubts
    from sentiment_compare.record import as_json
    from sentiment_compare.settings import settle

    options = task.options
    log, file = _given(options.log, "--log"), _given(options.experiment, "--experiment")
    experiment = read_experiment(file)
    settings = settle(experiment, options.metric, options.confidence, options.margin, options.until)
    task.sources.append(Source(str(file), file_sha256(file), file.stat().st_size))
    state = Path(options.state) if options.state else None
    analysis = analyse(log, file, experiment, settings, state)
    decision, doubtful = verdict.decide(analysis), doubts(analysis)
    found = as_json(analysis, decision, doubtful)
    write_json(task.outputs["comparison"] / "comparison.json", found)
    task.outputs["report"].write_text(report.render(analysis, decision, doubtful), "utf-8")
    task.results["verdict"] = decision.verdict
    task.metadata["comparison"] = {
        key: found[key] for key in ("experiment", "verdict", "challenger", "reason")
    }


def _given(value: str, flag: str) -> Path:
    if not value:
        raise InputError("is missing", where=flag, mend="see --help")
    return Path(value)


def main() -> None:
    """Runs the command line."""
    STAGE.main(run)

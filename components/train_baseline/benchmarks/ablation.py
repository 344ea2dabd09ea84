"""Measures what each part of the baseline is worth: macro-F1 on test splits it has never seen.

Every variant is trained on the same splits with the same folds, so differences are paired; the
interval is that of Student's t over the splits. Test rows are scored from their raw text by the
saved bundle. One split says little: differences under two points are noise there. A second table
has the speed and the size of the bundles.

Splits are made from the default data by the commands of ingest and transform, each in its own
environment, or given: folders with ``examples``, ``train_features`` and ``transform_graph``.
"""

import argparse
import dataclasses
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from scipy import stats
from sklearn.metrics import f1_score

from sentiment_common import lexicon
from sentiment_common.tracking import TrackingLog
from sentiment_models import LABELS, load
from sentiment_train_baseline import export, features, training, vectors
from sentiment_train_baseline.features import TrainingData
from sentiment_train_baseline.search import Search, Trial
from sentiment_train_baseline.settings import Settings
from sentiment_train_baseline.trials import Finished

ROOT = Path(__file__).resolve().parents[3]
ENVIRONMENTS = ROOT / "pipelines" / "src" / "sentiment_pipelines" / "environments.py"
ROOMS = Path(sys.prefix).parent
FIRST_SEED = 13
BATCH, SINGLES, REPEATS = 512, 500, 7
SETTING = Trial(1.0, 0.15, 0.8)
WHOLE = "words, pieces, lexicons, ratings"


DEFAULT = Settings()


@dataclass(frozen=True)
class Variant:
    """What a variant leaves out or does otherwise."""

    settings: Settings = DEFAULT
    lexicon: bool = True
    ratings: bool = True
    balance: str = "class_weight"
    strength: float = 0.8


WORDS = Settings(piece_sizes=None)
PARTS = {
    "words": Variant(WORDS, lexicon=False, ratings=False),
    "words, pieces": Variant(lexicon=False, ratings=False),
    "words, lexicons": Variant(WORDS, ratings=False),
    "words, pieces, lexicons": Variant(ratings=False),
    "words, pieces, ratings": Variant(lexicon=False),
    WHOLE: Variant(),
}
BALANCES = {
    "no balance": Variant(balance="none"),
    "class weights, full": Variant(strength=1.0),
    "oversampled": Variant(balance="oversample"),
    "oversampled, full": Variant(balance="oversample", strength=1.0),
    "SMOTE": Variant(balance="smote"),
    "SMOTE, full": Variant(balance="smote", strength=1.0),
}


@dataclass(frozen=True)
class Scored:
    """Figures of one variant on one split."""

    test: float
    accuracy: float
    error: float
    cross_validated: float
    seconds: float
    speed: "Speed"


@dataclass(frozen=True)
class Speed:
    """CPU time of scoring raw text, each repeated, and the size of the bundle."""

    milliseconds_alone: list[float]
    texts_a_second: list[float]
    megabytes: float


def score(folder: Path, variant: Variant) -> Scored:
    """Trains a variant on a split and scores the split's test rows."""
    start = time.monotonic()
    data = features.read(folder / "train_features", folder / "transform_graph")
    if not variant.ratings:
        data = dataclasses.replace(data, ratings=np.full(len(data.targets), np.nan))
    with tempfile.TemporaryDirectory() as place:
        model = Path(place) / "model"
        model.mkdir()
        cross_validated = train(model, data, variant)
        seconds = time.monotonic() - start
        table = pq.read_table(folder / "examples" / "test" / "examples.parquet")
        texts = table["text"].to_pylist()
        probabilities = load(model).predict_proba(texts)
        speed = measure(model, texts)
    targets = np.array([LABELS.index(label) for label in table["label"].to_pylist()])
    chosen = probabilities.argmax(axis=1)
    return Scored(
        float(f1_score(targets, chosen, average="macro")),
        float(np.mean(chosen == targets)),
        training.calibration_error(probabilities, targets),
        cross_validated,
        seconds,
        speed,
    )


def measure(folder: Path, texts: Sequence[str]) -> Speed:
    """Returns what it costs to score texts one by one and in batches."""
    predictor = load(folder)
    alone, together = [], []
    for _ in range(REPEATS):
        start = time.process_time()
        for text in texts[:SINGLES]:
            predictor.predict_proba([text])
        alone.append((time.process_time() - start) / min(SINGLES, len(texts)) * 1e3)
        start = time.process_time()
        for begin in range(0, len(texts), BATCH):
            predictor.predict_proba(texts[begin : begin + BATCH])
        together.append(len(texts) / (time.process_time() - start))
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return Speed(alone, together, size / 1e6)


def train(folder: Path, data: TrainingData, variant: Variant) -> float:
    """Writes the bundle of a variant; returns its cross-validated macro-F1."""
    known = lexicon.read("auto" if variant.lexicon else "none")
    valences = lexicon.by_token(known, data.tokenizer)
    counts = vectors.count(data.tokens, valences, len(known), variant.settings)
    trial = dataclasses.replace(SETTING, strength=variant.strength)
    search = Search((trial,), 5, variant.balance, 13)
    folds = training.folds_of(data, counts, search)
    selected = training.select(data, folds, search, TrackingLog(), Finished(None, {}))
    fitted = training.fit(data, counts, search, selected)
    export.save(folder, fitted, counts, valences, data.text_specification)
    return fitted.metrics["cross_validated_macro_f1"]


def table(scores: Mapping[str, Sequence[Scored]]) -> Iterator[str]:
    """Yields the lines of the table; differences are to the whole."""
    yield (
        "| variant | macro-F1: mean (min-max) | to the whole | accuracy | calibration error | "
        "cross-validated | seconds |"
    )
    yield "|---|---|---|---|---|---|---|"
    whole = [scored.test for scored in scores[WHOLE]]
    for name, all_of in scores.items():
        tests = [scored.test for scored in all_of]
        differences = [own - other for own, other in zip(tests, whole, strict=True)]
        means = (
            statistics.fmean(getattr(scored, field) for scored in all_of)
            for field in ("accuracy", "error", "cross_validated")
        )
        yield (
            f"| {name} | {_plain(statistics.fmean(tests))} "
            f"({_plain(min(tests))}-{_plain(max(tests))}) | "
            f"{'' if name == WHOLE else interval(differences)} | "
            f"{' | '.join(map(_plain, means))} | "
            f"{statistics.median(scored.seconds for scored in all_of):.1f} |"
        )


def interval(values: Sequence[float]) -> str:
    """Returns a mean with its 95% interval by Student's t; without one for a single value."""
    mean = statistics.fmean(values)
    if len(values) < 2:
        return f"{mean:+.3f}"
    half = stats.t.ppf(0.975, len(values) - 1) * statistics.stdev(values) / len(values) ** 0.5
    return f"{mean:+.3f} ± {half:.3f}"


def _plain(value: float) -> str:
    return f"{value:.3f}".lstrip("0")


def speeds(scores: Mapping[str, Sequence[Scored]]) -> Iterator[str]:
    """Yields the lines of the second table, of the last split."""
    yield "| variant | ms a text alone: min / median / max | texts/s in batches | MB |"
    yield "|---|---|---|---|"
    for name in PARTS:
        speed = scores[name][-1].speed
        alone, together = speed.milliseconds_alone, speed.texts_a_second
        yield (
            f"| {name} | {min(alone):.3f} / {statistics.median(alone):.3f} / {max(alone):.3f} | "
            f"{min(together):,.0f} / {statistics.median(together):,.0f} / {max(together):,.0f} | "
            f"{speed.megabytes:.1f} |"
        )


def make_split(folder: Path, seed: int) -> Path:
    """Makes a split of the default data; returns its folder."""
    folder.mkdir()
    run(
        ROOMS / "ingest/bin/sentiment-ingest", "--out-examples", folder / "examples", "--seed", seed
    )
    run(
        ROOMS / "transform/bin/sentiment-transform", "--examples", folder / "examples",
        "--out-transform-graph", folder / "transform_graph",
        "--out-train-features", folder / "train_features",
        "--out-validation-features", folder / "validation_features",
    )  # fmt: skip
    return folder


def run(*command: object) -> None:
    """Runs a command; what it printed is shown if it fails."""
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed:\n{done.stdout}{done.stderr}")


def main() -> None:
    """Prints both tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=1, help="splits to make")
    parser.add_argument("--splits", type=Path, nargs="+", metavar="DIR", help="splits to use")
    parser.add_argument("--all", action="store_true", help="balances as well as parts")
    arguments = parser.parse_args()
    variants = {**PARTS, **(BALANCES if arguments.all else {})}
    scores: dict[str, list[Scored]] = {name: [] for name in variants}
    with tempfile.TemporaryDirectory() as scratch:
        for folder in arguments.splits or _made(Path(scratch), arguments.seeds):
            for name, variant in variants.items():
                scores[name].append(score(folder, variant))
                found = scores[name][-1].test
                print(f"{folder.name} {name}: {found:.4f}", file=sys.stderr, flush=True)
    print("\n".join((*table(scores), "", *speeds(scores))))


def _made(folder: Path, seeds: int) -> Iterator[Path]:
    run(sys.executable, ENVIRONMENTS, "sync", "ingest", "transform")
    for seed in range(FIRST_SEED, FIRST_SEED + seeds):
        yield make_split(folder / str(seed), seed)


if __name__ == "__main__":
    main()

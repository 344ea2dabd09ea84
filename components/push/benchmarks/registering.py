"""How long does it take to register a model, here and with MLflow's own ``log_model``?

Both write the same bundle of the same size to the same registry in one process, in turn, each time
as a new version. Then: where the time of the whole stage goes, each try in a fresh process.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from sentiment_common.text import current
from sentiment_models import LABELS, Bundle, load
from sentiment_models.bundle import write_bundle
from sentiment_models.linear import LinearWeights, save_linear

TERMS, WEIGHTS = 20_000, 2_000_000
Seconds = dict[str, list[float]]


def linear_bundle(folder: Path) -> Path:
    """Writes a linear bundle of 20,000 n-grams."""
    _write_facts(folder, "linear")
    generator = np.random.default_rng(13)
    save_linear(folder, LinearWeights(
        tuple(f"word{number}" for number in range(TERMS)), 2, np.ones(TERMS, np.float32),
        generator.normal(size=(len(LABELS), TERMS)), np.zeros(len(LABELS)),
    ))  # fmt: skip
    return folder


def tensorflow_bundle(folder: Path) -> Path:
    """Writes a TensorFlow bundle of 2 million weights, 8 MB."""
    import tensorflow as tf

    class Hashed(tf.Module):
        """Mean embedding of hashed words, and one layer."""

        def __init__(self) -> None:
            super().__init__()
            generator = tf.random.Generator.from_seed(13)
            self.table = tf.Variable(generator.normal([WEIGHTS // 50, 50]))
            self.layer = tf.Variable(generator.normal([50, len(LABELS)]))

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
        def serve(self, texts: tf.Tensor) -> tf.Tensor:
            """Strings [batch] to probabilities [batch, 3]."""
            words = tf.strings.split(tf.strings.join([texts, " ."]))
            rows = tf.strings.to_hash_bucket_fast(words.flat_values, WEIGHTS // 50)
            means = words.with_flat_values(tf.gather(self.table, rows))
            return tf.nn.softmax(tf.reduce_mean(means, axis=1) @ self.layer)

    _write_facts(folder, "tensorflow")
    tf.saved_model.save(Hashed(), str(folder / "saved_model"))
    return folder


def _write_facts(folder: Path, backend: str) -> None:
    folder.mkdir()
    specification = current({"works": "work"})
    specification.save(folder.with_suffix(".text_spec"))
    facts = Bundle(backend, backend, specification.digest)
    write_bundle(folder, facts, folder.with_suffix(".text_spec"))


def registration(bundle: Path, scratch: Path, repeats: int) -> Seconds:
    """Registers a bundle in all ways, in turn, and returns the seconds each took."""
    import mlflow

    from sentiment_push import packaging, registry

    uri = f"sqlite:///{scratch}/mlflow.db"
    client = registry.connect(uri)
    mlflow.set_tracking_uri(uri)
    mlflow.set_experiment(experiment_id=client.create_experiment("log_model"))
    predictor = load(bundle)
    entry = registry.Entry("ours", "champion", "", {"candidate": "bench"}, "A model.", {})

    def ours(digest: str, check: bool) -> None:
        def write_model(folder: Path) -> None:
            packaging.write_mlflow_model(bundle, folder)
            if check:
                packaging.check(folder, predictor)

        registry.register(client, uri, replace(entry, digest=digest), write_model)

    def mlflows(requirements: list[str] | None) -> None:
        with mlflow.start_run():
            mlflow.pyfunc.log_model(
                name="model", python_model=str(packaging.SERVED_MODEL),
                artifacts={"bundle": str(bundle)}, pip_requirements=requirements,
                registered_model_name="theirs",
            )  # fmt: skip

    ways: dict[str, Callable[[int], None]] = {
        "push, written, loaded again and compared": lambda turn: ours(f"sha256:{turn}", True),
        "push, written alone": lambda turn: ours(f"sha256:bare {turn}", False),
        "mlflow log_model": lambda _: mlflows(None),
        "mlflow log_model, requirements given": lambda _: mlflows(packaging.requirements(bundle)),
    }
    ours("sha256:warm-up", True)
    found: Seconds = {way: [] for way in ways}
    for turn in range(repeats):
        for way, act in ways.items():
            start = time.perf_counter()
            act(turn)
            found[way].append(time.perf_counter() - start)
    return found


def steps(bundle: Path, scratch: Path) -> Iterator[tuple[str, float]]:
    """Yields the steps of the stage in its order and the seconds each took, in this process."""
    clock = time.perf_counter
    start = clock()
    from sentiment_push import packaging, parity, registry, smoke

    yield "import mlflow and the registry client", clock() - start
    uri, start = f"sqlite:///{scratch}/mlflow.db", clock()
    client = registry.connect(uri)
    yield "open the store", clock() - start
    start = clock()
    predictor = load(bundle)
    yield "import the backend, load the bundle", clock() - start
    start = clock()
    texts = [f"text {number} works" for number in range(784)]
    smoke.check(predictor, texts, str(bundle))
    parity.check(predictor, bundle, smoke.named({"validation": texts}))
    yield "smoke test and parity", clock() - start
    entry = registry.Entry("ours", "champion", "sha256:a", {}, "A model.", {})
    start = clock()

    def write_model(folder: Path) -> None:
        packaging.write_mlflow_model(bundle, folder)
        packaging.check(folder, predictor)

    registry.register(client, uri, entry, write_model, scratch)
    yield "register", clock() - start


def stage(bundle: Path, scratch: Path, repeats: int) -> Seconds:
    """Takes the steps in fresh processes, with a store whose tables are there."""
    from sentiment_push import registry

    registry.connect(f"sqlite:///{scratch}/empty.db")
    found: Seconds = {}
    for turn in range(repeats):
        folder = scratch / str(turn)
        folder.mkdir()
        shutil.copy(scratch / "empty.db", folder / "mlflow.db")
        done = subprocess.run(
            [sys.executable, __file__, "--steps", str(bundle), str(folder)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        for line in done.stdout.strip().split("\n"):
            name, seconds = line.rsplit("\t", 1)
            found.setdefault(name, []).append(float(seconds))
    return found


def table(title: str, found: Seconds) -> None:
    """Prints seconds as a Markdown table."""
    print(f"\n| {title} | min s | median s | max s |\n| --- | --- | --- | --- |")
    for name, seconds in found.items():
        figures = (min(seconds), statistics.median(seconds), max(seconds))
        print(f"| {name} | {' | '.join(f'{it:.2f}' for it in figures)} |", flush=True)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--model", type=Path, help="a bundle to measure instead of made ones")
    parser.add_argument("--steps", nargs=2, type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    if arguments.steps:
        for name, seconds in steps(*arguments.steps):
            print(f"{name}\t{seconds}")
        return
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        given = [arguments.model] if arguments.model else [
            linear_bundle(scratch / "linear"), tensorflow_bundle(scratch / "tensorflow")
        ]  # fmt: skip
        for bundle in given:
            place = scratch / f"{bundle.name}_registry"
            place.mkdir()
            table(
                f"{bundle.name}: registering, {arguments.repeats} times",
                registration(bundle, place, arguments.repeats),
            )
            table(f"{bundle.name}: the stage's steps", stage(bundle, place, arguments.repeats))


if __name__ == "__main__":
    main()

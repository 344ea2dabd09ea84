"""Do both engines of the text specification agree, and how fast are they?

Counts differences between the exported graph and the Python engine over every Unicode code point,
every row of the default data and generated text; compares the graph's features in a process that
has TensorFlow alone with those of the stage; then times both engines.
"""

import argparse
import json
import os
import runpy
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import hypothesis
import pyarrow.parquet as pq
import tensorflow as tf
from hypothesis import strategies as st

from sentiment_common.text import TextSpecification, Tokenizer, probes
from sentiment_transform.features import load_graph

ROOM = Path(__file__).resolve().parents[1]
ENVIRONMENTS = ROOM.parents[1] / "pipelines" / "src" / "sentiment_pipelines" / "environments.py"
INGEST = Path(sys.prefix).parent / "ingest" / "bin" / "sentiment-ingest"
TRANSFORM = Path(sys.executable).with_name("sentiment-transform")
ADVERSARIAL = runpy.run_path(str(ROOM / "tests" / "test_graph.py"))
SERVING = ROOM / "tests" / "serving.py"
CORPORA = "amazon,tweets,movies,editorials"
BATCH, REPEATS = 512, 5
Graph = Callable[[dict[str, Any]], Any]
Count = Callable[[Sequence[Any]], int]


def main() -> int:
    """Prints two tables; 1 says that the engines differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="ten times the generated cases")
    cases = 100_000 if parser.parse_known_args()[0].full else 10_000
    with tempfile.TemporaryDirectory() as scratch:
        examples, outputs = make_artifacts(Path(scratch))
        exported = outputs["transform_graph"]
        graph = load_graph(exported / "transform_fn")
        specification = TextSpecification.load(exported / "text_spec")
        texts = read(examples, ("train", "validation", "test"))
        compared = [
            *compare(graph, specification, texts, cases),
            fresh_process(examples, outputs),
        ]
    print("| compared | cases | texts | differences |\n| --- | --- | --- | --- |")
    for what, count, number, differences in compared:
        print(f"| {what} | {count:,} | {number:,} | {differences} |")
    print_speed(graph, Tokenizer(specification), texts)
    return int(any(differences for *_, differences in compared))


def make_artifacts(folder: Path) -> tuple[Path, dict[str, Path]]:
    """Makes the default data, all four corpora of it, and what the stage makes of them."""
    names = ("transform_graph", "train_features", "validation_features")
    examples, outputs = folder / "examples", {name: folder / name for name in names}
    flags = [part for name in names for part in (f"--out-{name.replace('_', '-')}", outputs[name])]
    for command in (
        [sys.executable, ENVIRONMENTS, "sync", "ingest"],
        [INGEST, "--corpora", CORPORA, "--out-examples", examples],
        [TRANSFORM, "--examples", examples, *flags],
    ):
        subprocess.run(command, capture_output=True, check=True)
    return examples, outputs


def read(examples: Path, splits: Sequence[str]) -> list[str]:
    """Returns the texts of splits."""
    tables = (pq.read_table(examples / split / "examples.parquet") for split in splits)
    return [text for table in tables for text in table["text"].to_pylist()]


def compare(
    graph: Graph, specification: TextSpecification, texts: list[str], cases: int
) -> Iterator[tuple[str, int, int, int]]:
    """Yields (what was compared, cases, texts, differing texts)."""
    tokenizer = Tokenizer(specification)

    def differing(texts: Sequence[str], sent: Sequence[Any] | None = None) -> int:
        found = graph_tokens(graph, texts if sent is None else sent)
        return sum(tokenizer.tokens(text) != one for text, one in zip(texts, found, strict=True))

    points = [chr(point) for point in range(0x110000) if not 0xD800 <= point < 0xE000]
    step = len(points) // 16  # the code points of a text lie far apart: no rule takes two for one
    lines = [" ".join(f"a{point}b" for point in points[first::step]) for first in range(step)]
    yield "every Unicode code point", len(points), len(lines), batched(differing, lines)
    awkward = probes(specification)
    yield "probes of the specification", len(awkward), len(awkward), differing(awkward)
    yield "rows of the default data", len(texts), len(texts), batched(differing, texts)
    several = st.lists(ADVERSARIAL["TEXTS"], min_size=1, max_size=4)
    yield ("generated text", *generated(several, cases, differing))
    yield from compare_unencodable(differing, cases // 5)


def compare_unencodable(
    differing: Callable[..., int], cases: int
) -> Iterator[tuple[str, int, int, int]]:
    """Yields the same for text that UTF-8 cannot hold, and for bytes that are not UTF-8."""
    pieces, surrogate = ADVERSARIAL["PIECES"], ADVERSARIAL["SURROGATE"]
    halves = st.characters(categories=["Cs"])
    texts = st.lists(st.one_of(pieces, halves), max_size=16).map("".join)
    # A model sends a space for each, because TensorFlow takes UTF-8 alone.
    yield (
        "generated text with lone surrogates",
        *generated(
            st.tuples(texts), cases, lambda texts: differing(texts, [surrogate.sub(" ", *texts)])
        ),
    )
    parts = st.one_of(st.binary(max_size=9), pieces.map(str.encode))
    contents = st.lists(parts, max_size=16).map(b"".join)
    yield (
        "generated bytes that are not UTF-8",
        *generated(
            st.tuples(contents),
            cases,
            lambda contents: differing([contents[0].decode("utf-8", "replace")], contents),
        ),
    )


def generated(
    strategy: st.SearchStrategy[Any], cases: int, differing: Count
) -> tuple[int, int, int]:
    """Returns (cases, texts, differing texts); where some differ, a small example is printed."""
    counts = [0, 0]

    @hypothesis.settings(
        max_examples=cases,
        deadline=None,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(strategy)
    def check(texts: Sequence[Any]) -> None:
        counts[0] += 1
        counts[1] += len(texts)
        if differing(texts):
            raise AssertionError(ascii(texts))

    try:
        check()
    except AssertionError as error:
        print(f"differing: {error}", file=sys.stderr)
        return (*counts, 1)
    return (*counts, 0)


def batched(differing: Count, texts: Sequence[str]) -> int:
    """Counts differing texts batch by batch."""
    starts = range(0, len(texts), BATCH)
    return sum(differing(texts[start : start + BATCH]) for start in starts)


def graph_tokens(graph: Graph, texts: Sequence[Any]) -> list[list[str]]:
    """Returns the tokens that the exported graph finds."""
    found = graph({"text": tf.constant(texts, tf.string)})["tokens"]
    return [[word.decode() for word in row] for row in found.to_list()]


def fresh_process(examples: Path, outputs: dict[str, Path]) -> tuple[str, int, int, int]:
    """Compares the stage's features with those of a process that has TensorFlow alone.

    Raises:
        RuntimeError: That process has loaded TFT, Beam or the Python engine.
    """
    pairs = [
        [
            str(examples / split / "examples.parquet"),
            str(outputs[f"{split}_features"] / "features.parquet"),
        ]
        for split in ("train", "validation")
    ]
    line = [sys.executable, SERVING, outputs["transform_graph"] / "transform_fn", json.dumps(pairs)]
    shown = subprocess.run(line, capture_output=True, text=True, check=True).stdout
    rows, differing, present = json.loads(shown)
    if present:
        raise RuntimeError(f"the fresh process has loaded {', '.join(present)}")
    return "all features, in a process without TFT", rows, rows, differing


def print_speed(graph: Graph, tokenizer: Tokenizer, texts: list[str]) -> None:
    """Prints texts a second of both engines by the number of texts at a time."""
    tokens_alone = tf.function(
        lambda batch: graph({"text": batch})["tokens"],
        input_signature=[tf.TensorSpec([None], tf.string)],
    )
    engines: dict[str, Callable[[list[str]], Any]] = {
        "graph, all features": lambda batch: graph({"text": tf.constant(batch)}),
        "graph, tokens alone": lambda batch: tokens_alone(tf.constant(batch)),
        "Python, tokens": lambda batch: [tokenizer.tokens(text) for text in batch],
    }
    print(f"\n| texts a second, {REPEATS} times | texts at a time | min | median | max |")
    print("| --- | --- | --- | --- | --- |")
    for name, engine in engines.items():
        for size, number in ((1, 500), (32, 3200), (512, 10_240), (len(texts), len(texts))):
            rates = [rate(engine, texts[:number], size) for _ in range(REPEATS)]
            shown = (min(rates), statistics.median(rates), max(rates))
            print(f"| {name} | {size:,} | {' | '.join(f'{value:,.0f}' for value in shown)} |")


def rate(engine: Callable[[list[str]], Any], texts: list[str], size: int) -> float:
    """Returns how many texts a second an engine does in batches of one size."""
    start = time.perf_counter()
    for first in range(0, len(texts), size):
        engine(texts[first : first + size])
    return len(texts) / (time.perf_counter() - start)


if __name__ == "__main__":
    sys.exit(main())

"""Features and a transform graph folder as transform writes them, and an encoder of a few words."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from sentiment_common.artifacts import (
    FEATURES,
    TRANSFORM_GRAPH,
    Manifest,
    payload_digest,
    write_manifest,
)
from sentiment_common.text import Tokenizer as TextTokenizer
from sentiment_common.text import current

WORDS = {
    "negative": ["broken", "awful", "refund", "never works", "bad"],
    "neutral": ["box", "cable", "arrived", "tuesday", "manual"],
    "positive": ["great", "love", "perfect", "works fine", "happy"],
}
COMMON = ["the", "battery", "phone", "and", "it", "is", "not", "works"]
RATINGS = {"negative": -2.0, "neutral": 0.0, "positive": 2.0}
WIDTH, LAYERS = 16, 3
FIELDS = {
    "id": pa.string(), "text": pa.string(), "label": pa.string(), "rating": pa.float64(),
    "source": pa.string(), "group": pa.string(), "tokens": pa.list_(pa.string()),
    "token_ids": pa.list_(pa.int32()), "ngram_ids": pa.list_(pa.int32()),
    "ngram_tfidf": pa.list_(pa.float32()),
}  # fmt: skip


@dataclass(frozen=True)
class Folders:
    train: Path
    validation: Path
    graph: Path
    encoder: Path


def rows_of(count, seed=5, labels=tuple(WORDS)):
    """Rows of (text, label, rating, group); two rows share a group, one word in five misleads."""
    source = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        label = str(source.choice(labels))
        told = label if source.random() > 0.2 else str(source.choice(labels))
        words = [*source.choice(COMMON, 5), *source.choice(WORDS[told], 2)]
        source.shuffle(words)
        rating = RATINGS[label] + float(source.uniform(-0.9, 0.9))
        rows.append((" ".join(words), label, rating, f"group-{seed}-{number // 2}"))
    return rows


def seal(folder, kind, **parameters):
    digest = payload_digest(folder)
    write_manifest(
        folder,
        Manifest(kind.name, kind.schema_version, "transform", "0.3.0", digest, {}, parameters),
    )


def write_features(folder, rows, tokenizer):
    folder.mkdir(parents=True)
    table = [
        {
            "id": f"{folder.name}-{number}", "text": text, "label": label, "rating": rating,
            "source": "made", "group": group, "tokens": tokenizer.tokens(text), "token_ids": [],
            "ngram_ids": [], "ngram_tfidf": [],
        }
        for number, (text, label, rating, group) in enumerate(rows)
    ]  # fmt: skip
    pq.write_table(
        pa.Table.from_pylist(table, pa.schema(FIELDS.items())), folder / "features.parquet"
    )
    seal(folder, FEATURES)


def write_folders(root, rows, validation=None):
    specification = current({"batteries": "battery"})
    graph = root / "transform_graph"
    specification.save(graph / "text_spec")
    seal(graph, TRANSFORM_GRAPH, ngram_max=2)
    tokenizer = TextTokenizer(specification)
    write_features(root / "train_features", rows, tokenizer)
    write_features(root / "validation_features", validation or rows_of(60, 6), tokenizer)
    write_encoder(root / "encoder")
    return Folders(root / "train_features", root / "validation_features", graph, root / "encoder")


def write_encoder(folder):
    """Writes an encoder of the kind of BERT, without attention: each layer mixes and normalizes."""
    folder.mkdir()
    words = {word for group in WORDS.values() for phrase in group for word in phrase.split()}
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *sorted(words | set(COMMON))]
    tokenizer = Tokenizer(
        models.WordPiece({piece: at for at, piece in enumerate(pieces)}, unk_token="[UNK]")  # noqa: S106
    )
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    onnx.save(graph_of(len(pieces)), str(folder / "model.onnx"))


def graph_of(pieces):
    source = np.random.default_rng(3)
    helper, weights, nodes = onnx.helper, [], []

    def weight(name, *shape):
        values = source.normal(size=shape).astype(np.float32)
        weights.append(onnx.numpy_helper.from_array(values, name))
        return name

    def normalized(name, inputs):
        scale, bias = weight(f"{name}.scale", WIDTH), weight(f"{name}.bias", WIDTH)
        nodes.append(helper.make_node("LayerNormalization", [inputs, scale, bias], [name]))
        return name

    nodes.append(
        helper.make_node("Gather", [weight("words", pieces, WIDTH), "input_ids"], ["embedded"])
    )
    state = normalized("state.0", "embedded")
    for layer in range(1, LAYERS + 1):
        for half in ("middle", "state"):
            product, summed = f"{half}.{layer}.product", f"{half}.{layer}.sum"
            matrix = weight(f"{half}.{layer}.weight", WIDTH, WIDTH)
            nodes.append(helper.make_node("MatMul", [state, matrix], [product]))
            nodes.append(helper.make_node("Add", [product, state], [summed]))
            state = normalized(f"{half}.{layer}", summed)
    shape = ["batch", "sequence"]
    inputs = [
        helper.make_tensor_value_info(name, onnx.TensorProto.INT64, shape)
        for name in ("input_ids", "attention_mask", "token_type_ids")
    ]
    output = helper.make_tensor_value_info(state, onnx.TensorProto.FLOAT, [*shape, WIDTH])
    graph = helper.make_graph(nodes, "tiny", inputs, [output], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


@pytest.fixture(scope="session")
def make_rows():
    return rows_of


@pytest.fixture
def make_folders(tmp_path):
    return lambda rows, validation=None: write_folders(tmp_path, rows, validation)


@pytest.fixture(scope="session")
def shared_folders(tmp_path_factory):
    return write_folders(tmp_path_factory.mktemp("inputs"), rows_of(300))


@pytest.fixture
def folders(tmp_path, shared_folders):
    """A copy of the inputs that a test may damage."""
    root = tmp_path / "inputs"
    shutil.copytree(shared_folders.train.parent, root)
    return Folders(*(root / path.name for path in vars(shared_folders).values()))


@pytest.fixture(scope="session")
def lexicon(tmp_path_factory):
    path = tmp_path_factory.mktemp("lexicon") / "words.tsv"
    path.write_text("great\t3.1\nlove\t3.2\nawful\t-2\nbad\t-2.5\nhappy\t2.7\tbeyond\n")
    return path


@pytest.fixture(scope="session")
def train(lexicon, tmp_path_factory):
    """Runs the stage's command and returns what it did."""
    kept = tmp_path_factory.mktemp("cache")

    def run(folders, out, *options, cache=kept):
        return subprocess.run(
            [
                shutil.which("sentiment-train-transfer"),
                "--train-features", folders.train, "--validation-features", folders.validation,
                "--transform-graph", folders.graph, "--encoder", folders.encoder,
                "--lexicon", lexicon, "--c-grid", "0.01,0.1",
                "--out-model", out / "model", "--out-predictions", out / "predictions",
                *map(str, options),
            ],
            capture_output=True, text=True, check=False, timeout=120,
            env={"PATH": "/usr/bin:/bin", "SENTIMENT_CACHE": str(cache)},
        )  # fmt: skip

    return run


@pytest.fixture(scope="session")
def read_json():
    return lambda path: json.loads(path.read_text())


@pytest.fixture(scope="session")
def change_column():
    """Rewrites one column of a Parquet file, value by value."""

    def change(path, name, function):
        table = pq.read_table(path)
        index = table.schema.get_field_index(name)
        values = [function(value) for value in table[name].to_pylist()]
        column = pa.array(values, table.schema.field(index).type)
        pq.write_table(table.set_column(index, table.schema.field(index), column), path)

    return change

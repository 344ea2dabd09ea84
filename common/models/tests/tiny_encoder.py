"""A sentence encoder of a few words, in the formats of a real one.

The ONNX file is written as protocol buffer fields, so that no test needs the onnx package: word
pieces become rows of a table, and two outputs are made from them, the rows and their
squares.
"""

import json
import struct
from pathlib import Path

import numpy as np

WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "bad", "good", "battery", "not", "##ly", "!")
WIDTH = 4
FLOAT, INT64 = 1, 7


def table():
    return np.random.default_rng(11).normal(size=(len(WORDS), WIDTH)).astype(np.float32)


def write_encoder(folder: Path) -> None:
    (folder / "encoder.onnx").write_bytes(model())
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer()))


def tokenizer():
    special = [
        {"id": WORDS.index(word), "content": word, "special": True, "single_word": False,
         "lstrip": False, "rstrip": False, "normalized": False}
        for word in WORDS[:4]
    ]  # fmt: skip
    frame = [
        {"SpecialToken": {"id": "[CLS]", "type_id": 0}},
        {"Sequence": {"id": "A", "type_id": 0}},
        {"SpecialToken": {"id": "[SEP]", "type_id": 0}},
    ]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": special,
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True,
                       "strip_accents": None, "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": frame,
            "pair": frame,
            "special_tokens": {
                word: {"id": word, "ids": [WORDS.index(word)], "tokens": [word]}
                for word in ("[CLS]", "[SEP]")
            },
        },
        "decoder": None,
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 100,
                  "vocab": {word: number for number, word in enumerate(WORDS)}},
    }  # fmt: skip


INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def model(outputs=("rows", "squares"), inputs=INPUTS):
    """Returns the bytes of a ModelProto."""
    nodes = [
        node("Gather", ["table", "input_ids"], "rows"),
        node("Mul", ["rows", "rows"], "squares"),
        node("Shape", ["rows"], "sizes"),
    ]
    shapes = {"rows": (None, None, WIDTH), "squares": (None, None, WIDTH), "sizes": (3,)}
    values = table()
    tensor = (
        b"".join(number(1, size) for size in values.shape)
        + number(2, FLOAT) + text(8, "table") + field(9, values.tobytes())
    )  # fmt: skip
    graph = b"".join(field(1, item) for item in nodes) + text(2, "tiny") + field(5, tensor)
    graph += b"".join(field(11, described(name, INT64, (None, None))) for name in inputs)
    graph += b"".join(
        field(12, described(name, INT64 if name == "sizes" else FLOAT, shapes[name]))
        for name in outputs
    )
    return number(1, 8) + field(7, graph) + field(8, number(2, 17))


def node(operator, inputs, output):
    return b"".join(text(1, name) for name in inputs) + text(2, output) + text(4, operator)


def described(name, kind, shape):
    sizes = b"".join(
        field(1, text(2, f"{name}{axis}") if size is None else number(1, size))
        for axis, size in enumerate(shape)
    )
    return text(1, name) + field(2, field(1, number(1, kind) + field(2, sizes)))


def number(tag, value):
    return varint(tag << 3) + varint(value)


def text(tag, value):
    return field(tag, value.encode())


def field(tag, content):
    return varint(tag << 3 | 2) + varint(len(content)) + content


def varint(value):
    parts = []
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    return struct.pack(f"{len(parts) + 1}B", *parts, value)

"""A frozen sentence encoder: an ONNX model and its tokenizer, raw texts in, vectors out.

Every output of the model, a vector per word piece, is averaged over the text (mean pooling, Reimers
and Gurevych 2019, arXiv:1908.10084) and scaled to length 1; the outputs' averages are laid side by
side. Texts of equally many word pieces are encoded together, so that nothing is ever padded, and
each session runs on one thread: a text's vector depends neither on its neighbours nor on the cores.
"""

import json
import os
import re
import sys
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sentiment_common import cores
from sentiment_common.artifacts import file_sha256, write_json
from sentiment_common.errors import InputError

MODEL, TOKENIZER, SETTINGS = "encoder.onnx", "tokenizer.json", "encoder.json"
BATCH = 32
THREADS = "OMP_NUM_THREADS"
SURROGATES = re.compile("[\ud800-\udfff]")
RESTORE = "restore the whole model from its registry"


@dataclass(frozen=True)
class EncoderSettings:
    """How an encoder is run, and which files it is.

    Attributes:
        max_tokens: Word pieces of a text that are read.
        together: Whether texts may share a run; not where a text's vector would depend on the
            others, as in models that quantize their activations at run time.
        model_sha256: SHA-256 of the ONNX file.
        tokenizer_sha256: SHA-256 of the tokenizer's file.
    """

    max_tokens: int
    together: bool
    model_sha256: str
    tokenizer_sha256: str


def write_settings(folder: Path, *, max_tokens: int, together: bool) -> EncoderSettings:
    """Describes the encoder's files in a folder, beside them."""
    settings = EncoderSettings(
        max_tokens, together, file_sha256(folder / MODEL), file_sha256(folder / TOKENIZER)
    )
    write_json(folder / SETTINGS, asdict(settings))
    return settings


class Encoder:
    """Turns raw texts into vectors.

    Args:
        session: An ``onnxruntime.InferenceSession``.
        tokenizer: A ``tokenizers.Tokenizer``.
        settings: How to run them.
    """

    def __init__(self, session: Any, tokenizer: Any, settings: EncoderSettings) -> None:
        self.settings = settings
        self._session, self._tokenizer = session, tokenizer
        tokenizer.no_padding()
        tokenizer.enable_truncation(settings.max_tokens)
        self._inputs = [item.name for item in session.get_inputs()]
        self._widths = [int(item.shape[-1]) for item in session.get_outputs()]

    @classmethod
    def load(cls, folder: Path) -> "Encoder":
        """Opens the encoder in a folder.

        Raises:
            InputError: onnxruntime or tokenizers is not installed, or a file is missing, damaged,
                not the one that was described, or no encoder.
        """
        # onnxruntime reports its use to its makers unless it is told not to before its import.
        os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
        try:
            import onnxruntime
            import tokenizers
        except ModuleNotFoundError as error:
            raise InputError(
                f"the encoder needs {error.name}, which is not installed",
                where=str(folder),
                mend="install sentiment-models[onnx]",
            ) from error
        settings = _read_settings(folder)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        model, pieces = str(folder / MODEL), str(folder / TOKENIZER)
        # Both libraries raise bare exceptions of their own.
        try:
            providers = ["CPUExecutionProvider"]
            session = onnxruntime.InferenceSession(model, options, providers=providers)
        except Exception as error:
            raise InputError(f"no ONNX model ({_first_line(error)})", where=model) from error
        try:
            tokenizer = tokenizers.Tokenizer.from_file(pieces)
        except Exception as error:
            raise InputError(f"no tokenizer ({_first_line(error)})", where=pieces) from error
        _check_graph(session, folder)
        return cls(session, tokenizer, settings)

    @property
    def width(self) -> int:
        """Numbers in a vector."""
        return sum(self._widths)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Returns the vectors of raw texts, shape (texts, width).

        Several runs are shared among the cores, or as many of them as ``OMP_NUM_THREADS`` says; a
        single one stays in this thread.
        """
        rows = self._tokenizer.encode_batch([SURROGATES.sub(" ", text) for text in texts])
        pieces = [row.ids for row in rows]
        vectors = np.zeros((len(texts), self.width), np.float32)

        def run(positions: list[int]) -> None:
            vectors[positions] = self._run(np.array([pieces[at] for at in positions], np.int64))

        batches = _batches(pieces, BATCH if self.settings.together else 1)
        count = min(len(batches), _threads())
        if count <= 1:
            list(map(run, batches))
        else:
            with ThreadPoolExecutor(count) as threads:
                list(threads.map(run, batches))
        return vectors

    def _run(self, pieces: NDArray[np.int64]) -> NDArray[np.float32]:
        feeds = {name: np.zeros_like(pieces) for name in self._inputs}
        feeds["input_ids"] = pieces
        if "attention_mask" in feeds:
            feeds["attention_mask"] = np.ones_like(pieces)
        means = [output.mean(axis=1) for output in self._session.run(None, feeds)]
        scaled = [_unit_length(mean) for mean in means]
        return np.concatenate(scaled, axis=1)


def _read_settings(folder: Path) -> EncoderSettings:
    path = folder / SETTINGS
    try:
        settings = EncoderSettings(**json.loads(path.read_text(encoding="utf-8")))
        found = {name: file_sha256(folder / name) for name in (MODEL, TOKENIZER)}
    except FileNotFoundError as error:
        raise InputError(f"{error.filename} is missing", where=str(folder), mend=RESTORE) from error
    except (ValueError, TypeError) as error:
        raise InputError(f"damaged ({error})", where=str(path), mend=RESTORE) from error
    described = {MODEL: settings.model_sha256, TOKENIZER: settings.tokenizer_sha256}
    for name, digest in described.items():
        if found[name] != digest:
            raise InputError(
                f"damaged: its SHA-256 is {found[name][:12]}…, {SETTINGS} says {digest[:12]}…",
                where=str(folder / name),
                mend=RESTORE,
            )
    return settings


def _check_graph(session: Any, folder: Path) -> None:
    names = {item.name for item in session.get_inputs()}
    unknown = sorted(names - {"input_ids", "attention_mask", "token_type_ids"})
    shapes = {item.name: item.shape for item in session.get_outputs()}
    unfit = [
        f"{name} {shape}"
        for name, shape in shapes.items()
        if len(shape) != 3 or not isinstance(shape[-1], int)
    ]
    if unknown or "input_ids" not in names:
        problem = f"its inputs are {', '.join(sorted(names))}"
    elif unfit:
        problem = f"its output {unfit[0]} is not [batch, sequence, width]"
    else:
        return
    raise InputError(
        f"no sentence encoder: {problem}",
        where=str(folder / MODEL),
        mend="export it with input_ids, attention_mask and token_type_ids in, hidden states out",
    )


def _threads() -> int:
    """Returns how many threads may encode; fewer than cores where processes share the cores."""
    wanted = os.environ.get(THREADS, "")
    return min(int(wanted) if wanted.isdecimal() else sys.maxsize, cores.available())


def _batches(pieces: Sequence[Sequence[int]], most: int) -> list[list[int]]:
    """Returns positions of rows of equal length, at most so many together; empty rows in none."""
    alike: dict[int, list[int]] = defaultdict(list)
    for position, row in enumerate(pieces):
        if row:
            alike[len(row)].append(position)
    # The longest first: no core is left with the most work at the end.
    return [
        positions[start : start + most]
        for _, positions in sorted(alike.items(), reverse=True)
        for start in range(0, len(positions), most)
    ]


def _unit_length(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.sqrt((vectors * vectors).sum(axis=1, keepdims=True))
    scaled: NDArray[np.float32] = vectors / np.maximum(lengths, np.float32(1e-9))
    return scaled


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0][:200]

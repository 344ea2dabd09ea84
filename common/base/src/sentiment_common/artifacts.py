"""What lies on disk: every artifact is a folder with ``artifact.json`` beside its data.

``artifact.json`` says what kind of thing the folder holds, in which schema version, who made it
from what, and the digest of its payload. A reader asks for a kind and is told what it got instead.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sentiment_common.errors import InputError

MANIFEST = "artifact.json"
TRACKING = "tracking.jsonl"
COSTS = "costs.json"
"""Times and memory as they were measured: they differ from run to run."""
OUTSIDE_DIGEST = {MANIFEST, TRACKING, COSTS}


@dataclass(frozen=True)
class Kind:
    """A kind of artifact and the version of its on-disk layout."""

    name: str
    schema_version: int


EXAMPLES = Kind("examples", 1)
"""``{train,validation,test}/*.parquet`` with id, text, label, rating, source, group, created_at;
``dropped.jsonl`` with every row left out and why; ``summary.json`` with the counts."""

STATISTICS = Kind("statistics", 1)
"""``{train,validation,test}.pb``: DatasetFeatureStatisticsList of TFDV."""

SCHEMA = Kind("schema", 1)
"""``schema.pbtxt``: the TFDV schema the examples were judged by; ``rules.toml``: the rules."""

ANOMALIES = Kind("anomalies", 1)
"""``anomalies.json``: what was found, per split and column, and what came of each rule;
``{split}.pbtxt``: TFDV's own record."""

TRANSFORM_GRAPH = Kind("transform_graph", 1)
"""``transform_fn/``: SavedModel, raw text in, features out; ``text_spec/``: the specification it
executes; ``vocabulary/{tokens,ngrams}.txt``; ``vocabulary/ngram_idf.npy``;
``transformed_metadata/``, which makes the folder readable by ``tft.TFTransformOutput``."""

FEATURES = Kind("features", 2)
"""``features.parquet`` with id, text, label, rating, source, group, tokens, token_ids, ngram_ids,
ngram_tfidf: all that a trainer reads, so that no trainer is ever given the test split."""

PREDICTIONS = Kind("predictions", 1)
"""``predictions.parquet`` with id, label, group, negative, neutral, positive: calibrated
probabilities of the train split, each row's by a model that was fitted without it and without its
group; in the order of the features, and empty where the trainer was told not to cross-fit."""

MODEL = Kind("model", 1)
"""A bundle: ``bundle.json``, ``text_spec/`` and the files of its backend. Raw text in, calibrated
probabilities out. Only sentiment-models opens it."""

CHAMPION = Kind("champion", 1)
"""``champion.json`` with the digest of the champion or null, and which models a rollback has
withdrawn, when and why; ``bundle/`` holds the champion, if any; ``evaluation/`` is the evaluation
in which it was chosen, if the registry has kept it."""

EVALUATION = Kind("evaluation", 1)
"""``evaluation.json`` with metrics, curves, matrices, calibration and slices per model, the rules
and the verdict; ``report.html``, the page about it."""

BLESSING = Kind("blessing", 1)
"""``blessing.json``: the verdict with every rule, its threshold, the figure and the reason;
``costs.json``: the figures of the rules about time and memory."""

PUSHED_MODEL = Kind("pushed_model", 1)
"""``pushed_model.json``: registered name, version, alias and digest; ``model_card.md``."""

EXPLORATION = Kind("exploration", 1)
"""``exploration.json``: what stands in the page about the examples; ``suspects.csv``: rows whose
label is doubtful, with the reason."""

SCORED = Kind("scored", 1)
"""``scored.{parquet,csv,jsonl}`` with what was kept of each row, label, negative, neutral and
positive, in the order of the source; ``refused.jsonl`` with every row left out and why;
``summary.json`` with the counts."""

COMPARISON = Kind("comparison", 1)
"""``comparison.json``: the variants of an experiment on live traffic, their figures, the path of
the estimate over time, and the verdict."""

DRIFT = Kind("drift", 1)
"""``decision.json``: what has changed between a model's reference and a window of live traffic, by
which test and how surely, how well the model does, and what should follow."""


@dataclass(frozen=True)
class Source:
    """Data from outside that an artifact was made from: where a chain of lineage begins.

    Attributes:
        uri: Path, address or name and version, as the stage read it; without credentials.
        sha256: Hexadecimal SHA-256 of its bytes.
        size: Its size in bytes.
    """

    uri: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Manifest:
    """The content of ``artifact.json``.

    Attributes:
        kind: Name of the kind.
        schema_version: Version of its layout.
        producer: Stage that made it.
        producer_version: Version of that stage.
        digest: ``sha256:`` digest of the payload; times, run ids and HTML are outside it.
        inputs: Digest of each input artifact, by input name.
        parameters: Parameters the stage ran with.
        named: The digests that stand for folders in ``digest`` (see ``payload_digest``): with
            them a reader checks the payload, and a copy keeps its digest.
        sources: Data from outside that it was made from.
        code: Digest of the code that made it, see ``sentiment_common.code``.
    """

    kind: str
    schema_version: int
    producer: str
    producer_version: str
    digest: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    named: Mapping[str, str] = field(default_factory=dict)
    sources: Sequence[Source] = ()
    code: str = ""


def file_sha256(path: Path) -> str:
    """Returns the hexadecimal SHA-256 of a file, read in blocks."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def payload_digest(folder: Path, named: Mapping[str, str] | None = None) -> str:
    """Digests what an artifact holds.

    Args:
        folder: The artifact's folder.
        named: Digests that stand for the files below a folder whose bytes vary from save to save
            (a SavedModel): relative path of the folder -> digest of its weights by name.

    Returns:
        ``sha256:`` and the hexadecimal digest over the sorted list of (path, digest).
    """
    named = dict(named or {})
    parts = dict(named)
    for path in _payload_files(folder):
        relative = path.relative_to(folder).as_posix()
        if not any(relative == name or relative.startswith(f"{name}/") for name in named):
            parts[relative] = file_sha256(path)
    listing = "".join(f"{name}\0{digest}\n" for name, digest in sorted(parts.items()))
    return "sha256:" + hashlib.sha256(listing.encode()).hexdigest()


def _payload_files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file() and path.name not in OUTSIDE_DIGEST and path.suffix != ".html":
            yield path


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Writes ``artifact.json`` into an artifact's folder."""
    write_json(folder / MANIFEST, asdict(manifest))


def read_manifest(folder: Path, kind: Kind) -> Manifest:
    """Reads ``artifact.json`` and checks that the folder holds what the reader can read.

    Raises:
        InputError: The folder is no artifact, or of another kind or schema version.
    """
    path = folder / MANIFEST
    wanted = f"{kind.name} (schema {kind.schema_version})"
    if not path.is_file():
        raise InputError(
            f"no {MANIFEST} here", where=str(folder), mend=f"give a folder that holds {wanted}"
        )
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        sources = tuple(Source(**source) for source in fields.pop("sources", ()))
        manifest = Manifest(**fields, sources=sources)
    except (ValueError, TypeError, AttributeError) as error:
        raise InputError(
            f"no manifest that this version reads ({error})",
            where=str(path),
            mend="run the stage that made it again",
        ) from error
    if (manifest.kind, manifest.schema_version) != (kind.name, kind.schema_version):
        raise InputError(
            f"wanted {wanted}, got {manifest.kind} (schema {manifest.schema_version})",
            where=str(folder),
            mend=f"it was made by {manifest.producer} {manifest.producer_version}",
        )
    return manifest


def read_intact(folder: Path, kind: Kind) -> Manifest:
    """Reads ``artifact.json`` and checks that the payload is the one it was written for.

    Folders that a named digest stands for are not read: only their names are known to match.

    Raises:
        InputError: As ``read_manifest``, or the payload has another digest.
    """
    manifest = read_manifest(folder, kind)
    found = payload_digest(folder, manifest.named)
    if found != manifest.digest:
        raise InputError(
            f"its files have the digest {found}, {MANIFEST} says {manifest.digest}",
            where=str(folder),
            mend="they were changed after they were made: make or fetch them again",
        )
    return manifest


def write_json(path: Path, value: Any) -> None:
    """Writes JSON with sorted keys and a final newline, so that equal values give equal bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")


def replace_tree(staged: Path, target: Path) -> None:
    """Moves a finished file or folder to its place, whole, replacing what was there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_dir():
        shutil.rmtree(target)
    staged.replace(target)

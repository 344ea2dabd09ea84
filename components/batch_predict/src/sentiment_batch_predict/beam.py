"""The same work as an Apache Beam pipeline, for more than one machine.

Each source is read by one worker; its parts are spread over all of them, scored there and kept as
everywhere (see ``finished``), so that the rows come out in their order. Bundle, sources and the
folder of finished parts have to lie where every worker finds them under the same name.
"""

import json
import logging
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from sentiment_batch_predict.finished import Finished, table
from sentiment_batch_predict.progress import local_files
from sentiment_batch_predict.rows import Part, parts
from sentiment_batch_predict.scoring import batches
from sentiment_batch_predict.stage import Work, scorable
from sentiment_common.artifacts import Source, write_json
from sentiment_common.cli import CHECKPOINTS
from sentiment_common.errors import InputError
from sentiment_models import load
from sentiment_sources import SourceSpec, read

try:
    import apache_beam
    from apache_beam.metrics import Metrics
    from apache_beam.options.pipeline_options import PipelineOptions
    from apache_beam.utils.shared import Shared
except ModuleNotFoundError as missing:
    raise InputError(
        f"it needs {missing.name}, which is not installed",
        where="--beam",
        mend="install sentiment-batch-predict[beam] from requirements-beam.lock",
    ) from missing

COUNTED = ("rows_read", "rows_scored", "rows_refused")
logger = logging.getLogger(__name__)


def score(
    specs: Sequence[SourceSpec], work: Work, options: str, folder: Path, sources: list[Source]
) -> list[Path]:
    """Scores sources by a Beam pipeline.

    Args:
        specs: The sources.
        work: What is done with their rows.
        options: Options of the pipeline, as on a command line: ``runner=DirectRunner ...``.
        folder: Where finished parts are kept.
        sources: What was read is added to it.

    Returns:
        The parts' files, in order.

    Raises:
        InputError: An option is unknown, a source cannot be read, the bundle cannot be opened, or
            parts are not where the workers wrote them.
    """
    logging.getLogger("apache_beam").setLevel(logging.WARNING)
    load(work.model)  # what is wrong with it is said here, not by every worker
    kept = Finished(folder, work.digest)
    files = [
        replace(spec, uri=str(file))
        for spec in specs
        for file in local_files(spec.uri) or [spec.uri]
    ]
    for told in folder.glob("told-*.json"):
        told.unlink()
    pipeline = apache_beam.Pipeline(options=_options(options))
    _ = (
        pipeline
        | apache_beam.Create(list(enumerate(files)))
        | "Spread sources" >> apache_beam.Reshuffle()
        | apache_beam.ParDo(ReadParts(work, folder))
        | "Spread parts" >> apache_beam.Reshuffle()
        | apache_beam.ParDo(ScoreParts(work, folder))
    )
    result = pipeline.run()
    result.wait_until_finish()
    paths, rows = _told(kept, len(files), sources)
    logger.info("Beam counted %s", _counted(result))
    _check(paths, rows)
    return paths


def _options(text: str) -> PipelineOptions:
    # The dashes may be left out: as a value of a flag they would look like flags.
    words = [word if word.startswith("-") else f"--{word}" for word in shlex.split(text)]
    known = PipelineOptions(words).get_all_options()
    names = {word.lstrip("-").partition("=")[0] for word in words}
    if unknown := sorted(name for name in names if name not in known):
        raise InputError(
            f"Beam has no option {unknown[0]!r}", where="--beam", mend="see its pipeline options"
        )
    return PipelineOptions(["--default_sdk_harness_log_level=WARNING", *words])


class ReadParts(apache_beam.DoFn):
    """Reads a source: numbered source -> parts.

    Args:
        work: What is done with the rows.
        folder: Where finished parts are kept, and what is told of the source.
    """

    def __init__(self, work: Work, folder: Path) -> None:
        self._work, self._folder = work, folder
        self._rows = Metrics.counter("sentiment", "rows_read")

    def process(self, element: tuple[int, SourceSpec]) -> Iterator[Part]:
        """Yields the parts of a source."""
        number, spec = element
        finished, names, rows = Finished(self._folder, self._work.digest), [], 0
        reading = read([spec], self._work.columns.by_role)
        told: dict[str, Any] = {}
        try:
            for part in parts(reading, self._work.columns, f"{number:04}-"):
                names.append(finished.path(part).name)
                rows += len(part)
                self._rows.inc(len(part))
                yield part
        except InputError as error:
            # Beam would bury it in a trace.
            told = {"error": {"what": error.what, "where": error.where, "mend": error.mend}}
        told |= {"parts": names, "rows": rows, "guesses": reading.guesses}
        told["sources"] = [asdict(source) for source in reading.sources]
        write_json(self._folder / f"told-{number:04}.json", told)


class ScoreParts(apache_beam.DoFn):
    """Scores and keeps parts, each worker process with the bundle in memory once.

    Args:
        work: What is done with the rows.
        folder: Where finished parts are kept.
    """

    def __init__(self, work: Work, folder: Path) -> None:
        self._work, self._folder = work, folder
        self._shared = Shared()
        self._counters = {name: Metrics.counter("sentiment", name) for name in COUNTED[1:]}

    def setup(self) -> None:
        """Opens the bundle, unless another thread of this process has."""
        self._model = self._shared.acquire(lambda: load(self._work.model), self._work.model_digest)

    def process(self, part: Part) -> Iterator[int]:
        """Scores a part that is not done yet; yields its number of rows."""
        finished, texts = Finished(self._folder, self._work.digest), scorable(part)
        path = finished.path(part)
        if not finished.holds(path, len(part)):
            prepared = batches(texts, self._work.batch_size)
            scored = prepared.gathered(
                [np.asarray(self._model.predict_proba(batch)) for batch in prepared.batches]
            )
            finished.save(path, table(part, self._work.columns, self._work.labels, scored))
        self._counters["rows_scored"].inc(len(texts))
        self._counters["rows_refused"].inc(len(part) - len(texts))
        yield len(part)


def _told(kept: Finished, files: int, sources: list[Source]) -> tuple[list[Path], int]:
    """Returns the parts' files and the number of rows that the readers told of."""
    paths, rows = [], 0
    for number in range(files):
        told = json.loads(_shared(kept.folder / f"told-{number:04}.json").read_text())
        if error := told.get("error"):
            raise InputError(error["what"], where=error["where"], mend=error["mend"])
        paths += [kept.folder / name for name in told["parts"]]
        rows += told["rows"]
        sources += [Source(**source) for source in told["sources"]]
        for guess in told["guesses"]:
            logger.info("%s", guess)
    return paths, rows


def _check(paths: Sequence[Path], rows: int) -> None:
    found = sum(pq.read_metadata(_shared(path)).num_rows for path in paths)
    if found != rows:
        raise RuntimeError(f"{rows} rows were read, {found} are in the finished parts")


def _shared(path: Path) -> Path:
    if not path.is_file():
        raise InputError(
            f"{path.name} is not where a worker wrote it",
            where=str(path.parent),
            mend=f"let {CHECKPOINTS} name a folder that all workers share",
        )
    return path


def _counted(result: Any) -> str:
    counters: Mapping[str, int] = {
        counter.key.metric.name: counter.result for counter in result.metrics().query()["counters"]
    }
    return ", ".join(f"{name.replace('_', ' ')} {counters.get(name, 0):,}" for name in COUNTED)

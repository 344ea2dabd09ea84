"""A loaded bundle, scoring where the request arrives or in batches; and the models of a worker."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import sentiment_models
from sentiment_common.errors import InputError
from sentiment_common.packages import cache_folder
from sentiment_models.bundle import Bundle
from sentiment_models.explanation import shares, variants
from sentiment_serving.batching import Batcher, Rows
from sentiment_serving.checks import backends, check, rehearse
from sentiment_serving.references import Source, parse
from sentiment_serving.schemas import ListedModel, ServedModel
from sentiment_serving.settings import Settings
from sentiment_serving.signals.watched import Watched
from sentiment_serving.sources import Copy, Shelf

VARIABLE = "SENTIMENT_MODEL"
BUNDLED = "sentiment_bundle"
FAST_BACKEND, SLOW_TO_OPEN = "linear", "tensorflow"
INLINE_CHARACTERS = 20_000
EXPLAINED_AT_A_TIME = 16
"""Variants of a text that are scored together: requests that come meanwhile wait for no more."""
ENCODE = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
Explanation = list[dict[str, Any]]


def sources_of(settings: Settings) -> list[Source]:
    """Returns where the models come from, the default one first.

    Without a setting it is the bundle that lies in the Bento beside this package.

    Raises:
        InputError: There is no model to serve, or a further one has no name of its own.
    """
    packed = Path(__file__).parent.parent / BUNDLED
    default = settings.model or (str(packed) if packed.is_dir() else "")
    if not default:
        raise InputError(
            "no model to serve", mend=f"give --model, set {VARIABLE}, or serve a built Bento"
        )
    further = [parse(line.strip()) for line in settings.more_models.split("\n") if line.strip()]
    for source in further:
        if not source.slot:
            raise InputError("a further model needs a name", where=source.text, mend="NAME=SOURCE")
    return [parse(default), *further]


class OpenModel:
    """A loaded bundle that answers.

    Args:
        copy: The bundle.
        source: Where it came from.
        observe: Is told the size of each batch.
        max_batch: Texts of the largest batch.
        watch: Whether to count what it is asked and answers.

    Raises:
        InputError: The bundle cannot be used.
    """

    def __init__(
        self,
        copy: Copy,
        source: Source,
        observe: Callable[[int], None],
        max_batch: int = 256,
        *,
        watch: bool = False,
    ) -> None:
        bundle, digest = check(copy.folder)
        self.bundle, self.source = bundle, source
        self.name = source.slot or bundle.name
        self.served = ServedModel(name=self.name, digest=digest, version=copy.version or None)
        self.labels = bundle.labels
        self._predictor = sentiment_models.load(copy.folder)
        # The first call of a TensorFlow graph traces it; no customer shall wait for that.
        rehearse(self._predictor, copy.folder)
        self._fast = bundle.backend == FAST_BACKEND
        # Of the predictor alone: a way back to this object would keep it after a switch.
        self._batcher = Batcher(partial(_rows, self._predictor), observe, max_batch)
        self.watched = Watched.of(copy.folder, bundle, self.name, digest) if watch else None
        # The end of every answer is the same, and encoding it is what can be spared.
        self.ending = f'],"model":{self.served.model_dump_json()}}}'.encode()

    @property
    def waiting(self) -> int:
        """Texts that wait to be scored."""
        return self._batcher.waiting

    def is_instant(self, texts: Sequence[str]) -> bool:
        """Whether scoring takes less time than handing the texts to another thread would."""
        return self._fast and sum(map(len, texts)) <= INLINE_CHARACTERS

    def score_now(self, texts: Sequence[str]) -> Rows:
        """Returns probabilities of texts, shape (texts, labels), and holds up all else."""
        return _rows(self._predictor, texts)

    async def score(self, texts: Sequence[str]) -> Rows:
        """Returns probabilities of texts, shape (texts, labels), scored in the model's thread."""
        return await self._batcher.score(texts)

    async def explain(self, texts: Sequence[str]) -> list[Explanation]:
        """Returns what each word of each text adds to each label."""
        return [await self._explain(text) for text in texts]

    def label(self, row: Sequence[float]) -> str:
        """Returns the most probable label."""
        return self.labels[row.index(max(row))]

    def answer(self, rows: Rows, explanations: Sequence[Explanation] = ()) -> bytes:
        """Returns a ``PredictResponse`` as JSON."""
        parts = [ENCODE(prediction) for prediction in self.predictions(rows, explanations)]
        return b'{"predictions":[' + ",".join(parts).encode() + self.ending

    def predictions(
        self, rows: Rows, explanations: Sequence[Explanation] = ()
    ) -> list[dict[str, Any]]:
        """Returns the fields of a ``Prediction`` for each row."""
        found: list[dict[str, Any]] = [
            {"label": self.label(row), "probabilities": dict(zip(self.labels, row, strict=True))}
            for row in rows
        ]
        for prediction, explanation in zip(found, explanations, strict=False):
            prediction["contributions"] = explanation
        return found

    def listed(self, *, default: bool) -> ListedModel:
        """Returns what ``GET /models`` says about it."""
        return ListedModel(
            **self.served.model_dump(), bundle=self.bundle.name, backend=self.bundle.backend,
            text_specification=self.bundle.text_specification,
            source="registry" if self.source.registered else "folder", default=default,
        )  # fmt: skip

    async def _explain(self, text: str) -> Explanation:
        asked = variants(text)
        rows: Rows = []
        for start in range(0, len(asked), EXPLAINED_AT_A_TIME):
            rows += await self._batcher.score(asked[start : start + EXPLAINED_AT_A_TIME])
        return [
            {"word": found.word, "start": found.start, "values": found.values}
            for found in shares(self.labels, text, np.array(rows))
        ]


def _rows(predictor: sentiment_models.Predictor, texts: Sequence[str]) -> Rows:
    rows: Rows = predictor.predict_proba(texts).tolist()
    return rows


class Models:
    """The models of a worker; which one a name stands for may change between two requests.

    Args:
        opened: The models, the default one first.

    Raises:
        InputError: Two have the same name.
    """

    def __init__(self, opened: Sequence[OpenModel]) -> None:
        self.default = opened[0].name
        self._by_name = {model.name: model for model in opened}
        if len(self._by_name) < len(opened):
            raise InputError(
                "two models have the same name", where=", ".join(model.name for model in opened),
                mend="give one another: --also NAME=SOURCE",
            )  # fmt: skip

    def pick(self, name: str | None) -> OpenModel | None:
        """Returns the model of a name, the default one for None."""
        return self._by_name.get(self.default if name is None else name)

    def all(self) -> list[OpenModel]:
        """Returns all models, the default one first."""
        return list(self._by_name.values())

    def switch(self, fresh: OpenModel) -> None:
        """Puts a model in the place of the one with its name.

        Requests under way keep the model they began with, which goes when the last has ended.
        """
        self._by_name[fresh.name] = fresh


def open_all(
    settings: Settings, environment: Mapping[str, str], observe: Callable[[int], None]
) -> Models:
    """Gets and opens the models that the settings name.

    Raises:
        InputError: One cannot be had or used.
    """
    shelf = shelf_of(settings, environment)
    return Models(
        [
            OpenModel(
                shelf.first(source), source, observe, settings.max_batch, watch=settings.signals
            )
            for source in sources_of(settings)
        ]
    )


def shelf_of(settings: Settings, environment: Mapping[str, str]) -> Shelf:
    """Returns where copies of registered models are kept."""
    return Shelf(Path(settings.model_cache or cache_folder() / "models").absolute(), environment)


def rehearsed(folder: Path) -> tuple[Bundle, str]:
    """Makes sure that a worker can open a bundle, by opening it unless that takes seconds.

    Returns:
        The bundle's facts and the digest of its payload.

    Raises:
        InputError: The bundle cannot be used.
    """
    bundle, digest = check(folder)
    if SLOW_TO_OPEN not in backends(folder, bundle):
        rehearse(sentiment_models.load(folder), folder)
    return bundle, digest

"""Is what is pushed what was judged? Its answers, and the tokens of both text engines.

The bundle must answer here as it answered in evaluate, and the trainer held it against the trained
model. The text specification has two engines: a bundle of the TensorFlow backend serves a text
graph, and carries the specification that the Python engine executes wherever else texts are read.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

import numpy as np

from sentiment_common.errors import InputError
from sentiment_common.text import TextSpecification, Tokenizer, probes
from sentiment_models import Predictor
from sentiment_models.bundle import TEXT_SPECIFICATION
from sentiment_models.ensemble import MEMBERS, EnsemblePredictor, load_blend
from sentiment_models.tensorflow import TensorflowPredictor
from sentiment_push import smoke

logger = logging.getLogger(__name__)
CHUNK = 4096
LAST_DECIMAL = 5e-7
"""Half of the last decimal that evaluate keeps of what was computed in single precision."""


def check_answers(
    predictor: Predictor, bundle: Path, texts: Sequence[str], expected: Sequence[Sequence[float]]
) -> None:
    """Compares the probabilities of the first test rows with those that evaluate got.

    Args:
        predictor: The loaded bundle.
        bundle: The bundle's folder.
        texts: Texts of the test split.
        expected: Probabilities of the first of them; an early evaluate kept none.

    Raises:
        InputError: They differ by more than the backend's tolerance.
    """
    if not expected:
        logger.warning("the blessing has no answers to hold the bundle against")
        return
    tolerated = smoke.tolerance(bundle)
    if tolerated >= LAST_DECIMAL:
        tolerated += LAST_DECIMAL
    found = predictor.predict_proba(list(texts[: len(expected)]))
    gaps = np.abs(found - np.asarray(expected)).max(axis=1)
    # Not the other way round: a difference that is no number is none within the tolerance either.
    if not (gaps <= tolerated).all():
        row = int(np.argmin(gaps <= tolerated))
        raise InputError(
            f"it answers row {row + 1} of the test split otherwise than when it was judged, by "
            f"{gaps[row]:.2g}",
            where=str(bundle),
            mend="nothing was pushed: the environments of evaluate and push compute differently",
        )
    logger.info("it answers %d test rows as it did when it was judged", len(expected))


def check(predictor: Predictor, bundle: Path, texts: Iterable[tuple[str, str]]) -> None:
    """Compares the tokens of both engines, exactly, on the specification's probes and more texts.

    Args:
        predictor: The loaded bundle. One without TensorFlow has the Python engine alone: nothing
            to compare. Of an ensemble each member is looked at.
        bundle: The bundle's folder.
        texts: What the message calls a text, and the text.

    Raises:
        InputError: A text has other tokens in the graph than in Python.
    """
    graphs = list(_graphs(predictor, bundle))
    listed = list(texts) if graphs else []
    for graph, folder in graphs:
        _check_graph(graph, folder, listed)


def _graphs(predictor: Predictor, bundle: Path) -> Iterator[tuple[TensorflowPredictor, Path]]:
    """Yields every text graph that a bundle serves, with the folder of its bundle."""
    if isinstance(predictor, TensorflowPredictor):
        yield predictor, bundle
    if isinstance(predictor, EnsemblePredictor):
        names = load_blend(bundle).members
        for name, member in zip(names, predictor.members, strict=True):
            yield from _graphs(member, bundle / MEMBERS / name)


def _check_graph(
    predictor: TensorflowPredictor, bundle: Path, texts: Iterable[tuple[str, str]]
) -> None:
    if not predictor.tells_tokens:
        logger.warning("the graph of %s does not tell its tokens: not compared", predictor.name)
        return
    specification = TextSpecification.load(bundle / TEXT_SPECIFICATION)
    tokenizer = Tokenizer(specification)
    probing = ((f"probe {number}", it) for number, it in enumerate(probes(specification), start=1))
    remaining, count = chain(probing, texts), 0
    while chunk := list(islice(remaining, CHUNK)):
        answers = predictor.tokens([text for _, text in chunk])
        for (name, text), served in zip(chunk, answers, strict=True):
            if served != (expected := tokenizer.tokens(text)):
                raise _difference(bundle, name, served, expected)
        count += len(chunk)
    logger.info("both text engines agree on %d texts", count)


def _difference(bundle: Path, name: str, served: list[str], expected: list[str]) -> InputError:
    """Says where the tokens part; the text itself is a customer's and stays out of the log."""
    pairs = enumerate(zip(served, expected, strict=False), start=1)
    shorter = min(len(served), len(expected)) + 1
    token = next((number for number, (ours, theirs) in pairs if ours != theirs), shorter)
    return InputError(
        f"its graph and the Python engine differ on {name}, from token {token} on",
        where=str(bundle),
        mend="nothing was pushed: train it again with this version's transform",
    )

"""Do the graph that a bundle serves and the Python engine make the same tokens of the same texts?

The text specification has two engines. A bundle of the TensorFlow backend serves a text graph, and
carries the specification that the Python engine executes wherever else the system reads texts.
"""

import logging
from collections.abc import Iterable
from itertools import chain, islice
from pathlib import Path

from sentiment_common.errors import InputError
from sentiment_common.text import TextSpecification, Tokenizer, probes
from sentiment_models import Predictor
from sentiment_models.bundle import TEXT_SPECIFICATION
from sentiment_models.tensorflow import TensorflowPredictor

logger = logging.getLogger(__name__)
CHUNK = 4096


def check(predictor: Predictor, bundle: Path, texts: Iterable[tuple[str, str]]) -> None:
    """Compares the tokens of both engines, exactly, on the specification's probes and more texts.

    Args:
        predictor: The loaded bundle. A linear one has the Python engine alone: nothing to compare.
        bundle: The bundle's folder.
        texts: What the message calls a text, and the text.

    Raises:
        InputError: A text has other tokens in the graph than in Python.
    """
    if not isinstance(predictor, TensorflowPredictor):
        return
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

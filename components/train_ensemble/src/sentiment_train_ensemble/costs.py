"""What a prediction costs, measured."""

import statistics
import time
from collections.abc import Sequence

from sentiment_models import Predictor

TEXTS = (
    "Great!",
    "It broke after two days and nobody answers the phone.",
    "The screen is fine, but the battery does not last as long as they say.",
    "arrived on tuesday in a plain box",
    "Not bad at all :)",
    "I have had this for three weeks now; the zoom is slow, the menus are confusing, and yet the "
    "pictures are the best that I have ever taken.",
    "@support why is my account locked AGAIN??",
    "",
)
REPEATS = 5


def milliseconds(predictor: Predictor, texts: Sequence[str] = TEXTS) -> float:
    """Returns the median time of a single text, in milliseconds; the first round warms up."""
    times = []
    for turn in range(REPEATS + 1):
        for text in texts:
            start = time.perf_counter()
            predictor.predict_proba([text])
            if turn:
                times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)

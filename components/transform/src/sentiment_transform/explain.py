"""``python -m sentiment_transform.explain TEXT``: what becomes of a text, rule by rule."""

import sys

from sentiment_common.text import Tokenizer
from sentiment_transform.specification import english


def explain(text: str) -> str:
    """Returns one line for each step that changes the text, and its tokens last."""
    steps = Tokenizer(english()).explain(text)
    width = max(len(step) for step, _ in steps)
    return "".join(f"{step:<{width}}  {' '.join(after.split())}\n" for step, after in steps)


if __name__ == "__main__":
    sys.stdout.write(explain(" ".join(sys.argv[1:])))

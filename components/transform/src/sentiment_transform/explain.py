"""``python -m sentiment_transform.explain TEXT``: what becomes of a text, rule by rule."""

import argparse
import sys
from pathlib import Path

from sentiment_common.errors import InputError
from sentiment_common.text import TextSpecification, Tokenizer
from sentiment_transform.specification import english


def explain(text: str, specification: TextSpecification) -> str:
    """Returns one line for each step that changes the text, and its tokens last."""
    steps = Tokenizer(specification).explain(text)
    width = max(len(step) for step, _ in steps)
    return "".join(f"{step:<{width}}  {' '.join(after.split())}\n" for step, after in steps)


def main() -> int:
    """Prints the steps of the text on the command line; 2 says that a folder is unreadable."""
    parser = argparse.ArgumentParser(prog="explain", description=__doc__)
    parser.add_argument("text", nargs="+", help="after -- it may begin with a dash")
    parser.add_argument("--stop-words", action="store_true", help="leave function words out")
    parser.add_argument("--no-lemmas", action="store_true", help="leave inflected forms alone")
    parser.add_argument("--specification", type=Path, help="text_spec of a model, instead of ours")
    arguments = parser.parse_args()
    ours = english(lemmas=not arguments.no_lemmas, stop_words=arguments.stop_words)
    try:
        folder = arguments.specification
        specification = TextSpecification.load(folder) if folder else ours
    except InputError as error:
        sys.stderr.write(f"explain: {error}\n")
        return 2
    sys.stdout.write(explain(" ".join(arguments.text), specification))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""``python -m sentiment_serving`` is ``sentiment-serve``."""

from sentiment_serving.cli import main

main()

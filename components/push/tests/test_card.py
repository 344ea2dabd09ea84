"""The card says what was measured, and the same thing every time."""

from collections.abc import Callable
from pathlib import Path

from sentiment_push import card
from sentiment_push.blessing import Verdict, read_blessed


def test_the_card_has_figures_with_intervals_data_limits_and_how_to_load_it(
    make_model: Callable[..., Path], make_verdict: Callable[..., Verdict], examples: Path
) -> None:
    blessed = read_blessed(make_verdict(make_model("good")))
    text = card.render(blessed, examples, "sentiment", "champion")
    assert "| macro-F1 | 0.700 (0.650 to 0.750) |" in text
    assert "| AUC, one label against the rest, macro average | undefined |" in text
    assert f"13 rows read, 12 kept.\n\n- `reviews.csv`: `sha256:{'ab' * 32}`\n\n| split |" in text
    assert "/data/shop" not in text
    assert r"| shop \| online | 4 |" in text
    assert "| other | no | 0.700 (0.650 to 0.750) | 0.700 (0.650 to 0.750) |" in text
    assert "made by sentiment-train-baseline 0.1.0" in text
    assert "- passed: macro-F1 0.7000 reaches the floor of 0.5" in text
    assert 'load_model("models:/sentiment@champion")' in text
    assert text == card.render(blessed, examples, "sentiment", "champion")

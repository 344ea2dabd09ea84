"""The card says what was measured, and the same thing every time."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sentiment_push import card
from sentiment_push.blessing import Verdict, read_blessed

PUBLISHED = card.Published("sentiment", "champion")


def test_the_card_has_figures_with_intervals_data_limits_and_how_to_load_it(
    make_model: Callable[..., Path], make_verdict: Callable[..., Verdict], examples: Path
) -> None:
    blessed = read_blessed(make_verdict(make_model("good")))
    text = card.render(blessed, examples, PUBLISHED)
    assert "| macro-F1 | 0.700 (0.650 to 0.750) |" in text
    assert "| AUC, one label against the rest, macro average | undefined |" in text
    assert f"13 rows read, 12 kept.\n\n- `reviews.csv`: `sha256:{'ab' * 32}`\n\n| split |" in text
    assert "/data/shop" not in text
    assert r"| source=shop \| online | 4 |" in text
    assert "| source=movies | 2,000 | 0.700 (0.650 to 0.750) |" in text
    assert "| minimum: negation | 40 | 25.0% |" in text
    assert "| test rows | mean probability | right |" in text
    assert "| 4 | 0.710 | 0.750 |" in text
    assert "Chosen because its macro-F1 0.7000 on the validation split is the best." in text
    assert "- license: not stated" in text
    assert "| other | no | 0.700 (0.650 to 0.750) | 0.700 (0.650 to 0.750) |" in text
    assert "made by sentiment-train-baseline 0.1.0" in text
    assert "- passed: macro-F1 0.7000 reaches the floor of 0.5" in text
    assert 'load_model("models:/sentiment@champion")' in text
    assert text == card.render(blessed, examples, PUBLISHED)


def test_the_card_says_first_who_forced_it_and_has_the_license_that_is_given(
    make_model: Callable[..., Path], make_verdict: Callable[..., Verdict], examples: Path
) -> None:
    forced = {"by": "Ada", "reason": "the fair is tomorrow", "failed_rules": ["macro-F1 at least"]}
    blessed = read_blessed(make_verdict(make_model("good"), forced=forced))
    text = card.render(blessed, examples, card.Published("sentiment", "champion", "CC BY 4.0"))
    assert "Promoted against the gate by Ada: the fair is tomorrow." in text.split("##")[0]
    assert "- license: CC BY 4.0\n" in text


def test_what_an_early_evaluation_did_not_measure_is_said_to_be_missing(
    make_model: Callable[..., Path], make_verdict: Callable[..., Verdict], examples: Path
) -> None:
    blessed = read_blessed(make_verdict(make_model("good")))
    early = [
        {name: it[name] for name in ("name", "chosen", "validation", "test")}
        for it in blessed.evaluation["models"]
    ]
    text = card.render(replace(blessed, evaluation={"models": early}), examples, PUBLISHED)
    assert text.count("Not measured.") == 2


def test_of_many_comparisons_only_the_lost_ones_are_told(
    make_model: Callable[..., Path], make_verdict: Callable[..., Verdict], examples: Path
) -> None:
    rules = [
        {
            "section": "slices",
            "against": "champion",
            "passed": number != 2,
            "reason": f"on {number}",
        }
        for number in range(4)
    ]
    text = card.render(
        read_blessed(make_verdict(make_model("good"), rules=rules)), examples, PUBLISHED
    )
    assert "- failed: on 2\n- passed: in none of 3 comparisons worse than the champion" in text
    assert "on 1" not in text

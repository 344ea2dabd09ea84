"""The sections of the page, in the order that people ask."""

from collections.abc import Iterator, Mapping, Sequence

from sentiment_common.text import Tokenizer
from sentiment_explore import drawing
from sentiment_explore.evidence import QUANTILES, by_source
from sentiment_explore.exploration import MOST_SOURCES, Exploration, labelling, row_counts
from sentiment_explore.label_noise import NotFitted
from sentiment_explore.markup import (
    Markup,
    details,
    element,
    joined,
    number,
    paragraph,
    section,
    table,
)
from sentiment_explore.periods import Timeline
from sentiment_explore.reading import LABELS, SPLITS, excerpt
from sentiment_explore.repetition import Phrase
from sentiment_explore.suspects import Suspect
from sentiment_explore.terms import Term, highlighted, tokenizer

NAMED = 60
"""Characters of a name that are shown."""

FIRST, MORE = 10, 40
"""Suspects that are shown at once, and in all."""

CAPTIONS = {
    "amount": "How much, of what, from where",
    "trust": "Can the labels be trusted?",
    "words": "What people complain about, and what they praise",
}
STYLE_NAMES = {
    "emoji": "emoji",
    "capitals": "capitals alone",
    "question": "question mark",
    "exclamation": "exclamation mark",
    "link": "link",
    "account": "account name",
    "digits": "number",
}


def amount(exploration: Exploration) -> Markup:
    """How much, of what, from where, over time."""
    evidence = exploration.evidence
    rows = evidence.rows
    splits = {name: rows.counts(rows.splits == at) for at, name in enumerate(SPLITS)}
    sources = by_source(rows)
    shown = dict(list(sources.items())[:MOST_SOURCES])
    rest = list(sources.values())[MOST_SOURCES:]
    if rest:
        more = {label: sum(it[label] for it in rest) for label in LABELS}
        shown[f"{len(rest):,} more sources"] = more
    return section(
        "amount", CAPTIONS["amount"],
        _legend(), _balance("split", splits), element("h3", "By source"),
        _balance("source", shown), element("h3", "Over time"), *_over_time(evidence.timeline),
        element("h3", "What ingest read"), *_ingested(exploration),
    )  # fmt: skip


def key(label: str) -> Markup:
    """Returns the colour of a label."""
    return element("i", class_=f"key {label}", aria_hidden="true")


def quote(text: str, *more: object) -> Markup:
    """Returns a customer's words, cut if they are long, with a line about them."""
    footer = [element("footer", *more)] if more else []
    return element("blockquote", element("p", excerpt(text), dir="auto"), *footer)


def _legend() -> Markup:
    return paragraph(*(element("span", key(it), it, class_="legend") for it in LABELS))


def _balance(name: str, counts: Mapping[str, Mapping[str, int]]) -> Markup:
    most = max(sum(it.values()) for it in counts.values())
    rows = [
        (
            excerpt(each, NAMED),
            element("td", drawing.stack(it), class_="drawn"),
            *(_shared(it[label], sum(it.values())) for label in LABELS),
            sum(it.values()),
            element("td", drawing.bar(sum(it.values()) / most, "other", ""), class_="drawn short"),
        )
        for each, it in counts.items()
    ]
    return table((name, "shares of labels", *LABELS, "rows", ""), rows)


def _shared(count: int, whole: int) -> Markup:
    share = element("small", f"{count / max(whole, 1):.0%}")
    return element("td", f"{count:,} ", share, class_="number")


def _over_time(timeline: Timeline | None) -> Iterator[Markup]:
    if timeline is None:
        yield paragraph("No row has a date: name its column when you ingest.")
        return
    yield _figure(drawing.amounts(timeline), f"Rows by {timeline.unit}, by label")
    if len(timeline.starts) > 1:
        share = drawing.share_of(timeline, "negative")
        yield _figure(share, f"Share of negative by {timeline.unit}")
    rows = [
        (start, *counts, sum(counts))
        for start, counts in zip(timeline.starts, timeline.counts, strict=True)
    ]
    heads = (f"{timeline.unit} from", *LABELS, "rows")
    yield details("The same as a table", table(heads, rows))
    if timeline.undated:
        yield paragraph(f"{timeline.undated:,} rows have no date.", class_="note")


def _ingested(exploration: Exploration) -> Iterator[Markup]:
    evidence = exploration.evidence
    counts = row_counts(evidence)
    yield paragraph(
        f"{counts['read']:,} rows were read, {counts['kept']:,} kept and {counts['dropped']:,} "
        "dropped."
    )
    if evidence.dropped.reasons:
        ranked = sorted(evidence.dropped.reasons.items(), key=lambda it: (-it[1], it[0]))
        yield table(("dropped for", "rows"), ranked)
    taken_out = evidence.summary.get("personal_data")
    if isinstance(taken_out, Mapping) and taken_out:
        yield table(("taken out of the texts", "times"), sorted(taken_out.items()))
    guesses = evidence.summary.get("guesses")
    if isinstance(guesses, list) and guesses:
        listed = element("ul", *(element("li", it) for it in guesses))
        yield details(f"What ingest guessed ({len(guesses)})", listed)


def trust(exploration: Exploration) -> Markup:
    """What speaks for and against the labels."""
    fitted = exploration.evidence.doubted.fitted
    if isinstance(fitted, NotFitted):
        why = f"No label was doubted: {fitted.reason}."
        return section("trust", CAPTIONS["trust"], paragraph(why))
    told = labelling(exploration)
    lead = (
        f"{told['folds']} models of words and word pairs judged {told['rows']:,} rows, each row by "
        f"one that saw neither it nor its group. Their macro-F1 is {told['macro_f1']:.3f}"
        f" ({', '.join(f'{label} {it:.2f}' for label, it in told['f1'].items())}); a guess has "
        f"0.333. Confident learning doubts {told['suspects']:,} labels."
    )
    if told["suspects"]:
        lead += (
            " The weaker the models, the more of these are right after all: read the list from the "
            "top, and stop where it stops paying."
        )
    return section(
        "trust", CAPTIONS["trust"], paragraph(lead), *_agreement(told["ratings"]),
        *(_confusion(told["confusion"]) if exploration.suspects else ()),
        element("h3", "The most doubtful"), *_listed(exploration.suspects),
        element("h3", "Between two labels"),
        paragraph("The models cannot decide; people may not agree on these either. A guideline for "
                  "raters should settle such cases."),
        *_listed(exploration.hard),
    )  # fmt: skip


def _agreement(bins: Sequence[Mapping[str, object]]) -> Iterator[Markup]:
    if not bins:
        return
    yield element("h3", "Do words agree with the rating?")
    yield paragraph(
        "Where the bar is short, raters and words disagree: such ratings make the least certain "
        "labels."
    )
    rows = []
    for it in bins:
        low, high, labels, agreed = it["low"], it["high"], it["labels"], it["agreement"]
        span = f"{low:g}" if low == high else f"{low:.2g} to {high:.2g}"
        told = f"{agreed:.0%} agree"
        rows.append((
            span,
            _drawn(labels),
            sum(labels),
            element("td", drawing.bar(agreed, "other", told), class_="drawn short"),
            number(agreed, ".0%"),
        ))  # fmt: skip
    yield table(("rating", "labels", "rows", "words agree", ""), rows)


def _confusion(counts: Sequence[Sequence[int]]) -> Iterator[Markup]:
    yield element("h3", "Doubtful labels, by what they are and what they may be")
    rows = [(f"given {label}", *it) for label, it in zip(LABELS, counts, strict=True)]
    yield table(("", *(f"rather {label}" for label in LABELS)), rows)


def _listed(suspects: Sequence[Suspect]) -> Iterator[Markup]:
    if not suspects:
        yield paragraph("None.")
        return
    cards = [_suspect(it) for it in suspects[:MORE]]
    yield element("div", *cards[:FIRST], class_="quotes")
    if len(cards) > FIRST:
        yield details(f"{len(cards) - FIRST} more", element("div", *cards[FIRST:], class_="quotes"))
    if len(suspects) > MORE:
        yield paragraph(f"All {len(suspects):,} are in suspects.csv.", class_="note")


def _suspect(it: Suspect) -> Markup:
    rating = f" · rating {it.rating:g}" if it.rating is not None else ""
    return quote(
        it.text, key(it.label), "given ", element("b", it.label), f" ({it.self_confidence:.0%}), ",
        key(it.other_label), "or ", element("b", it.other_label), f" ({it.probability:.0%})?",
        element("small", f"{it.source}{rating} · {it.split} · {it.id}"),
    )  # fmt: skip


def words(exploration: Exploration) -> Markup:
    """What people complain about and what they praise."""
    engine = tokenizer()
    parts = []
    for label in ("negative", "positive", "neutral"):
        told = exploration.terms[label]
        parts.append(element("h3", key(label), f"Telling of {label}"))
        parts.append(_terms(label, told, engine) if told else paragraph("Nothing tells it apart."))
    lead = (
        "Words and pairs of words, as models see them, that are more frequent in one label than in "
        "the others: log-odds ratio with an informative Dirichlet prior, in standard deviations. "
        "A text counts once, and function words are left out. A name between underscores stands "
        "for many signs: _negative_ for unhappy emoticons, _url_ for addresses."
    )
    return section("words", CAPTIONS["words"], paragraph(lead), *parts)


def _terms(label: str, told: Sequence[Term], engine: Tokenizer) -> Markup:
    most = max(it.z for it in told)
    rows = [
        (
            it.term,
            element("td", drawing.bar(it.z / most, label, f"z {it.z:.1f}"), class_="drawn short"),
            number(it.z, ".1f"),
            it.rows,
            number(it.share, ".1%"),
            number(it.share_of_others, ".1%"),
            element("td", _marked(it, engine), class_="example", dir="auto"),
        )
        for it in told
    ]
    heads = ("term", "", "z", "texts", f"of {label}", "of others", "for example")
    return table(heads, rows, class_="terms")


def _marked(term: Term, engine: Tokenizer) -> Markup:
    pieces = highlighted(term.example, term.term, engine)
    return joined(element("mark", piece) if hit else piece for piece, hit in pieces)


def texts(exploration: Exploration) -> Markup:
    """How long texts are and how they are written."""
    lengths = exploration.lengths
    highest = max(max(it.histogram) for it in lengths.values())
    panels = [
        _figure(drawing.histogram(it.histogram, highest, label), f"{label}: texts by words")
        for label, it in lengths.items()
    ]
    heads = ("", *("longest" if it == 1 else f"{it:.0%}" for it in QUANTILES))
    quantiles = [
        (f"{label}, {unit}", *values)
        for label, it in lengths.items()
        for unit, values in (("words", it.words), ("characters", it.characters))
    ]
    styles = [
        (STYLE_NAMES[name], *(number(shares[label], ".1%") for label in LABELS))
        for name, shares in exploration.styles.items()
    ]
    return section(
        "texts", "Texts", element("div", *panels, class_="panels"),
        details("Lengths that so many texts do not exceed", table(heads, quantiles)),
        element("h3", "How people write"), table(("texts with", *LABELS), styles),
    )  # fmt: skip


def repetition(exploration: Exploration) -> Markup:
    """What is written again and again."""
    found = exploration.evidence.repetition
    parts: list[Markup] = []
    if found.dropped:
        times = [(quote(text), count + 1) for text, count in found.dropped]
        parts += [
            element("h3", "Texts that came again, of which ingest kept the first"),
            table(("text", "times"), times),
        ]
    titles = {
        "The same words with other numbers or punctuation": found.forms,
        "First words": found.openings,
        "Last words": found.closings,
    }
    parts += [it for title, phrases in titles.items() for it in _phrases(title, phrases)]
    return section("repetition", "Repetition", *(parts or [paragraph("Nothing is repeated.")]))


def _phrases(title: str, phrases: Sequence[Phrase]) -> Iterator[Markup]:
    if phrases:
        rows = [
            (
                quote(it.words),
                it.rows,
                element("td", drawing.stack(it.labels), class_="drawn short"),
            )
            for it in phrases
        ]
        yield element("h3", title)
        yield table(("words", "texts", "labels"), rows)


def columns(exploration: Exploration) -> Markup:
    """What TensorFlow Data Validation counted."""
    rows = [
        (
            it.name, it.split, it.type.lower(), it.rows, it.missing, number(it.unique),
            *(number(value, ".4g") for value in it.numbers or (None,) * 4),
            ", ".join(f"{value[:40]} {count:,}" for value, count in it.values),
        )
        for it in sorted(exploration.columns, key=lambda it: (it.name, SPLITS.index(it.split)))
    ]  # fmt: skip
    heads = (
        "column", "split", "type", "rows", "missing", "unique", "least", "median", "mean", "most",
        "most frequent",
    )  # fmt: skip
    lead = "Statistics of TensorFlow Data Validation, derived columns included."
    return section(
        "columns", "Columns", paragraph(lead), details("All columns", table(heads, rows))
    )


def _drawn(counts: Sequence[int]) -> Markup:
    return element("td", drawing.stack(counts), class_="drawn short")


def _figure(svg: Markup, caption: str) -> Markup:
    return element("figure", svg, element("figcaption", caption))

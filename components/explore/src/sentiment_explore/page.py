"""The page a person reads: headline figures, then what to do, then what it rests on."""

from importlib import resources

from sentiment_common import report
from sentiment_explore import sections
from sentiment_explore.exploration import Exploration, labelling, row_counts
from sentiment_explore.findings import SEVERITIES, Finding
from sentiment_explore.markup import Markup, details, element, joined, paragraph, section
from sentiment_explore.reading import LABELS
from sentiment_explore.sections import key

STYLE = "report.css"
CONTENTS = {
    "findings": "Findings",
    "amount": "How much, of what, from where",
    "trust": "Can the labels be trusted",
    "words": "What people say",
    "texts": "Texts",
    "repetition": "Repetition",
    "columns": "Columns",
}
SAYS = {"high": "mend before training", "medium": "look at it", "low": "know it"}


def render(exploration: Exploration) -> str:
    """Returns the exploration as one self-contained HTML page."""
    style = resources.files(__package__).joinpath(STYLE).read_text(encoding="utf-8")
    # The common style gives the viewport to the desktop; a telephone has to be told.
    body = [
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<style>{style}</style>",
        _lead(exploration),
        _tiles(exploration),
        _contents(exploration),
        _findings(exploration),
        sections.amount(exploration),
        sections.trust(exploration),
        sections.words(exploration),
        sections.texts(exploration),
        sections.repetition(exploration),
        *([sections.columns(exploration)] if exploration.columns else []),
    ]
    return report.page("What is in the feedback", body)


def _lead(exploration: Exploration) -> Markup:
    counts = row_counts(exploration.evidence)
    return paragraph(
        f"Every count is of all {counts['kept']:,} rows. Words, examples and doubts about labels "
        f"are of {counts['compared']:,} rows of train and validation: the test split is counted, "
        "never read out.",
        class_="note",
    )


def _tiles(exploration: Exploration) -> Markup:
    evidence = exploration.evidence
    counts, labels = row_counts(evidence), evidence.rows.counts()
    kept = counts["kept"]
    tiles = [
        _tile("rows", f"{kept:,}", f"of {counts['read']:,} read"),
        *(
            _tile(joined([key(label), label]), f"{labels[label] / kept:.0%}", f"{labels[label]:,}")
            for label in LABELS
        ),
        _tile("sources", f"{len(evidence.rows.source_names):,}",
              f"{len(evidence.rows.group_names):,} groups"),
    ]  # fmt: skip
    if evidence.timeline:
        timeline = evidence.timeline
        rows = sum(sum(it) for it in timeline.counts)
        tiles.append(_tile("newest", timeline.last, f"{rows:,} rows since {timeline.first}"))
    told = labelling(exploration)
    if "macro_f1" in told:
        share = told["suspects"] / told["rows"]
        tiles.append(_tile("doubtful labels", f"{share:.0%}", f"{told['suspects']:,} rows to read"))
        tiles.append(
            _tile("words tell the label", f"{told['macro_f1']:.2f}", "macro-F1, a guess has 0.33")
        )
    return element("div", *tiles, class_="tiles")


def _tile(title: object, figure: str, note: str) -> Markup:
    return element("div", title, element("b", figure), element("small", note), class_="tile")


def _contents(exploration: Exploration) -> Markup:
    links = (
        element("a", title, href=f"#{name}")
        for name, title in CONTENTS.items()
        if name != "columns" or exploration.columns
    )
    return element("nav", *links, aria_label="contents")


def _findings(exploration: Exploration) -> Markup:
    cards = [_finding(it) for it in exploration.found] or [paragraph("Nothing was found.")]
    tally = [
        f"{sum(found.severity == it for found in exploration.found)} to {say}"
        for it, say in zip(SEVERITIES, ("mend", "look at", "know"), strict=True)
    ]
    checks = ", ".join(it.replace("_", " ") for it in exploration.passed)
    return section(
        "findings", "Findings",
        paragraph(f"{', '.join(tally)}; {len(exploration.passed)} checks found nothing."),
        element("div", *cards, class_="cards"),
        details(f"{len(exploration.passed)} checks that found nothing", paragraph(checks)),
    )  # fmt: skip


def _finding(finding: Finding) -> Markup:
    share = f", {_percent(finding.share)}" if finding.share < 1 else ""
    many = f"{finding.count:,} rows{share}" if finding.count else ""
    quotes = [sections.quote(it) for it in finding.examples]
    return element(
        "article",
        element("header", element("span", SAYS[finding.severity], class_="badge"), " ", many),
        element("h3", finding.what),
        paragraph(f"{finding.remedy[0].upper()}{finding.remedy[1:]}."),
        *([details("Examples", *quotes)] if quotes else []),
        class_=f"card {finding.severity}",
    )


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.1 else f"{share:.1%}" if share >= 0.001 else "under 0.1%"

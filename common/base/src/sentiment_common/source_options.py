"""Options that say how sources are read: the same for every stage that reads them."""

from types import SimpleNamespace

from sentiment_common.cli import Option

PINS = ("encoding", "delimiter", "quotes", "header", "format")
"""What is guessed and said where nobody pins it, see ``sentiment_sources``."""
SOURCE_OPTIONS = (
    Option("query", str, "", "what to ask of a database, in SQL"),
    Option("encoding", str, "", "encoding of text files; guessed and said if empty"),
    Option("delimiter", str, "", "what separates columns; guessed and said if empty"),
    Option("quotes", str, "", "how quotation marks are meant; guessed and said if empty"),
    Option(
        "header",
        str,
        "",
        "yes, no, the line it stands in or the columns' names; guessed and said if empty",
    ),
    Option("format", str, "", "format of the files; by extension and content if empty"),
)


def pins(options: SimpleNamespace) -> dict[str, str]:
    """Returns what a command line pins."""
    return {name: value for name in PINS if (value := getattr(options, name))}

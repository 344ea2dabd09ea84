"""Measures how often English is taken for another language, and how fast texts are read.

English: the 23,703 rated sentences and tweets of the default corpus's package. Other languages: the
sentences that the tests have, one for each language.
"""

import io
import sys
import tarfile
import time
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests" / "text"))
from test_language import FOREIGN

from sentiment_common.packages import PinnedPackage, fetch
from sentiment_common.text.language import is_foreign

# A component imports no other: this is the file that ingest's default corpus is in.
PACKAGE = PinnedPackage(
    requirement="vaderSentiment==3.3.2",
    filename="vaderSentiment-3.3.2.tar.gz",
    sha256="5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9",
    source=True,
)
ARCHIVE = "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz"
REPEATS = 5


def english() -> dict[str, list[str]]:
    """Returns the texts of each part of the package."""
    with tarfile.open(fetch(PACKAGE)) as outer:
        inner = outer.extractfile(ARCHIVE).read()
    parts = {}
    with tarfile.open(fileobj=io.BytesIO(inner)) as archive:
        for member in archive.getmembers():
            name = Path(member.name).name
            if name.endswith("_GroundTruth.txt") and not name.startswith("."):
                content = archive.extractfile(member).read().decode("utf-8-sig")
                rows = (line.removesuffix("\r").split("\t") for line in content.split("\n"))
                parts[name.removesuffix("_GroundTruth.txt")] = [row[2] for row in rows if row[2:]]
    return parts


def main() -> None:
    """Prints both tables."""
    lines = ["| English texts | rows | taken for foreign | first of them |", "|---|---|---|---|"]
    for name, texts in english().items():
        found = [text for text in texts if is_foreign(text)]
        lines.append(f"| {name} | {len(texts):,} | {len(found)} | {'; '.join(found[:3])[:120]} |")
    missed = [language for language, text in FOREIGN.items() if not is_foreign(text)]
    known = len(FOREIGN) - len(missed)
    lines += ["", f"{known} of {len(FOREIGN)} sentences in other languages are known as foreign."]
    texts, rates = [text for part in english().values() for text in part], []
    for _ in range(REPEATS):
        start = time.perf_counter()
        for text in texts:
            is_foreign(text)
        rates.append(len(texts) / (time.perf_counter() - start))
    rates.sort()
    said = ", ".join(f"{rates[at]:,.0f}" for at in (0, REPEATS // 2, -1))
    lines.append(f"Texts a second (min, median, max of {REPEATS}): {said}.")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()

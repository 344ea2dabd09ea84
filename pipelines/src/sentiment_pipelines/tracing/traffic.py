"""How much some models have answered, and what people said of it: one pass over the log."""

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from sentiment_pipelines.tracing import scanning
from sentiment_pipelines.tracing.scanning import Account, Watch, unwatched


@dataclass
class Tally:
    """What a model has answered, as far as the log goes back.

    Attributes:
        texts: Texts whose answer was given to somebody.
        labels: How many of these were given each label.
        shadow: Texts that it answered for comparison alone.
        first: When the first of them was answered, ISO 8601; empty without one.
        last: When the last was.
        judged: Texts that people said a label of.
        confirmed: Those where it is the label that was answered.
    """

    texts: int = 0
    labels: dict[str, int] = field(default_factory=dict)
    shadow: int = 0
    first: str = ""
    last: str = ""
    judged: int = 0
    confirmed: int = 0


def count(
    log: Path, digests: Collection[str], account: Account, watch: Watch = unwatched
) -> dict[str, Tally]:
    """Counts the answers of some models.

    Args:
        log: Folder of the request log.
        digests: Digests of their bundles.
        account: Is filled with what could not be read.
        watch: Is told how far it is.

    Raises:
        InputError: There is no log.
    """
    paths, said = scanning.requests(log), _last_labels(log, account)
    found = {digest: Tally() for digest in digests}
    # Of one model the bytes tell its lines; of several, reading them all is faster.
    needle = next(iter(found)).encode() if len(found) == 1 else b'"digest"'
    for fields in scanning.holding(paths, needle, account, watch) if found else ():
        tally = found.get(str(fields.get("digest")))
        if tally is None:
            continue
        if fields.get("shadow"):
            tally.shadow += 1
            continue
        label, time = str(fields.get("label")), str(fields.get("time"))
        tally.texts += 1
        tally.labels[label] = tally.labels.get(label, 0) + 1
        tally.first = min(tally.first or time, time)
        tally.last = max(tally.last, time)
        if meant := said.get((fields.get("request_id"), fields.get("position"))):
            tally.judged += 1
            tally.confirmed += meant == label
    return found


def _last_labels(log: Path, account: Account) -> dict[tuple[object, object], str]:
    """Returns the label that was said last of each text, by request and position."""
    found: dict[tuple[object, object], tuple[str, str]] = {}
    for fields in scanning.holding(scanning.feedback(log), b'"label"', account):
        text = fields.get("request_id"), fields.get("position")
        said = str(fields.get("time")), str(fields.get("label"))
        if text not in found or found[text][0] <= said[0]:
            found[text] = said
    return {text: label for text, (_, label) in found.items()}

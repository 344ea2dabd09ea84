"""A request log, a bundle that knows its training, and a place for labels."""

from datetime import UTC, datetime, timedelta

import pytest

from sentiment_common.request_log.entry import Entry, entry_line
from sentiment_common.text import current
from sentiment_models import reference
from sentiment_models.bundle import LABELS, Bundle, write_bundle
from sentiment_pipelines.labelling import batches, traffic

DIGEST = "sha256:" + "1" * 64
BEGIN = datetime(2026, 11, 20, tzinfo=UTC)
END = "2026-11-21T00:00:00Z"
ADJECTIVES = "late broken lovely cheap heavy noisy bright rusty polite greasy".split()
THINGS = "parcel phone camera courier kettle jacket charger ticket sofa invoice".split()
COMMON = [
    f"{adjective} {thing} {ADJECTIVES[column]} {THINGS[row]} again"
    for row, adjective in enumerate(ADJECTIVES)
    for column, thing in enumerate(THINGS)
]
"""A hundred different texts of known words."""
TRAINED_ON = (
    "the parcel came late and the box was broken",
    "a good phone with a good battery",
    "nothing to say about this phone",
    "i love the camera of this phone",
) * 50 + (*COMMON,) * 5


class Log:
    """Writes answers to a request log as the service does."""

    def __init__(self, folder):
        self.folder, self.entries = folder, []
        folder.mkdir()

    def answer(self, text, margin=0.5, **facts):
        """Logs one answered text: positive by a margin to neutral."""
        number = len(self.entries)
        high = (1 + margin) / 2
        made = {
            "seq": number, "request_id": f"r{number}", "position": 0, "model": "words",
            "time": (BEGIN + timedelta(seconds=number)).isoformat(timespec="milliseconds"),
            "digest": DIGEST, "variant": "", "text": text, "text_kept": "redacted",
            "label": "positive", "latency_ms": 1.0, "caller": f"c{number}",
            "probabilities": {"negative": 0.0, "neutral": 1 - high, "positive": high}, **facts,
        }  # fmt: skip
        self.entries.append(Entry(**made))
        return self

    def write(self):
        """Puts the entries where the service would; returns the folder."""
        path = self.folder / "requests-20261120T000000.000000Z-1-000000.jsonl"
        path.write_bytes(b"".join(map(entry_line, self.entries)))
        return self.folder


@pytest.fixture
def log(tmp_path):
    """A request log without an entry."""
    return Log(tmp_path / "requests")


@pytest.fixture
def busy(log):
    """A log of a hundred different texts of known words, and a new kind among them."""
    for number, text in enumerate(COMMON):
        log.answer(text, margin=number / 100)
    for word in ("wallet", "ledger", "token", "exchange", "miner", "chain"):
        log.answer(f"{word} crypto {word[::-1]} hashrate {word[1:]}ing", margin=0.95)
    return log


@pytest.fixture
def span():
    """The window of the log."""
    return traffic.window("24h", END)


@pytest.fixture
def kept_batches(tmp_path, monkeypatch):
    """Keeps batches below a folder of the test."""
    monkeypatch.setattr(batches, "VAR", tmp_path / "var")
    return tmp_path / "var" / "labelling"


class Rows(list):
    """Probabilities without numpy, which this room does not have."""

    def tolist(self):
        """Returns them."""
        return list(self)


@pytest.fixture(scope="session")
def bundle(tmp_path_factory):
    """A bundle that says what it was trained on."""
    folder, specification = tmp_path_factory.mktemp("bundle"), current({})
    specification.save(folder / "saved")
    made = Bundle("words", "linear", specification.digest)
    write_bundle(folder / "words", made, folder / "saved")
    rows = Rows([[0.2, 0.3, 0.5]] * len(TRAINED_ON))
    targets = [place % len(LABELS) for place in range(len(TRAINED_ON))]
    reference.make(TRAINED_ON, rows, targets, specification).write(folder / "words")
    return folder / "words"

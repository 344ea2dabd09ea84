import itertools
import json

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sentiment_common.artifacts import EXAMPLES, Manifest, payload_digest, write_manifest
from sentiment_validate import schema as schemas

WORDS = {
    "negative": (
        "broke",
        "leaks",
        "never arrived",
        "disappoints",
        "is too loud",
        "stopped working",
    ),
    "neutral": ("arrived", "is blue", "came in a box", "has two parts", "is as described", "fits"),
    "positive": ("works well", "is great", "made my day", "is a bargain", "looks lovely", "rocks"),
}
THINGS = (
    "kettle", "charger", "novel", "tent", "toaster", "lamp", "keyboard", "backpack", "router",
    "blender", "watch", "sofa", "mattress", "camera", "drill", "printer", "phone", "bike",
)  # fmt: skip
WHEN = (
    "today", "at once", "after a week", "again", "for now", "in the rain", "as always", "once more",
    "at home", "on the first day",
)  # fmt: skip
RATINGS = {"negative": -2.5, "neutral": 0.1, "positive": 2.75}
SHARES = {"train": 5, "validation": 1, "test": 2}


def feedback():
    """Every verb with every thing and time: 3,240 different texts, a third of each class."""
    for at, (when, thing, place) in enumerate(itertools.product(WHEN, THINGS, range(6))):
        for label in WORDS:
            yield {
                "id": f"{label}-{at}",
                "text": f"The {thing} {WORDS[label][place]} {when}.",
                "label": label,
                "rating": RATINGS[label] + (at % 10) / 10,
                "source": "amazon" if at % 2 else "tweets",
                "group": f"group-{at}",
                "created_at": None,
            }


@pytest.fixture
def frames():
    """Sound examples: three splits of one distribution that share nothing."""
    every = pd.DataFrame(feedback())
    groups = every["group"].drop_duplicates().sample(frac=1, random_state=1)
    split_of, start = {}, 0
    for split, share in SHARES.items():
        stop = start + len(groups) * share // sum(SHARES.values())
        split_of |= dict.fromkeys(groups.iloc[start:stop], split)
        start = stop
    splits = every["group"].map(split_of)
    return {split: every[splits == split].reset_index(drop=True) for split in SHARES}


@pytest.fixture
def write_examples(tmp_path):
    """Writes frames as an examples artifact and returns its folder."""

    def write(frames, source="default"):
        folder = tmp_path / "examples"
        for split, frame in frames.items():
            (folder / split).mkdir(parents=True)
            table = pa.Table.from_pandas(frame, preserve_index=False)
            pq.write_table(table, folder / split / "examples.parquet")
        rows = {split: len(frame) for split, frame in frames.items()}
        total = sum(rows.values())
        rows |= {"read": total + 2, "kept": total, "dropped": 2}
        (folder / "summary.json").write_text(json.dumps({"source": source, "rows": rows}))
        digest = payload_digest(folder)
        write_manifest(folder, Manifest("examples", EXAMPLES.schema_version, "t", "1", digest))
        return folder

    return write


@pytest.fixture(scope="session")
def default_corpus():
    return schemas.choose("default-corpus", {})


@pytest.fixture(scope="session")
def feedback_schema():
    return schemas.choose("feedback", {})

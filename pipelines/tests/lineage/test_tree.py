"""A lineage as a tree in a terminal."""

import io

import pytest
from rich.console import Console

from sentiment_common.artifacts import Source
from sentiment_pipelines.lineage import tree
from sentiment_pipelines.lineage.chain import Lineage, Node

RUN, EARLIER = "20260102-120000-000", "20260101-080000-000"
REVIEWS = Source("/data/reviews.csv", "c" * 64, 1234)


def node(task, name, kind, letter, inputs, run=RUN, **more):
    producer, code = f"sentiment-{task} 1.0.0", "sha256:c0dec0dec0dec0de"
    digest = f"sha256:{letter * 64}"
    return Node(name, task, kind, digest, producer, code, run, f"rev-{run[:8]}-dirty", **more,
                inputs=inputs)  # fmt: skip


def shown(nodes):
    lineage = Lineage(list(nodes)[-1], nodes)
    console = Console(file=io.StringIO(), width=200, highlight=False)
    console.print(tree.tree(lineage))
    console.print(tree.summary(lineage))
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def test_each_link_has_its_digest_maker_code_and_run_and_what_is_shared_is_shown_once():
    nodes = {
        "gone": Node("previous_examples", "", "", "sha256:" + "0" * 64, notes=("deleted",),
                     missing=True),
        "e": node("ingest", "examples", "examples", "e", {"previous_examples": "gone"}, EARLIER,
                  sources=[REVIEWS]),
        "f": node("transform", "train_features", "features", "f", {"examples": "e"}),
        "m": node("train", "model", "model", "a", {"examples": "e", "train_features": "f"}),
        "v": node("evaluate", "evaluation", "evaluation", "b", {"candidate": "m", "examples": "e"},
                  sources=[REVIEWS]),
    }  # fmt: skip
    made = "sentiment-{} 1.0.0 · code c0dec0dec0de · run {} · {} UTC"
    now = (RUN, "2026-01-02 12:00")
    dirty = ", with changes that were not committed"
    assert shown(nodes) == "\n".join(
        [
            "evaluate/evaluation  bbbbbbbbbbbb",
            made.format("evaluate", *now),
            "├── candidate: train/model  aaaaaaaaaaaa",
            "│   " + made.format("train", *now),
            "│   ├── ingest/examples  eeeeeeeeeeee",
            "│   │   " + made.format("ingest", EARLIER, "2026-01-01 08:00"),
            "│   │   ├── previous_examples  000000000000",
            "│   │   │   deleted",
            "│   │   ├── source /data/reviews.csv",
            "│   │   │   1,234 bytes · sha256 " + "c" * 64,
            f"│   │   └── code revision rev-20260101{dirty}",
            "│   └── transform/train_features (features)  ffffffffffff",
            "│       " + made.format("transform", *now),
            "│       └── ingest/examples  eeeeeeeeeeee  ↑ see above",
            "├── ingest/examples  eeeeeeeeeeee  ↑ see above",
            "├── source /data/reviews.csv  ↑ see above",
            f"└── code revision rev-20260102{dirty}",
            "4 artifacts, 1 source, 1 missing link",
        ]
    )


def test_a_source_with_brackets_in_its_name_is_shown_as_it_is():
    source = Source("/data/[bold]reviews[/].csv", "c" * 64, 1)
    lines = shown({"e": node("ingest", "examples", "examples", "e", {}, sources=[source])})
    assert "source /data/[bold]reviews[/].csv" in lines


@pytest.mark.parametrize(
    ("run", "expected"),
    [("20260102-235959-000", "2026-01-02 23:59 UTC"), ("mine", ""), ("20269999-000000-000", "")],
)
def test_the_name_of_a_run_tells_when_it_began(run, expected):
    assert tree.when(run) == expected


def test_a_revision_that_nobody_noted_is_not_made_up():
    assert tree.revision("abc") == "abc"
    assert tree.revision("") == "unknown: the code was no git checkout"
    assert tree.revision(None).startswith("unknown: the run was deleted")

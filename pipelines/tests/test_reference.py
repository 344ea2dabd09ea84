"""The page about all components."""

import json

import pytest

from sentiment_common import artifacts
from sentiment_pipelines import reference
from sentiment_pipelines.environments import ROOT
from sentiment_pipelines.interfaces import artifact_types, readme, stages

PORTS = (
    reference.Port("examples", "input", "SentimentExamples", "", "labelled | feedback"),
    reference.Port("statistics", "optional input", "SentimentStatistics", "", "of them"),
    reference.Port("report", "output", "HTML", "", "a page"),
    reference.Port("verdict", "result", "str", "", "yes or no"),
    reference.Port("seed", "parameter", "int", "13", "of the folds"),
)
COMPONENT = reference.Component("show", "Shows it.", "sentiment-show:1.2.3", PORTS)


def row(flag, role, text):
    return {"flag": flag, "role": role, "help": text}


def rows(stage):
    """The flags of a stage, as the committed table of its README has them."""
    for line in readme(stage).read_text().splitlines():
        cells = [cell.strip() for cell in line.replace(r"\|", "/").split("|")][1:-1]
        if len(cells) == 5 and cells[0].startswith("`--"):
            yield row(cells[0].strip("`"), cells[1].removeprefix("optional "), cells[4])


@pytest.mark.parametrize("stage", stages())
def test_a_component_is_described_with_every_port_and_its_meaning(stage):
    found = reference.describe(stage, list(rows(stage)))
    assert found.image.startswith(f"sentiment-{stage.replace('_', '-')}:")
    assert found.summary.endswith(".") and "\n" not in found.summary
    assert found.having("output") and all(port.meaning for port in found.ports)
    assert all(json.dumps(json.loads(it.default)) for it in found.having("parameter"))


def test_a_port_that_the_command_line_does_not_have_is_an_error():
    with pytest.raises(KeyError, match="previous_examples"):
        reference.describe("ingest", [row("--out-examples", "output", "examples")])


def test_every_kind_of_artifact_is_told_and_has_its_type():
    declared = {it.name for it in vars(artifacts).values() if isinstance(it, artifacts.Kind)}
    told = {kind.name: kind for kind in reference.kinds()}
    assert set(told) == declared
    assert {kind.type for kind in told.values()} == set(artifact_types())
    assert all(kind.content.endswith(".") for kind in told.values())
    assert "`dropped.jsonl`" in told["examples"].content


def test_the_table_says_what_may_be_left_out_and_how_large_the_image_is():
    (line,) = reference.overview([COMPONENT], {"show": {"bytes": 181_400_000}}).splitlines()[2:]
    assert line == (
        "| [show](#show) | Shows it. | examples, statistics? | report | verdict "
        "| `sentiment-show:1.2.3` | 181 MB |"
    )
    assert reference.overview([COMPONENT], {}).endswith("| - |")


def test_an_interface_is_a_table_in_which_a_bar_stays_a_bar():
    text = reference.interface(COMPONENT)
    assert text.startswith("### show\n")
    assert r"| `examples` | input | SentimentExamples |  | labelled \| feedback |" in text
    assert "| `seed` | parameter | int | `13` | of the folds |" in text


def test_an_artifact_names_who_makes_and_who_takes_it():
    kind = reference.Kind("statistics", 1, "Figures.")
    line = reference.artifact_table([kind], [COMPONENT]).splitlines()[-1]
    assert line == "| `SentimentStatistics` | statistics, schema 1 | Figures. |  | [show](#show) |"


def test_a_page_is_written_once_and_for_all():
    text = (ROOT / "docs" / "components.md").read_text()
    once = reference.page([COMPONENT], text, {})
    assert reference.page([COMPONENT], once, {}) == once
    assert "sentiment-show:1.2.3" in once and "sentiment-ingest:" not in once.split("## Use one")[0]

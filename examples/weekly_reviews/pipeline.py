"""A pipeline of another team: two components of this repository beside one of their own.

It needs kfp alone. Of this repository it takes two files, by whatever address they have::

    python pipeline.py --ingest URL --explore URL --registry registry.example.com/sentiment
"""

import argparse
from pathlib import Path
from typing import Any, NamedTuple

from kfp import compiler, components, dsl

PYTHON = "python:3.11-slim-trixie"
COMPLAINTS = Path(__file__).with_name("complaints.py").read_text(encoding="utf-8")


class SentimentExploration(dsl.Artifact):
    """What explore gives. To KFP a type is its title and version: nothing has to be imported."""

    schema_title = "system.SentimentExploration"
    schema_version = "0.0.1"


class Outputs(NamedTuple):
    """What the pipeline gives."""

    report: dsl.HTML
    message: str


@dsl.container_component
def complaints(exploration: dsl.Input[SentimentExploration], message: dsl.OutputPath(str)):
    """Writes a message about the complaints."""
    return dsl.ContainerSpec(
        image=PYTHON, command=["python3", "-c", COMPLAINTS], args=[exploration.path, message]
    )


def load(address: str) -> Any:
    """Loads a component by URL or by file."""
    if "://" in address:
        return components.load_component_from_url(address)
    return components.load_component_from_file(address)


def weekly_reviews(ingest: Any, explore: Any, registry: str = "", python: str = PYTHON) -> Any:
    """Wires the pipeline.

    Args:
        ingest: The component of that name, as it was loaded.
        explore: The component of that name.
        registry: Where the images of both were pushed to; their names in ``component.yaml`` have
            none. Empty for this machine's own.
        python: Image of the team's own component.
    """

    @dsl.pipeline(name="weekly-reviews", description="What customers complained about this week.")
    def wired(
        source: str, text: str = "review", rating: str = "stars", product: str = "product"
    ) -> Outputs:
        read = ingest(
            source=source, text_column=text, rating_column=rating, source_column=product,
            redact=True,
        )  # fmt: skip
        explored = explore(examples=read.outputs["examples"])
        told = complaints(exploration=explored.outputs["exploration"]).set_container_image(python)
        for task in (read, explored) if registry else ():
            task.set_container_image(f"{registry}/{task.container_spec.image}")
        return Outputs(report=explored.outputs["report"], message=told.outputs["message"])

    return wired


def main() -> None:
    """Compiles the pipeline into a file that kfp.Client or Kubeflow's page takes."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--ingest", required=True, help="URL or path of its component.yaml")
    parser.add_argument("--explore", required=True, help="URL or path of its component.yaml")
    parser.add_argument("--registry", default="", help="where their images are, e.g. HOST/PROJECT")
    parser.add_argument("--python", default=PYTHON, help="image of the team's own component")
    parser.add_argument("--out", default="weekly_reviews.yaml", help="where to write the pipeline")
    given = parser.parse_args()
    wired = weekly_reviews(load(given.ingest), load(given.explore), given.registry, given.python)
    compiler.Compiler().compile(wired, given.out)


if __name__ == "__main__":
    main()

"""The training pipeline: wiring alone, made from the committed interfaces of the components."""

from kfp import components, dsl

from sentiment_pipelines.environments import ROOT
from sentiment_pipelines.interfaces import artifact_types

_TYPES = artifact_types()


def _load(stage: str) -> components.YamlComponent:
    return components.load_component_from_file(str(ROOT / "components" / stage / "component.yaml"))


@dsl.pipeline(
    name="sentiment-training",
    description="From customer feedback to a registered sentiment model, if it is good enough.",
)
def training(
    champion: str,
    previous_examples: str,
    previous_statistics: str,
    source: str = "default",
    text_column: str = "text",
    label_column: str = "",
    rating_column: str = "",
    rating_thresholds: str = "",
    schema: str = "auto",
    rules: str = "auto",
    accept: str = "",
    epochs: int = 20,
    min_macro_f1: float = 0.5,
    seed: int = 13,
) -> None:
    """Trains two candidates, compares them with the champion and pushes what is better.

    Args:
        champion: URI of the champion artifact, resolved before the run.
        previous_examples: URI of the examples whose splits are kept, resolved before the run.
        previous_statistics: URI of the statistics that the data are compared with, resolved too.
        source: Where the feedback is: ``default`` or a file.
        text_column: Column with the text.
        label_column: Column with negative, neutral or positive; empty for none.
        rating_column: Column with a rating; empty for none.
        rating_thresholds: ``negative_to,positive_from``; empty for the source's own.
        schema: What the data is judged by: ``auto``, a shipped schema or a path.
        rules: Thresholds that no schema can hold: ``auto``, or the path of a TOML file.
        accept: ``RULE=REASON`` for each rule of validate that is not to refuse this time.
        epochs: At most so many passes of the deep model over the training data.
        min_macro_f1: Below this no model is pushed.
        seed: Of the split and of both trainings.
    """
    in_production = dsl.importer(
        artifact_uri=champion, artifact_class=_TYPES["SentimentChampion"], reimport=False
    ).set_display_name("champion")
    earlier = dsl.importer(
        artifact_uri=previous_examples, artifact_class=_TYPES["SentimentExamples"], reimport=False
    ).set_display_name("previous-examples")
    measured = dsl.importer(
        artifact_uri=previous_statistics,
        artifact_class=_TYPES["SentimentStatistics"],
        reimport=False,
    ).set_display_name("previous-statistics")
    ingest = _load("ingest")(
        previous_examples=earlier.outputs["artifact"],
        source=source,
        text_column=text_column,
        label_column=label_column,
        rating_column=rating_column,
        rating_thresholds=rating_thresholds,
        seed=seed,
    )
    examples = ingest.outputs["examples"]
    validate = _load("validate")(
        examples=examples,
        previous_statistics=measured.outputs["artifact"],
        schema=schema,
        rules=rules,
        accept=accept,
    )
    with dsl.If(validate.outputs["verdict"] == "accepted", name="data-accepted"):
        transform = _load("transform")(examples=examples)
        features = transform.outputs
        baseline = _load("train_baseline")(
            train_features=features["train_features"],
            transform_graph=features["transform_graph"],
            seed=seed,
        )
        deep = _load("train_deep")(
            train_features=features["train_features"],
            validation_features=features["validation_features"],
            transform_graph=features["transform_graph"],
            epochs=epochs,
            seed=seed,
        )
        evaluate = _load("evaluate")(
            examples=examples,
            candidate=baseline.outputs["model"],
            candidate_2=deep.outputs["model"],
            champion=in_production.outputs["artifact"],
            min_macro_f1=min_macro_f1,
            seed=seed,
        )
        with dsl.If(evaluate.outputs["verdict"] == "blessed", name="model-blessed"):
            push = _load("push")(
                model=evaluate.outputs["model"],
                blessing=evaluate.outputs["blessing"],
                evaluation=evaluate.outputs["evaluation"],
                examples=examples,
            )
            push.set_caching_options(enable_caching=False)  # it moves an alias outside

"""The training pipeline: wiring alone, made from the committed interfaces of the components."""

from typing import Any

from kfp import components, dsl

from sentiment_pipelines.environments import ROOT
from sentiment_pipelines.interfaces import artifact_types

_TYPES = artifact_types()
ELSEWHERE = "movies,editorials"
"""Parts of the default corpus that no model is trained on: feedback from elsewhere."""


def load(stage: str) -> components.YamlComponent:
    """Returns a component as other teams load it."""
    return components.load_component_from_file(str(ROOT / "components" / stage / "component.yaml"))


def imported(uri: str, kind: str, name: str) -> Any:
    """Returns an artifact from outside.

    Args:
        uri: Where it is.
        kind: Name of its type.
        name: What the graph calls it.
    """
    task = dsl.importer(artifact_uri=uri, artifact_class=_TYPES[kind], reimport=False)
    return task.set_display_name(name).outputs["artifact"]


@dsl.pipeline(
    name="sentiment-training",
    description="From customer feedback to a registered sentiment model, if it is good enough.",
)
def training(
    champion: str,
    previous_examples: str,
    previous_statistics: str,
    source: str = "default",
    query: str = "",
    encoding: str = "",
    delimiter: str = "",
    quotes: str = "",
    header: str = "",
    format: str = "",
    text_column: str = "text",
    label_column: str = "",
    labels: str = "",
    rating_column: str = "",
    rating_thresholds: str = "",
    id_column: str = "",
    group_column: str = "",
    source_column: str = "",
    created_at_column: str = "",
    date_format: str = "",
    since: str = "",
    replay: str = "",
    redact: bool = False,
    out_of_domain: str = "default",
    schema: str = "auto",
    rules: str = "auto",
    accept: str = "",
    epochs: int = 30,
    policy: str = "auto",
    force: str = "",
    alias: str = "champion",
    beam: str = "",
    seed: int = 13,
) -> None:
    """Trains four candidates, compares them with the champion and pushes what is better.

    Args:
        champion: URI of the champion artifact, resolved before the run.
        previous_examples: URI of the examples whose splits are kept, resolved before the run.
        previous_statistics: URI of the statistics that the data are compared with, resolved too.
        source: Where the feedback is: ``default``, a path, pattern or address, or several.
        query: What to ask of a database, in SQL.
        encoding: Of text files, where no guess is wanted.
        delimiter: Of their columns, likewise.
        quotes: How their quotation marks are written, likewise.
        header: Whether they have one, or the names of their columns.
        format: Of the files, whatever their extension says.
        text_column: Column with the text.
        label_column: Column with labels; empty for none.
        labels: What they mean, e.g. ``0=negative,1=positive``; empty if they say it themselves.
        rating_column: Column with a rating; empty for none.
        rating_thresholds: ``negative_to,positive_from``; empty for the source's own.
        id_column: Column with an id; empty for a hash of the text.
        group_column: Column whose equal values stay in one split, e.g. the customer.
        source_column: Column that names the source; empty for the file's name.
        created_at_column: Column with a date.
        date_format: How the dates are written, where they do not say it themselves.
        since: Only rows from this date on, or ``auto``: from where the previous examples end.
        replay: Share of the previous train rows that is trained on again, 0 to 1, beside all rows
            of the source; empty to begin from the source alone.
        redact: Whether personal data are replaced before anything is stored.
        out_of_domain: Feedback from elsewhere that no model is trained on: ``default`` (movie
            reviews and editorials) or a file with the columns text and label.
        schema: What the data is judged by: ``auto``, a shipped schema, a path, or protobuf text.
        rules: Thresholds that no schema can hold: ``auto``, the path of a TOML file, or TOML.
        accept: ``RULE=REASON`` for each rule of validate that is not to refuse this time.
        epochs: At most so many passes of the deep model over the training data.
        policy: What a model must reach: ``auto``, the path of a TOML file, or TOML.
        force: ``WHO: WHY`` to promote the best candidate whatever the policy says.
        alias: What a blessed model becomes: ``champion``, or ``challenger`` to meet live traffic
            in an experiment first.
        beam: Options of a Beam runner for validate and transform; empty for this machine.
        seed: Of the split and of all trainings.
    """
    in_production = imported(champion, "SentimentChampion", "champion")
    earlier = imported(previous_examples, "SentimentExamples", "previous-examples")
    measured = imported(previous_statistics, "SentimentStatistics", "previous-statistics")
    ingest = load("ingest")(
        previous_examples=earlier,
        source=source,
        query=query,
        encoding=encoding,
        delimiter=delimiter,
        quotes=quotes,
        header=header,
        format=format,
        text_column=text_column,
        label_column=label_column,
        labels=labels,
        rating_column=rating_column,
        rating_thresholds=rating_thresholds,
        id_column=id_column,
        group_column=group_column,
        source_column=source_column,
        created_at_column=created_at_column,
        date_format=date_format,
        since=since,
        replay=replay,
        redact=redact,
        seed=seed,
    )
    examples = ingest.outputs["examples"]
    validate = load("validate")(
        examples=examples,
        previous_statistics=measured,
        schema=schema,
        rules=rules,
        accept=accept,
        beam=beam,
    )
    with dsl.If(validate.outputs["verdict"] == "accepted", name="data-accepted"):
        elsewhere = load("ingest")(source=out_of_domain, corpora=ELSEWHERE)
        transform = load("transform")(examples=examples, beam=beam)
        train = transform.outputs["train_features"]
        validation = transform.outputs["validation_features"]
        graph = transform.outputs["transform_graph"]
        baseline = load("train_baseline")(train_features=train, transform_graph=graph, seed=seed)
        deep = load("train_deep")(
            train_features=train,
            validation_features=validation,
            transform_graph=graph,
            epochs=epochs,
            seed=seed,
        )
        transfer = load("train_transfer")(
            train_features=train,
            validation_features=validation,
            transform_graph=graph,
            seed=seed,
        )
        ensemble = load("train_ensemble")(
            model=baseline.outputs["model"],
            predictions=baseline.outputs["predictions"],
            model_2=deep.outputs["model"],
            predictions_2=deep.outputs["predictions"],
            model_3=transfer.outputs["model"],
            predictions_3=transfer.outputs["predictions"],
            seed=seed,
        )
        evaluate = load("evaluate")(
            examples=examples,
            out_of_domain=elsewhere.outputs["examples"],
            candidate=baseline.outputs["model"],
            candidate_2=deep.outputs["model"],
            candidate_3=transfer.outputs["model"],
            candidate_4=ensemble.outputs["ensemble"],
            champion=in_production,
            policy=policy,
            force=force,
            seed=seed,
        )
        with dsl.If(evaluate.outputs["verdict"] == "blessed", name="model-blessed"):
            push = load("push")(
                model=evaluate.outputs["model"],
                blessing=evaluate.outputs["blessing"],
                evaluation=evaluate.outputs["evaluation"],
                examples=examples,
                alias=alias,
            )
            push.set_caching_options(enable_caching=False)  # it moves an alias outside

"""The monitoring pipeline: a model on live traffic, against what it was trained and judged on."""

from kfp import dsl

from sentiment_pipelines.training import imported, load


@dsl.pipeline(
    name="sentiment-monitoring",
    description="From the request log to what has changed, how good the model is, what to do.",
)
def monitoring(
    model: str,
    training_examples: str,
    training_statistics: str,
    evaluation: str,
    log: str,
    history: str = "",
    until: str = "",
    window: str = "24h",
    alarms: str = "auto",
    show_texts: bool = False,
) -> None:
    """Watches a model.

    Args:
        model: URI of the bundle, resolved before the run: the champion's if nobody names another.
        training_examples: URI of the examples it was trained on, resolved too.
        training_statistics: URI of their statistics, resolved too.
        evaluation: URI of the evaluation it was chosen in, resolved too.
        log: Folder of the request log with its feedback.
        history: Folder of earlier decisions; empty for none.
        until: ISO time the window ends at; empty for now.
        window: Its length: ``24h``, ``90m``, ``7d``.
        alarms: What is an alarm: ``auto``, the path of a TOML file, or TOML.
        show_texts: Whether the report may show texts of the log.
    """
    watched = load("monitor")(
        model=imported(model, "SentimentModel", "model"),
        examples=imported(training_examples, "SentimentExamples", "training-examples"),
        statistics=imported(training_statistics, "SentimentStatistics", "training-statistics"),
        evaluation=imported(evaluation, "SentimentEvaluation", "evaluation"),
        log=log,
        history=history,
        until=until,
        window=window,
        policy=alarms,
        show_texts=show_texts,
    )
    watched.set_caching_options(enable_caching=False)  # time goes on, whatever the log says

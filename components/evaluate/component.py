"""The typed interface of evaluate, compiled into component.yaml."""

from kfp import dsl

from components.interface import (
    SentimentBlessing,
    SentimentChampion,
    SentimentEvaluation,
    SentimentExamples,
    SentimentModel,
    container,
    optional,
)


@dsl.container_component
def evaluate(
    examples: dsl.Input[SentimentExamples],
    candidate: dsl.Input[SentimentModel],
    evaluation: dsl.Output[SentimentEvaluation],
    blessing: dsl.Output[SentimentBlessing],
    model: dsl.Output[SentimentModel],
    report: dsl.Output[dsl.HTML],
    metrics: dsl.Output[dsl.Metrics],
    classification: dsl.Output[dsl.ClassificationMetrics],
    verdict: dsl.OutputPath(str),
    champion: dsl.Input[SentimentChampion] = None,
    candidate_2: dsl.Input[SentimentModel] = None,
    candidate_3: dsl.Input[SentimentModel] = None,
    candidate_4: dsl.Input[SentimentModel] = None,
    out_of_domain: dsl.Input[SentimentExamples] = None,
    policy: str = "auto",
    force: str = "",
    behaviour: str = "auto",
    out_of_domain_rows: int = 2000,
    seed: int = 13,
):
    """Scores the candidates and the champion on the same rows and decides on a blessing."""
    return container(
        "evaluate",
        examples=examples.path,
        candidate=candidate.path,
        candidate_2=optional("candidate_2", candidate_2.path),
        candidate_3=optional("candidate_3", candidate_3.path),
        candidate_4=optional("candidate_4", candidate_4.path),
        champion=optional("champion", champion.path),
        out_of_domain=optional("out_of_domain", out_of_domain.path),
        policy=policy,
        force=force,
        behaviour=behaviour,
        out_of_domain_rows=out_of_domain_rows,
        seed=seed,
        out_evaluation=evaluation.path,
        out_blessing=blessing.path,
        out_model=model.path,
        out_report=report.path,
        out_verdict=verdict,
    )

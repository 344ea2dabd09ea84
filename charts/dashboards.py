"""The Grafana dashboards of the chart sentiment-monitoring, written from this description.

``make grafana`` writes them as JSON into the chart. The page of ``make dashboard`` draws the same
files without Grafana, so what is described here is seen in both.
"""

from pathlib import Path

from charts.grafana import Board, Figure, Query, rendered

FOLDER = Path(__file__).parent / "sentiment-monitoring" / "files" / "dashboards"
ANSWERS = 'job=~"$job",route=~"/predict|/invocations"'
JOB = 'job=~"$job"'
MODEL = f'{JOB},model=~"$model"'
UNSURE = f'{MODEL},le="0.5"'

FIRING = 'count(ALERTS{alertname=~"Sentiment.*",alertstate="firing"})'

OF_JOB = ("job", "label_values(sentiment_in_flight, job)")
OF_MODEL = ("model", f"label_values(sentiment_model_info{{{JOB}}}, model)")
OF_EXPERIMENT = (
    "experiment", f"label_values(sentiment_experiment_requests_total{{{JOB}}}, experiment)",
)  # fmt: skip


def quantile(share: float, family: str, labels: str, by: str = "") -> str:
    """Returns the query of a quantile of a histogram."""
    kept = f"le, {by}" if by else "le"
    rates = f"sum by ({kept}) (rate({family}_bucket{{{labels}}}[$__rate_interval]))"
    return f"histogram_quantile({share}, {rates})"


def rate(family: str, labels: str, by: str = "") -> str:
    """Returns the query of a counter's rate, summed."""
    kept = f" by ({by})" if by else ""
    return f"sum{kept} (rate({family}{{{labels}}}[$__rate_interval]))"


def ratio(part: str, whole: str) -> str:
    """Returns the query of a share; 0 where there is no part, nothing where there is no whole."""
    return f"({part} or 0 * {whole}) / {whole}"


def mean(family: str, labels: str, by: str) -> str:
    """Returns the query of the mean of a histogram."""
    return f"{rate(family + '_sum', labels, by)} / {rate(family + '_count', labels, by)}"


BAD = rate("sentiment_requests_total", f'{ANSWERS},status=~"5..|429"')
ALL = rate("sentiment_requests_total", ANSWERS)
SECONDS = "sentiment_request_seconds"
PREDICT = f'{JOB},route="/predict"'

SERVICE = Board(
    "service", "Sentiment: service", "Do callers get their answers, and in time?", [OF_JOB],
    [
        ("Now", [
            Figure("Requests a second", "Answered ones, whatever the answer.", [Query(ALL)],
                "reqps", single=True, width=4),
            Figure("Failed now", "Share answered by 5xx, or turned away with 429.",
                [Query(ratio(BAD, ALL))], "percentunit", single=True, limit=0.001, width=4),
            Figure("99th percentile", "Of the seconds until an answer.",
                [Query(quantile(0.99, SECONDS, PREDICT))], "s", single=True, limit=0.25, width=4),
            Figure("In flight", "Requests being answered at this moment.",
                [Query(f"sum(sentiment_in_flight{{{JOB}}})")], single=True, width=4),
            Figure("Replicas", "Those that Prometheus reaches.",
                [Query(f"count(sentiment_in_flight{{{JOB}}})")], single=True, width=4),
            Figure("Alerts", "Of these rules, firing now.",
                [Query(f"{FIRING} or vector(0)")],
                single=True, limit=1, width=4),
        ]),
        ("Traffic and time", [
            Figure("Requests by status", "4xx are mistakes of callers; 429 and 5xx are ours.",
                [Query(rate("sentiment_requests_total", ANSWERS, "status"), "{{status}}")],
                "reqps", stacked=True),
            Figure("Seconds until an answer", "Of /predict, by quantile.",
                [Query(quantile(share, SECONDS, PREDICT), f"p{100 * share:.0f}")
                 for share in (0.5, 0.9, 0.99)], "s"),
            Figure("Failed", "Share answered by 5xx or 429, over an hour and five minutes.",
                [Query(f"sentiment:requests_bad:ratio_rate1h{{{JOB}}}", "1 h {{job}}"),
                 Query(f"sentiment:requests_bad:ratio_rate5m{{{JOB}}}", "5 min {{job}}"),
                 Query("1 - sentiment:objective:availability", "objective")], "percentunit"),
            Figure("Too late", "Share of /predict that took longer than promised: 0.25 s, or the "
                "chart's latencySeconds.",
                [Query(f"sentiment:requests_slow:ratio_rate1h{{{JOB}}}", "1 h {{job}}"),
                 Query(f"sentiment:requests_slow:ratio_rate5m{{{JOB}}}", "5 min {{job}}"),
                 Query("1 - sentiment:objective:latency", "objective")], "percentunit"),
            Figure("Error budget spent", "Of what the month allows, at the rate of the last three "
                "days: above 1 the objective is missed.",
                [Query(f"sentiment:requests_bad:ratio_rate3d{{{JOB}}} "
                       "/ (1 - scalar(sentiment:objective:availability))", "answers {{job}}"),
                 Query(f"sentiment:requests_slow:ratio_rate3d{{{JOB}}} "
                       "/ (1 - scalar(sentiment:objective:latency))", "in time {{job}}")], limit=1),
            Figure("Refused", "By reason: busy is the service's limit, others are the caller's.",
                [Query(rate("sentiment_refused_total", JOB, "reason"), "{{reason}}")], "reqps"),
        ]),
        ("Load, log and feedback", [
            Figure("Busiest worker", "CPU seconds a second: at 1 it cannot do more.",
                [Query(f"max by (instance) (sentiment_worker_busy_ratio{{{JOB}}})",
                       "{{instance}}")], "percentunit", limit=0.9),
            Figure("Batches", "Texts that wait for one, and the mean of its texts.",
                [Query(f"sum(sentiment_queue_texts{{{JOB}}})", "waiting"),
                 Query(mean("sentiment_batch_texts", JOB, "job"), "in a batch {{job}}")]),
            Figure("Request log", "Texts by what became of them: all but written are missing.",
                [Query(rate("sentiment_request_log_texts_total", JOB, "outcome"), "{{outcome}}")],
                "cps"),
            Figure("Feedback", "Texts with a label of a person, written or lost.",
                [Query(rate("sentiment_feedback_texts_total", JOB, "outcome"), "{{outcome}}")],
                "cps"),
        ]),
    ],
)  # fmt: skip

MODEL_BOARD = Board(
    "model", "Sentiment: model", "What do the models answer, how sure are they, and is it right?",
    [OF_JOB, OF_MODEL],
    [
        ("Which", [
            Figure("Served", "Models, their version in the registry and bundle.",
                [Query(f"max by (model, version, digest) (sentiment_model_info{{{MODEL}}} == 1)",
                       "{{model}} {{version}} {{digest}}")], single=True, named=True, width=12),
            Figure("Registry away", "1 while an alias cannot be looked up.",
                [Query(f"max by (model) (sentiment_model_stale{{{MODEL}}})", "{{model}}")],
                single=True, limit=1, width=6),
            Figure("Refused versions", "Since the start, by model.",
                [Query("sum by (model) (sentiment_model_switches_total"
                       f'{{{MODEL},outcome="refused"}})', "{{model}}")],
                single=True, limit=1, width=6),
        ]),
        ("Answers", [
            Figure("Texts by model", "A second.",
                [Query(rate("sentiment_texts_total", MODEL, "model"), "{{model}}")], "cps"),
            Figure("Labels", "Share of the answers.",
                [Query(f"{rate('sentiment_texts_total', MODEL, 'label')} / ignoring (label) "
                       f"group_left () {rate('sentiment_texts_total', MODEL)}", "{{label}}")],
                "percentunit", stacked=True, most=1),
            Figure("Confidence", "Mean highest probability.",
                [Query(mean("sentiment_text_confidence", MODEL, "model"), "{{model}}")],
                "percentunit", most=1),
            Figure("Unsure", "Share of the texts that no label got more than half of.",
                [Query(f"{rate('sentiment_text_confidence_bucket', UNSURE, 'model')} / "
                       f"{rate('sentiment_text_confidence_count', MODEL, 'model')}", "{{model}}")],
                "percentunit", most=1),
        ]),
        ("Right or wrong", [
            Figure("Corrected", "Share of the answers with feedback that it calls wrong. Who "
                "complains is no sample of all: read the course, not the height.",
                [Query(f'sentiment:corrected:share1d{{{MODEL}}}', "1 day {{model}}"),
                 Query(f'sentiment:corrected:share1w{{{MODEL}}}', "1 week {{model}}")],
                "percentunit", most=1),
            Figure("Judged answers", "By outcome, a second.",
                [Query(rate("sentiment_feedback_judged_total", MODEL, "outcome"), "{{outcome}}")],
                "cps"),
        ]),
    ],
)  # fmt: skip

DATA = Board(
    "data", "Sentiment: data", "Do the texts look like those the model was trained on?",
    [OF_JOB, OF_MODEL],
    [
        ("Against the training data", [
            Figure("Drift over 24 hours", "Population stability index: 0.1 is little, 0.25 a lot.",
                [Query("max by (model, signal) (sentiment_drift_psi"
                       f'{{{MODEL},window="24h"}})', "{{signal}} {{model}}"),
                 Query("sentiment:limit:psi_24h", "limit")]),
            Figure("Drift over an hour", "The same, faster and noisier.",
                [Query("max by (model, signal) (sentiment_drift_psi"
                       f'{{{MODEL},window="1h"}})', "{{signal}} {{model}}"),
                 Query("sentiment:limit:psi_1h", "limit")]),
            Figure("Texts in the window", "What the index rests on.",
                [Query(f"max by (model, window) (sentiment_drift_texts{{{MODEL}}})",
                       "{{window}} {{model}}")]),
            Figure("Examined", "Share of the texts whose words, length and language are looked at.",
                [Query(ratio(rate("sentiment_signal_texts_total", f'{MODEL},outcome="examined"',
                                  "model"),
                             rate("sentiment_signal_texts_total", MODEL, "model")), "{{model}}")],
                "percentunit", most=1),
        ]),
        ("Texts", [
            Figure("Unknown words", "Mean share of a text's words that the model does not know.",
                [Query(mean("sentiment_text_unknown_ratio", MODEL, "model"), "{{model}}")],
                "percentunit"),
            Figure("Characters of a text", "By quantile.",
                [Query(quantile(share, "sentiment_text_characters", MODEL), f"p{100 * share:.0f}")
                 for share in (0.1, 0.5, 0.9)]),
            Figure("Languages", "Share of the texts.",
                [Query(f"{rate('sentiment_text_language_total', MODEL, 'language')} / ignoring "
                       "(language) group_left () "
                       f"{rate('sentiment_text_language_total', MODEL)}", "{{language}}")],
                "percentunit", stacked=True, most=1),
            Figure("Labels, day against week", "What moved slowly.",
                [Query(f"sentiment:label:share1d{{{MODEL}}}", "day {{label}} {{model}}"),
                 Query(f"sentiment:label:share1w{{{MODEL}}}", "week {{label}} {{model}}")],
                "percentunit", most=1),
        ]),
        ("The monitor", [
            Figure("Decision", "Of its last look: ok, watch, act or unknown.",
                [Query("max by (model, decision) (sentiment_monitor_decision"
                       '{model=~"$model"} == 1)',
                       "{{model}}: {{decision}}")], single=True, named=True),
            Figure("Last look", "Since it ended.",
                [Query("time() - max by (model) (sentiment_monitor_finished_timestamp_seconds"
                       '{model=~"$model"})', "{{model}}")],
                "s", single=True, limit=93600),
            Figure("Findings", "1 is worth a look, 2 worth acting on.",
                [Query("max by (model, finding) (sentiment_monitor_finding_verdict"
                       '{model=~"$model"}) > 0', "{{finding}} {{model}}")],
                single=True, limit=2),
            Figure("Accuracy", "Of the answers that people judged, and as the model's confidence "
                "lets expect of all.",
                [Query('max by (model) (sentiment_monitor_accuracy{model=~"$model"})',
                       "judged {{model}}"),
                 Query('max by (model) (sentiment_monitor_estimated_accuracy{model=~"$model"})',
                       "expected {{model}}")], "percentunit", most=1),
        ]),
    ],
)  # fmt: skip

OF_VARIANT = f'{JOB},experiment=~"$experiment"'
VARIANT = "experiment, variant"


def of_variant(family: str, labels: str = OF_VARIANT, by: str = VARIANT) -> str:
    """Returns the query of a rate by variant."""
    return rate(f"sentiment_experiment_{family}", labels, by)


EXPERIMENT = Board(
    "experiment", "Sentiment: experiment", "How do the variants do, side by side?",
    [OF_JOB, OF_EXPERIMENT],
    [
        ("Variants", [
            Figure("Requests a second", "By the variant that answered; a shadow's go to nobody.",
                [Query(of_variant("requests_total"), "{{variant}}")], "reqps", stacked=True),
            Figure("Stopped", "1 for a variant that gets no callers any more.",
                [Query(f"max by ({VARIANT}) (sentiment_experiment_stopped{{{OF_VARIANT}}})",
                       "{{variant}}")], single=True, limit=1),
            Figure("Failed", "Share of its requests answered by 5xx.",
                [Query(ratio(of_variant("requests_total", f'{OF_VARIANT},status="5xx"'),
                             of_variant("requests_total")), "{{variant}}")], "percentunit"),
            Figure("99th percentile", "Of the seconds until an answer.",
                [Query(quantile(0.99, "sentiment_experiment_request_seconds", OF_VARIANT, VARIANT),
                       "{{variant}}")], "s"),
        ]),
        ("Answers", [
            Figure("Labels", "Share of its requests' texts.",
                [Query(f"{of_variant('label_shares_total', by=VARIANT + ', label')} / ignoring "
                       "(label) group_left () sum by (experiment, variant) (rate("
                       f"sentiment_experiment_label_shares_total{{{OF_VARIANT}}}"
                       "[$__rate_interval]))", "{{variant}} {{label}}")], "percentunit", most=1),
            Figure("Confidence", "Mean highest probability.",
                [Query(f"{of_variant('confidence_total')} / "
                       f"{of_variant('label_shares_total')}", "{{variant}}")],
                "percentunit", most=1),
            Figure("Confirmed", "Share of its answers with feedback that it calls right, since the "
                "start. The verdict is the analysis's: this has no intervals.",
                [Query(ratio(f"sum by ({VARIANT}) (sentiment_experiment_feedback_total"
                             f'{{{OF_VARIANT},outcome="confirmed"}})',
                             f"sum by ({VARIANT}) (sentiment_experiment_feedback_total"
                             f"{{{OF_VARIANT}}})"), "{{variant}}")],
                "percentunit", most=1),
            Figure("Shadow", "Texts by outcome: scored, of these agreed with the control, failed, "
                "dropped.",
                [Query(of_variant("shadow_texts_total", by="variant, outcome"),
                       "{{variant}} {{outcome}}")], "cps"),
        ]),
        ("Callers", [
            Figure("Assigned by", "Callers stay with their variant; requests without one do not.",
                [Query(of_variant("assignments_total", by="experiment, by"), "{{by}}")], "reqps"),
        ]),
    ],
)  # fmt: skip

BOARDS = (SERVICE, MODEL_BOARD, DATA, EXPERIMENT)


def main() -> None:
    """Writes the dashboards into the chart."""
    for board in BOARDS:
        (FOLDER / f"{board.name}.json").write_text(rendered(board))


if __name__ == "__main__":
    main()

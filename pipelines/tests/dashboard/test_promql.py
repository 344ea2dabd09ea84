import pytest

from sentiment_common.errors import InputError
from sentiment_pipelines.dashboard import promql
from sentiment_pipelines.dashboard.samples import Samples, labels_of, parsed


@pytest.fixture
def samples():
    found = Samples(keep=600)
    for look in range(13):
        text = f'asked_total{{code="200"}} {10 * look}\nasked_total{{code="500"}} {look}\nload 4\n'
        found.look(look * 5.0, parsed(text))
    return found


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("2 * (3 + 4)", {(): 14}),
        ("load > 3", {labels_of(__name__="load"): 4}),
        ("load > 5", {}),
        ("sum(rate(asked_total[1m]))", {(): 2.2}),
        ('rate(asked_total{code=~"5.."}[1m])', {labels_of(code="500"): 0.2}),
        ("absent(load) or absent(nothing)", {(): 1}),
        ("load / scalar(sum(load))", {(): 1}),
        ("avg_over_time(asked_total{code='500'}[20s])", {labels_of(code="500"): 10}),
        ("histogram_quantile(0.5, load)", {}),
    ],
)
def test_queries_give_what_prometheus_gives(samples, query, expected):
    found = promql.vector(promql.query(query)(samples, 60.0))
    assert found == {labels: pytest.approx(value) for labels, value in expected.items()}


@pytest.mark.parametrize(
    "query",
    ["sum(", "topk(2, load)", "load[5m:1m]", "rate(load[1m:5s])", "load @ 3", "stddev(load)",
     "load > bool 3", "predict_linear(load[1m], 3)", '{__name__="load"}', "load ^ 2"],
)  # fmt: skip
def test_what_is_not_understood_is_refused_when_it_is_read(query):
    with pytest.raises(InputError, match="cannot be evaluated"):
        promql.query(query)

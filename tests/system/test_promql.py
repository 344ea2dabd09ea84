"""The dashboard's evaluation of queries against a real Prometheus on the same samples."""

import json
import math
import random
import subprocess
from itertools import accumulate

import pytest
import yaml

from sentiment_pipelines.dashboard import promql
from sentiment_pipelines.dashboard.samples import Samples, parsed
from tests.system.monitoring import FILES, prometheus

BEGIN, STEP, LOOKS, SHAPES = 1_700_000_000, 15, 400, 100
MOMENTS = (BEGIN + 40 * STEP, BEGIN + 200 * STEP + 7, BEGIN + (LOOKS - 1) * STEP)
QUERIES = (
    "up", "sum(up)", "absent(up)", "absent(nothing)", "vector(3)", "time()", "2 - 3 * 4 / 5",
    "rate(asked_total[1m])", "increase(asked_total[20m])", "increase(asked_total[1h] offset 10m)",
    "last_over_time(load[2m])", "abs(load - 3)", "load > 3", "3 < load", "1 - load",
    "load * 0 == 0", "load / 0", "asked_total / on (instance) group_left () load",
    "sum by (code) (rate(asked_total[5m]))", "max without (instance) (load)", "min(load)",
    "avg by (job) (load)", "count(asked_total{code!~'5..'})", "asked_total{code=~'2..|4..'}",
    'asked_total{code!="200"}', "asked_total and on (instance) (load > 3)",
    "asked_total unless on (instance) (load > 3)", "sum(nothing) or vector(0)", "late_total > 0",
    "increase(late_total[30m]) > 0 or (late_total unless late_total offset 30m) > 0",
    "histogram_quantile(0.5, sum by (le) (rate(took_bucket[5m])))",
    "histogram_quantile(0.99, sum by (le, job) (rate(took_bucket[5m])))",
    "load > scalar(sum(load)) / 3", "load - on (instance) other",
    "rate(shaped_total[1m])", "increase(shaped_total[10m])", "avg_over_time(shaped_total[20m])",
    "increase(shaped_total[1h] offset 20m)", "last_over_time(shaped_total[5m])",
    "increase(shaped_total[10m]) > 0 unless last_over_time(shaped_total[1m]) > 500",
    "count(last_over_time(late_total[1d])) unless count(late_total)",
    "absent(last_over_time(nothing[1d]))", "absent(last_over_time(load[1d]))",
    "sum by (code) (rate(asked_total[5m])) / ignoring (code) group_left () "
    "sum(rate(asked_total[5m]))",
)  # fmt: skip


def looks():
    """Yields what each look found: counters that are reset, gauges, a histogram, a latecomer.

    And counters of any shape, which begin, end, have gaps and start anew wherever chance will.
    """
    chance = random.Random(5)  # noqa: S311
    counters = {(i, code): 0 for i in "ab" for code in ("200", "400", "503")}
    buckets = [0, 0, 0]
    shapes = [
        (chance.randrange(LOOKS), chance.randrange(LOOKS), chance.choice((0, 0.1, 0.9)),
         chance.choice((0, 0.05, 0.5)))
        for _ in range(SHAPES)
    ]  # fmt: skip
    shaped = [chance.randrange(1000) for _ in shapes]
    for look in range(LOOKS):
        lines = []
        for (instance, code), value in counters.items():
            rise = chance.randrange(50) if code == "200" else chance.randrange(3)
            new = counters[instance, code] = 0 if chance.random() < 0.02 else value + rise
            lines.append(f'asked_total{{job="s",instance="{instance}",code="{code}"}} {new}')
        for instance in "ab":
            lines.append(f'up{{job="s",instance="{instance}"}} 1')
            lines.append(f'load{{job="s",instance="{instance}"}} {chance.random() * 6}')
            lines.append(f'other{{instance="{instance}"}} {chance.random()}')
        buckets = [count + chance.randrange(5) for count in buckets]
        for bound, count in zip(("0.1", "0.5", "+Inf"), accumulate(buckets), strict=True):
            lines.append(f'took_bucket{{job="s",le="{bound}"}} {count}')
        if look >= 300:
            lines.append('late_total{job="s"} 1')
        for shape, (begin, end, gaps, resets) in enumerate(shapes):
            if not begin <= look < end or chance.random() < gaps:
                continue
            rise = chance.choice((0, 0, 1, chance.randrange(1000)))
            shaped[shape] = rise if chance.random() < resets else shaped[shape] + rise
            lines.append(f'shaped_total{{shape="{shape}"}} {shaped[shape]}')
        yield BEGIN + look * STEP, "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def both(monitoring_tools, tmp_path_factory):
    """The same samples in Prometheus and in memory."""
    folder = tmp_path_factory.mktemp("promql")
    samples, stamped = Samples(keep=1e9), []
    for time, text in looks():
        samples.look(time, parsed(text))
        stamped += [f"{line} {time}" for line in text.splitlines()]
    # A family's samples have to stand together.
    stamped.sort(key=lambda line: line.partition("{")[0])
    (folder / "samples.txt").write_text("\n".join([*stamped, "# EOF"]) + "\n")
    command = ["promtool", "tsdb", "create-blocks-from", "openmetrics"]
    subprocess.run([*command, folder / "samples.txt", folder / "data"], check=True)
    with prometheus(folder, {}, "--storage.tsdb.retention.time=100y") as found:
        yield found, samples


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_means_what_prometheus_says_it_means(both, query):
    found, samples = both
    for moment in MOMENTS:
        theirs = found.get("query", query=query, time=moment)
        ours = promql.query(query)(samples, moment)
        if theirs["resultType"] == "scalar":
            assert ours == pytest.approx(float(theirs["result"][1]))
            continue
        expected = {
            tuple(sorted(it["metric"].items())): float(it["value"][1]) for it in theirs["result"]
        }
        assert promql.vector(ours).keys() == expected.keys(), moment
        for labels, value in promql.vector(ours).items():
            same = value == pytest.approx(expected[labels], rel=1e-9)
            assert same or (math.isnan(value) and math.isnan(expected[labels])), (moment, labels)


def test_queries_without_any_figure_that_is_there_are_empty(both):
    found, samples = both
    rules = yaml.safe_load((FILES / "rules.yaml").read_text())["groups"]
    asked = [rule["expr"] for group in rules for rule in group["rules"]]
    for path in (FILES / "dashboards").glob("*.json"):
        for panel in json.loads(path.read_text())["panels"]:
            asked += [it["expr"] for it in panel.get("targets", ())]
    for query in (it.replace("$__rate_interval", "1m") for it in asked):
        theirs = found.ask(query, time=MOMENTS[-1])
        assert len(promql.vector(promql.query(query)(samples, MOMENTS[-1]))) == len(theirs), query

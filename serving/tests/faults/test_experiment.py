"""An experiment under ten times too much load: what is refused belongs to no variant."""

import re

import httpx
import pytest
from harness.load import measure, post

LIMIT = 8
ASKED = [post("/predict", b'{"text": "good"}', [f"X-Caller-Id: c{number}"]) for number in range(99)]
EXPERIMENT = """
name = "loaded-1"
[[variants]]
name = "control"
model = "tiny"
weight = 1
[[variants]]
name = "challenger"
model = "other"
weight = 1
[[variants]]
name = "ghost"
model = "other"
shadow = true
[[guardrails]]
metric = "error_rate"
most = 0.01
"""


@pytest.fixture
def server(serve, other_bundle, tmp_path):
    file = tmp_path / "experiment.toml"
    file.write_text(EXPERIMENT)
    with serve(
        experiment=file, more_models=f"other={other_bundle}", max_concurrency=LIMIT,
        request_log=tmp_path / "log",
    ) as (server, log):  # fmt: skip
        yield server
        assert "Traceback" not in log.read_text()


def test_what_is_refused_belongs_to_no_variant_and_no_shadow_delays_it(server, tmp_path):
    load = measure(server.port, ASKED, connections=10 * LIMIT, seconds=2, warm_up=0)
    assert load.outcomes["429"] > 0
    assert set(load.outcomes) == {"200", "429"}
    text = httpx.get(f"http://127.0.0.1:{server.port}/metrics").text
    found = re.findall(r"^sentiment_experiment_requests_total\{(.*)\} (\S+)$", text, re.MULTILINE)
    answered = sum(float(count) for labels, count in found if "ghost" not in labels)
    assert all('status="2xx"' in labels for labels, _ in found)
    # The request that the start waited for was answered too.
    assert answered == load.outcomes["200"] + 1
    assert not list(tmp_path.glob("*.state.json")), "no guardrail has taken overload for a fault"

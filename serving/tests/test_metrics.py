import os
import subprocess
import sys

import pytest

from sentiment_serving.metrics import FOLDER, Metrics

WORKER = """
from sentiment_serving.metrics import Metrics
metrics = Metrics()
metrics.answered("/predict", 200, 0.003)
metrics.scored("tiny", ["positive", "positive", "neutral"])
metrics.in_flight(2)
metrics.serves(model="tiny", bundle="tiny", version="1", digest="d", now=True)
print(metrics.text().decode())
"""


@pytest.fixture
def worker(tmp_path):
    def run():
        return subprocess.run(
            [sys.executable, "-c", WORKER], env={**os.environ, FOLDER: str(tmp_path)},
            capture_output=True, text=True, check=True, timeout=60,
        ).stdout  # fmt: skip

    return run


def test_the_figures_of_all_workers_are_added(worker):
    worker()
    text = worker()
    assert 'sentiment_requests_total{route="/predict",status="200"} 2.0' in text
    assert 'sentiment_texts_total{label="positive",model="tiny"} 4.0' in text
    assert 'sentiment_request_seconds_bucket{le="0.005",route="/predict"} 2.0' in text


def test_requests_in_flight_of_a_dead_worker_are_not_counted(worker):
    worker()
    assert "sentiment_in_flight 2.0" in worker()


def test_what_the_log_did_is_counted_once():
    metrics = Metrics()
    metrics.logged({"written": 3})
    metrics.logged({"written": 5, "queue full": 1})
    text = metrics.text().decode()
    assert 'sentiment_request_log_texts_total{outcome="written"} 5.0' in text
    assert 'sentiment_request_log_texts_total{outcome="queue full"} 1.0' in text


def test_a_refused_request_and_a_batch_are_counted():
    metrics = Metrics()
    metrics.refused("busy")
    metrics.batch(12)
    metrics.stale("tiny", away=True)
    metrics.switched("tiny", "refused")
    text = metrics.text().decode()
    assert 'sentiment_refused_total{reason="busy"} 1.0' in text
    assert 'sentiment_batch_texts_bucket{le="16.0"} 1.0' in text
    assert 'sentiment_model_stale{model="tiny"} 1.0' in text
    assert 'sentiment_model_switches_total{model="tiny",outcome="refused"} 1.0' in text

"""Asks MLflow whether it is well and what experiments it has: `python3 ask.py http://HOST`."""

import json
import sys
import urllib.request

SECONDS = 30
address = sys.argv[1]
for path in ("health", "api/2.0/mlflow/experiments/search?max_results=1"):
    with urllib.request.urlopen(f"{address}/{path}", timeout=SECONDS) as answer:  # noqa: S310 (ours)
        content = answer.read()
if not json.loads(content)["experiments"]:
    sys.exit("MLflow has not made its first experiment")
sys.stdout.write("MLflow answers\n")

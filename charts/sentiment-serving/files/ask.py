"""Asks the service what it makes of a text: `python3 ask.py http://HOST [KEYS_FILE]`."""

import json
import sys
import urllib.request
from pathlib import Path

SECONDS = 30
_, address, *files = sys.argv
lines = Path(files[0]).read_text(encoding="utf-8").split("\n") if files else []
keys = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
with urllib.request.urlopen(f"{address}/readyz", timeout=SECONDS) as answer:  # noqa: S310 (ours)
    sys.stdout.write(f"/readyz: {answer.status}\n")
headers = {"Content-Type": "application/json"} | ({"X-API-Key": keys[0]} if keys else {})
body = json.dumps({"text": "Works well."}).encode()
request = urllib.request.Request(f"{address}/predict", body, headers)  # noqa: S310 (ours)
with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 (ours)
    (prediction,) = json.load(answer)["predictions"]
if abs(sum(prediction["probabilities"].values()) - 1) > 1e-6:
    sys.exit(f"no probabilities: {prediction}")
sys.stdout.write(f"/predict: {prediction['label']}\n")

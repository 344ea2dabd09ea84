"""Writes a bundle as the MLflow model that push registers: ``package.py BUNDLE FOLDER``.

Runs in push's environment.
"""

import sys
from pathlib import Path

from sentiment_push.packaging import write_mlflow_model

if __name__ == "__main__":
    write_mlflow_model(Path(sys.argv[1]), Path(sys.argv[2]))

"""What each environment costs before any work is done: its command line and its libraries."""

import argparse
import statistics
import subprocess
import time

from sentiment_pipelines.environments import process_environment, rooms, sync
from sentiment_pipelines.interfaces import stages

LIBRARIES = {
    "ingest": "pyarrow.parquet",
    "validate": "tensorflow_data_validation",
    "transform": "tensorflow_transform.beam",
    "train_baseline": "sklearn.linear_model",
    "train_deep": "tensorflow",
    "evaluate": "tensorflow",
    "push": "mlflow.pyfunc",
    "pipelines": "kfp",
}


def seconds(command: list[str], room: str, repeats: int) -> list[float]:
    """Returns how long a command takes in a room's environment, once for each repeat."""
    environment = process_environment(rooms()[room])
    measured = []
    for _ in range(repeats):
        begin = time.monotonic()
        subprocess.run(command, env=environment, capture_output=True, check=True)
        measured.append(time.monotonic() - begin)
    return measured


def main() -> None:
    """Prints a table, a row for each environment."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    print(f"Seconds, {repeats} repeats: median (min to max)\n")
    print("| environment | --version | import of its libraries |")
    print("| --- | --- | --- |")
    for name in [*stages(), "pipelines"]:
        room = rooms()[name]
        sync(room)
        command = ["sentiment-" + name.replace("_", "-"), "--version"]
        if name == "pipelines":
            command[1] = "--help"
        seconds(command, name, 1)  # writes the bytecode
        library = LIBRARIES[name]
        importing = [str(room.python), "-c", f"import {library}"]
        seconds(importing, name, 1)
        print(
            f"| {name} | {_range(seconds(command, name, repeats))} "
            f"| {library} {_range(seconds(importing, name, repeats))} |",
            flush=True,
        )


def _range(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


if __name__ == "__main__":
    main()

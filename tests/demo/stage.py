"""What the demonstrations share: the pipelines, the service and a public that calls it."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = ROOT / "var" / "envs"
DUMP = """\
import json, sys, pyarrow.parquet as pq
table = pq.read_table(sys.argv[1], columns=["text", "label", "source"])
print(json.dumps(list(zip(*table.to_pydict().values()))))
"""


@dataclass(frozen=True)
class Stage:
    """A house of its own, with a service on a port.

    Attributes:
        var: Where its state is kept.
        port: Where its service listens.
    """

    var: Path
    port: int

    @property
    def environment(self) -> dict[str, str]:
        """Variables of every command."""
        registry = f"sqlite:///{self.var}/mlflow/mlflow.db"
        return {**os.environ, "SENTIMENT_VAR": str(self.var), "MLFLOW_TRACKING_URI": registry}

    @property
    def log(self) -> Path:
        """Folder of the request log."""
        return self.var / "requests"

    def pipelines(
        self, *arguments: object, codes: Sequence[int] = (0,), text: str | None = None
    ) -> str:
        """Runs a command of the pipelines and returns what it printed.

        Args:
            *arguments: Its command line.
            codes: Exit codes that are expected.
            text: What it reads from its standard input.

        Raises:
            SystemExit: It ended otherwise.
        """
        program = BIN / "pipelines" / "bin" / "sentiment-pipelines"
        command = [str(program), *map(str, arguments)]
        done = subprocess.run(
            command, env=self.environment, input=text, capture_output=True, text=True, check=False
        )
        if done.returncode not in codes:
            sys.exit(
                f"{' '.join(command)} ended with {done.returncode}\n{done.stdout}{done.stderr}"
            )
        return done.stdout + done.stderr

    def behind(self, alias: str) -> str:
        """Returns the short digest of the model behind an alias."""
        listed = json.loads(self.pipelines("promotions", "--json"))
        return next(short(it["digest"]) for it in listed if it["alias"] == alias and it["reigning"])

    def examples(self, folder: Path, *splits: str) -> list[tuple[str, str, str]]:
        """Returns text, label and source of the rows in splits of an examples artifact."""
        found: list[tuple[str, str, str]] = []
        for split in splits:
            path = folder / split / "examples.parquet"
            command = [str(BIN / "ingest" / "bin" / "python"), "-c", DUMP, str(path)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found += map(tuple, json.loads(done.stdout))
        return found

    @contextmanager
    def service(self, *options: object, log: Path | None = None) -> Iterator[None]:
        """Runs the service, which follows the champion, inside the context."""
        program = BIN / "serving-tensorflow" / "bin" / "sentiment-serve"
        command = [str(program), "run", "--port", str(self.port), "--follow", "2"]
        command += ["--model", "models:/sentiment@champion", "--request-log", str(log or self.log)]
        command += ["--home", str(self.var / "bentoml"), *map(str, options)]
        with (self.var / "service.log").open("w") as output:
            process = subprocess.Popen(command, env=self.environment, stdout=output, stderr=output)
            try:
                until = time.monotonic() + 120
                while process.poll() is None and not self.answers():
                    if time.monotonic() > until:
                        break
                    time.sleep(0.5)
                if process.poll() is not None or not self.answers():
                    sys.exit(f"the service did not start, see {output.name}")
                yield
            finally:
                process.terminate()
                process.wait(30)

    def answers(self) -> bool:
        """Tells whether the service is ready."""
        try:
            return bool(self.call("/models"))
        except (urllib.error.URLError, ConnectionError):
            return False

    def call(self, path: str, content: dict | None = None, **headers: str) -> dict:
        """Returns what the service answers to a GET, or to a POST of some content."""
        body = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", body,
            {"Content-Type": "application/json", **headers},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.loads(answer.read() or "null")

    def served_after(self, gone: str) -> str:
        """Waits until the default model is another one and returns it, with the seconds it took."""
        begin = time.monotonic()
        while time.monotonic() < begin + 60:
            content = {"texts": ["good"], "model": "sentiment"}
            digest = short(self.call("/predict", content)["model"]["digest"])
            if digest != gone:
                return f"{digest}, {time.monotonic() - begin:.1f} s"
            time.sleep(0.2)
        sys.exit(f"the service still answers with {gone}")


def free_port() -> int:
    """Returns a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def short(digest: str) -> str:
    """Returns the beginning of a digest."""
    return digest.removeprefix("sha256:")[:12]


def teller():
    """Returns a function that prints a line with the seconds since now."""
    begin = time.monotonic()

    def tell(line: str) -> None:
        print(f"{time.monotonic() - begin:6.0f} s  {line}", flush=True)

    return tell

"""A clone of a repository, in which somebody versions data."""

import os
import subprocess
import sys
from pathlib import Path

SECRET = "correct-horse-battery"  # noqa: S105 (of a server that lives as long as the tests)
KEYS = {
    "AWS_ACCESS_KEY_ID": "reviews", "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_DEFAULT_REGION": "eu-1",
}  # fmt: skip
Result = subprocess.CompletedProcess[str]


class Team:
    """A clone in which somebody works."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.reviews = folder / "data" / "reviews.csv"

    def git(self, *words: str) -> str:
        """Runs git."""
        command = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@shop.example", *words]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def data(self, *words: str, **variables: str) -> Result:
        """Runs ``sentiment-pipelines data``."""
        command = [Path(sys.executable).with_name("sentiment-pipelines"), "data", *words]
        kept = {name: it for name, it in os.environ.items() if not name.startswith("AWS_")}
        return subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, check=False,
            env={**kept, **variables},
        )  # fmt: skip

    def commit(self, message: str) -> None:
        """Commits what ``data add`` says is to be committed."""
        self.git("add", ".dvc", "data")
        self.git("commit", "--quiet", "--message", message)

    def version(self, content: str, message: str) -> None:
        """Makes a version of the reviews."""
        self.reviews.parent.mkdir(exist_ok=True)
        self.reviews.write_text(content)
        done = self.data("add", "data/reviews.csv")
        assert done.returncode == 0, done.stderr
        self.commit(message)

    def clone(self, folder: Path) -> "Team":
        """Returns a clone, which has the .dvc files and none of the data."""
        self.git("clone", "--quiet", str(self.folder), str(folder))
        return Team(folder)

"""Retraining without hands: from traffic that has changed to a model that has learned it.

A model of reviews and tweets is served. Then its public sends film reviews, and some weeks' labels
arrive. The monitor notices, one check begins a retraining, the gate judges it, the service follows.
After that come labels that lie, of one caller and of many, and a challenger that has forgotten what
it knew: none of them becomes champion.

Everything is real but the public: its texts and labels are those of the default corpus. Which of
them are asked, which are said to be right, and which are only measured on, is drawn once.

Run it by ``make demo-retraining``; it needs the standard library and keeps its state in
``var/demo-retraining``.
"""

import argparse
import csv
import itertools
import json
import math
import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.demo.stage import BIN, ROOT, Stage, free_port, teller

LABELS = ("negative", "neutral", "positive")
OPPOSITE = {"negative": "positive", "neutral": "negative", "positive": "negative"}
CLIENTS, LYING_SHARE = 8, 0.35
POLICY = """\
[triggers]
rows = {rows}
days = 0
[rows]
# What the lies of many come to shall be seen, and not only that somebody has to look at them.
least_agreement = 0
[limits]
cooldown_hours = 0
per_week = 20
retry_after_hours = 0
[run]
epochs = {epochs}
out_of_domain = "{editorials}"
"""
FORGETTING = """\
replay = 0.02
"""

Row = tuple[str, str]


@dataclass(frozen=True)
class Sizes:
    """How much is played.

    Attributes:
        home: Rows that the first model is made of; 0 is all of them.
        told: Film reviews whose label somebody tells.
        held_out: Film reviews that are only measured on.
        poison: Texts whose labels are lies, each time.
        epochs: Of the deep candidate.
    """

    home: int
    told: int
    held_out: int
    poison: int
    epochs: int


WHOLE = Sizes(home=0, told=2_000, held_out=2_000, poison=1_000, epochs=30)
SMALL = Sizes(home=3_000, told=2_000, held_out=600, poison=600, epochs=1)


@dataclass(frozen=True)
class Public:
    """Whoever asks, and what is true.

    Attributes:
        home: Reviews and tweets, the rows of the first model: text, label, source.
        calm: Reviews and tweets that are asked and, half of them, told of.
        home_unseen: Reviews and tweets that are only measured on.
        films: Film reviews that are asked and told of.
        films_unseen: Film reviews that are only measured on.
        liars: Film reviews whose labels are lies: the first half of one caller, the second of many.
        more: Film reviews that are asked and told of in the end.
    """

    home: Sequence[tuple[str, str, str]]
    calm: Sequence[Row]
    home_unseen: Sequence[Row]
    films: Sequence[Row]
    films_unseen: Sequence[Row]
    liars: Sequence[Row]
    more: Sequence[Row]


def truth(number: int, label: str) -> str:
    """Says what is true."""
    return label


def lie(number: int, label: str) -> str:
    """Says what is not."""
    return OPPOSITE[label]


def visitor(number: int) -> str:
    """Returns a caller of their own for each request."""
    return f"visitor-{number}"


class Loop:
    """The house with its public, step by step.

    Args:
        stage: The house.
        sizes: How much is played.
        tell: Is told what happens.
    """

    def __init__(self, stage: Stage, sizes: Sizes, tell: Callable[[str], None]) -> None:
        self.stage, self.sizes, self.tell = stage, sizes, tell
        self.figures: dict[str, object] = {}
        self.asked, self.begun = 0, datetime.now(UTC)

    def invite(self) -> Public:
        """Reads the corpus, deals it out once, and writes the files that runs are given."""
        chance = random.Random(13)
        home, away = self._corpus("amazon,tweets"), self._corpus("movies,editorials")
        chance.shuffle(home)
        calm, unseen, home = home[:600], home[600:1_200], home[1_200:]
        home = home[: self.sizes.home or None]
        films = [(text, label) for text, label, source in away if source == "movies"]
        chance.shuffle(films)
        rest = iter(films)
        sizes = self.sizes.told, self.sizes.held_out, 2 * self.sizes.poison, self.sizes.poison
        told, held_out, liars, more = (list(itertools.islice(rest, size)) for size in sizes)
        self._write("home.csv", home)
        self._write("editorials.csv", (it for it in away if it[2] == "editorials"))
        both = [it[:2] for it in calm], [it[:2] for it in unseen]
        return Public(home, *both, told, held_out, liars, more)

    def _corpus(self, corpora: str) -> list[tuple[str, str, str]]:
        folder = self.stage.var / "corpus" / corpora.replace(",", "-")
        command = [str(BIN / "ingest" / "bin" / "sentiment-ingest"), "--corpora", corpora]
        subprocess.run(
            [*command, "--out-examples", str(folder)],
            check=True, capture_output=True, env=self.stage.environment,
        )  # fmt: skip
        return self.stage.examples(folder, "train", "validation", "test")

    def _write(self, name: str, rows: Iterable[tuple[str, str, str]]) -> None:
        with (self.stage.var / name).open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(("text", "label", "source"))
            writer.writerows(rows)

    def train(self) -> str:
        """Makes the first champion and returns its digest."""
        given = {
            "source": self.stage.var / "home.csv", "label_column": "label",
            "source_column": "source", "epochs": self.sizes.epochs,
            "out_of_domain": self.stage.var / "editorials.csv",
        }  # fmt: skip
        self.stage.pipelines(
            "run", *(part for name, it in given.items() for part in ("--set", f"{name}={it}"))
        )
        return self.stage.behind("champion")

    def ask(
        self, rows: Sequence[Row], who: Callable[[int], str],
        says: Callable[[int, str], str] = truth, share: float = 1.0,
    ) -> str:  # fmt: skip
        """Sends texts one by one; returns the id of the last request.

        Args:
            rows: The texts and what is true of them.
            who: Gives the caller of a request by its number.
            says: What a caller says the label is, by the request's number and the true label.
            share: Of the requests that somebody says something about.
        """
        self.begun = datetime.now(UTC)
        first, chance = self.asked, random.Random(self.asked)
        self.asked += len(rows)
        speaks = [chance.random() < share for _ in rows]

        def visit(number: int) -> None:
            (text, label), caller = rows[number], who(number)
            name = f"loop-{first + number}"
            headers = {"X-Caller-Id": caller, "X-Request-Id": name}
            self.stage.call("/predict", {"texts": [text]}, **headers)
            if speaks[number]:
                said = {"request_id": name, "label": says(number, label), "by": caller}
                self.stage.call("/feedback", said)

        with ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(visit, range(len(rows))))
        time.sleep(1.0)  # the log is written every half second
        return f"loop-{first + len(rows) - 1}"

    def score(self, name: str, rows: Sequence[Row], what: str) -> None:
        """Measures the champion on rows that nobody tells of: accuracy and macro-F1, in percent.

        It is asked by batch prediction, so that what is measured does not lie in the log.

        Args:
            name: What the figures are called.
            rows: The texts with what is true of them.
            what: The same in words.
        """
        source, scored = self.stage.var / "measured.csv", self.stage.var / "measured"
        self._write(source.name, ((*row, "measured") for row in rows))
        bundle = self.stage.pipelines("champion").strip()
        command = [str(BIN / "batch_predict" / "bin" / "sentiment-batch-predict")]
        command += ["--model", bundle, "--source", str(source), "--output-format", "csv"]
        subprocess.run([*command, "--out-scored", str(scored)], check=True, capture_output=True)
        with (scored / "scored.csv").open(newline="", encoding="utf-8") as stream:
            answers = [it["label"] for it in csv.DictReader(stream)]
        true = [label for _, label in rows]
        accuracy = round(100 * sum(map(str.__eq__, true, answers)) / len(true), 1)
        f1 = round(100 * macro_f1(true, answers), 1)
        self.figures[name] = {"accuracy": accuracy, "macro_f1": f1}
        self.tell(f"accuracy {accuracy}%, macro-F1 {f1} on {what}")

    def monitor(self) -> dict:
        """Watches what was asked last and returns the decision."""
        until = datetime.now(UTC)
        seconds = math.ceil((until - self.begun).total_seconds())
        given = ("--log", self.stage.log, "--window", f"{seconds}s", "--until", until.isoformat())
        self.stage.pipelines("monitor", *given)
        decisions = self.stage.var.glob("monitoring/decisions/*/decision.json")
        return json.loads(max(decisions, key=lambda path: path.stat().st_mtime).read_text())

    def check(self, extra: str = "", alerts: str | None = None, codes=(0,), rows: int = 0) -> dict:
        """Lets one check decide, and act; returns the last line of the decision log.

        Args:
            extra: What the policy says beside the demonstration's.
            alerts: What Alertmanager sends; None: nobody calls.
            codes: Exit codes that are expected.
            rows: So many new labels are reason enough; 0: they never are.
        """
        policy = self.stage.var / "retraining.toml"
        editorials = self.stage.var / "editorials.csv"
        policy.write_text(
            extra + POLICY.format(epochs=self.sizes.epochs, editorials=editorials, rows=rows)
        )
        asked = ["retrain-check", "--log", self.stage.log, "--policy", policy]
        asked += ["--alerts", "-"] if alerts is not None else []
        self.stage.pipelines(*asked, codes=codes, text=alerts)
        return self.journal()[-1]

    def pass_over(self, reason: str) -> None:
        """Takes the labels of until now out of every later training, as a person would."""
        self.stage.pipelines(
            "retrain-check", "--log", self.stage.log, "--discard", f"demo: {reason}"
        )

    def journal(self) -> list[dict]:
        """Returns the decision log."""
        path = self.stage.var / "retraining" / "decisions.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()]

    def note(self, name: str, value: object, words: str) -> None:
        """Keeps a figure and tells it."""
        self.figures[name] = value
        self.tell(words)


def play(loop: Loop, alerts: Callable[[], str] | None = None) -> None:
    """Plays the whole story.

    Args:
        loop: The house.
        alerts: Waits for the alert that asks for a retraining and returns what its receiver is
            sent; None: the check looks at the monitor's decision alone.
    """
    public = loop.invite()
    champion = loop.train()
    loop.note("champion", champion, f"champion {champion}, trained on reviews and tweets")
    with loop.stage.service("--request-log-text", "raw"):
        calm(loop, public)
        recovered = drift(loop, public, champion, alerts)
        poison(loop, public)
        forgetting(loop, public)
        end = loop.stage.behind("champion")
        loop.note("champion_at_the_end", end, f"champion at the end: {end}, still {recovered}")


def calm(loop: Loop, public: Public) -> None:
    """What the model knows: nothing follows."""
    loop.score("home_before", public.home_unseen, "reviews and tweets, which it was trained on")
    loop.score("films_before", public.films_unseen, "film reviews, which nobody sends yet")
    loop.ask(public.calm, visitor, share=0.5)
    decision = loop.monitor()["decision"]
    loop.note("monitor_calm", decision, f"monitor: {decision}")
    said = loop.check()
    loop.note("check_calm", said["decision"], f"check: {said['decision']}: {said['reasons'][0]}")


def drift(loop: Loop, public: Public, champion: str, alerts: Callable[[], str] | None) -> str:
    """The public changes, labels arrive, a model learns it; returns the new champion."""
    request = loop.ask(public.films, visitor)
    told = f"{len(public.films):,} film reviews were asked, and told of"
    found = loop.monitor()
    loop.note("monitor_drift", found["decision"], f"{told}; monitor: {found['decision']}")
    for reason in found["reasons"][:3]:
        loop.tell(f"  {reason}")
    before = time.monotonic()
    said = loop.check(alerts=alerts() if alerts else None)
    seconds = time.monotonic() - before
    loop.note("check_drift", said["outcome"], f"check: {said['outcome']} after {seconds:.0f} s")
    loop.note("trigger", said["trigger"], f"  because of {', '.join(said['trigger'])}")
    new = loop.stage.served_after(champion)
    loop.note("recovered", new.partition(",")[0], f"the service answers with {new}")
    loop.score("films_after", public.films_unseen, "the same film reviews, of which nobody told")
    loop.score("home_after", public.home_unseen, "the same reviews and tweets")
    loop.note("again", loop.check()["decision"], "the same signals again: nothing more follows")
    loop.note("request", request, f"make trace REQUEST={request} tells where its answer came from")
    return new.partition(",")[0]


def poison(loop: Loop, public: Public) -> None:
    """Labels that lie: one caller always, then many callers some of the time."""
    half, chance = len(public.liars) // 2, random.Random(17)
    lies = [chance.random() < LYING_SHARE for _ in public.liars]
    for name, rows, who, says, what in (
        ("one", public.liars[:half], lambda number: "liar", lie, "one caller, who always lies"),
        (
            "many", public.liars[half:], visitor,
            lambda number, label: lie(number, label) if lies[number] else label,
            f"many callers, {LYING_SHARE:.0%} of them lies",
        ),
    ):  # fmt: skip
        loop.ask(rows, who, says)
        loop.monitor()
        said = loop.check(codes=(0, 3))
        came = said["outcome"] or said["decision"]
        loop.note(f"poison_of_{name}", came, f"{len(rows):,} labels of {what}: {came}")
        for reason in said["reasons"][:3]:
            loop.tell(f"  {reason}")
        loop.pass_over("they were lies")


def forgetting(loop: Loop, public: Public) -> None:
    """A challenger that has forgotten what it knew."""
    loop.ask(public.more, visitor)
    loop.monitor()
    said = loop.check(FORGETTING, codes=(0, 3), rows=len(public.more) // 2)
    came = said["outcome"] or said["decision"]
    loop.note("forgetting", came, f"a challenger of {FORGETTING.strip()}: {came}")
    for reason in said["reasons"][:3]:
        loop.tell(f"  {reason}")


def macro_f1(true: Sequence[str], said: Sequence[str]) -> float:
    """Returns the mean F1 of the labels."""
    pairs = list(zip(true, said, strict=True))

    def f1(label: str) -> float:
        both = sum(it == answer == label for it, answer in pairs)
        either = sum((it == label) + (answer == label) for it, answer in pairs)
        return 2 * both / either if either else 0.0

    return sum(map(f1, LABELS)) / len(LABELS)


def main() -> None:
    """Plays it and leaves the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--small", action="store_true", help="fewer rows: minutes, coarse figures")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    arguments = parser.parse_args()
    var = Path(os.environ.get("SENTIMENT_VAR") or ROOT / "var" / "demo-retraining").resolve()
    shutil.rmtree(var, ignore_errors=True)
    var.mkdir(parents=True)
    loop = Loop(Stage(var, free_port()), SMALL if arguments.small else WHOLE, teller())
    play(loop)
    print(loop.stage.pipelines("promotions"))
    if arguments.json:
        arguments.json.write_text(json.dumps(loop.figures, indent=1) + "\n")


if __name__ == "__main__":
    main()

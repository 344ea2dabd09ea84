"""``sentiment-pipelines label-sample``, ``label``, ``label-import`` and ``label-agreement``."""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sentiment_common.errors import InputError
from sentiment_pipelines.environments import VAR

if TYPE_CHECKING:
    from sentiment_pipelines.labelling.agreement import Agreement, Figure
    from sentiment_pipelines.labelling.batches import Batch
    from sentiment_pipelines.labelling.drift import Training
    from sentiment_pipelines.labelling.traffic import Traffic

SHORT = 12
WIDTH = 140
"""Columns of the output where it is no terminal."""
MOST_ROWS = 5_000
EXAMPLES = {
    "label-sample": """examples:
  sentiment-pipelines label-sample
  sentiment-pipelines label-sample --rows 200 --window 7d --out to-label.csv
  sentiment-pipelines label-sample --labeller anna --labeller ben   # to-label-anna.csv, ...
""",
    "label": """examples:
  sentiment-pipelines label
  sentiment-pipelines label --port 8080 --batch 3f9a

The page is for browsers on this machine; from another one: ssh -L 3002:127.0.0.1:3002 HOST
""",
    "label-import": """examples:
  sentiment-pipelines label-import labelled.csv --by anna
  sentiment-pipelines label-import corrected.csv --by anna --replace
""",
    "label-agreement": """examples:
  sentiment-pipelines label-agreement
  sentiment-pipelines label-agreement --json
""",
}


def add(commands: Any) -> None:
    """Adds the commands."""
    sample = _command(commands, "label-sample", "choose texts of live traffic for people to label")
    sample.add_argument(
        "--log", type=Path, default=VAR / "requests", metavar="DIR",
        help="request log (var/requests)",
    )  # fmt: skip
    sample.add_argument("--rows", type=int, default=200, help="how many at most (200)")
    sample.add_argument("--window", default="7d", help="of the log: 24h, 90m, 7d (7d)")
    sample.add_argument("--until", default="", metavar="TIME", help="its end, ISO time (now)")
    sample.add_argument(
        "--out", type=Path, default=Path("to-label.csv"), metavar="FILE",
        help="for a spreadsheet (to-label.csv)",
    )  # fmt: skip
    sample.add_argument(
        "--labeller", action="append", default=[], metavar="NAME",
        help="a file for each: shared texts are in all of them, of the rest each has its part",
    )  # fmt: skip
    sample.add_argument(
        "--model", default="champion", metavar="DIR",
        help="a bundle, whose training says what is new (default: the champion)",
    )  # fmt: skip
    sample.add_argument("--seed", type=int, default=13, help="of the random part (13)")
    sample.add_argument("--replace", action="store_true", help="write over files that are there")
    sample.set_defaults(command=_sample)
    page = _command(commands, "label", "label texts on a page of this machine")
    page.add_argument("--port", type=int, default=3002, help="of the page (3002)")
    page.add_argument("--batch", default="", metavar="ID", help="(default: the latest)")
    page.set_defaults(command=_page)
    taken = _command(commands, "label-import", "take in the labels that somebody has filled in")
    taken.add_argument("file", type=Path, help="CSV, as a spreadsheet saves it")
    taken.add_argument("--by", required=True, metavar="NAME", help="who filled it in")
    taken.add_argument(
        "--replace", action="store_true", help="where they have changed their mind, the new counts"
    )
    taken.set_defaults(command=_import)
    agreement = _command(commands, "label-agreement", "say how far the labellers agree")
    agreement.add_argument("--json", action="store_true", help="for tools")
    agreement.set_defaults(command=_agreement)
    for command in (sample, page, taken, agreement):
        command.add_argument(
            "--labels", type=Path, metavar="FILE", help="all labels (data/labels.csv)"
        )


def _command(commands: Any, name: str, help_: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=help_, description=f"{help_[0].upper()}{help_[1:]}.", epilog=EXAMPLES[name],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    return parser


def _labels(arguments: argparse.Namespace) -> Path:
    from sentiment_pipelines.labelling import store

    return Path(arguments.labels).absolute() if arguments.labels else store.default()


def _sample(arguments: argparse.Namespace) -> int:
    from sentiment_pipelines.labelling import batches, sampling, sheet, store, traffic

    if not 1 <= arguments.rows <= MOST_ROWS:
        raise InputError(f"has to be 1 to {MOST_ROWS:,}", where="--rows")
    span = traffic.window(arguments.window, arguments.until)
    files = _files(arguments)
    training = _training(arguments.model)
    labels = store.read(_labels(arguments))
    labelled = {row.text for row in labels}
    spare = sampling.SPARE * arguments.rows
    seen = traffic.collect(arguments.log, span, labelled, arguments.seed, spare)
    batch = sampling.choose(seen, labels, training, span, arguments.rows, arguments.seed)
    if not batch.asks:
        raise InputError(
            "nothing to label in this window", where=str(arguments.log), mend="a longer --window"
        )
    batches.keep(batch)
    dealt = sampling.dealt(batch, [name for name, _ in files], labels)
    for (_, path), asks in zip(files, dealt, strict=True):
        sheet.write(path, asks, batch.id)
    _say_sample(batch, seen, training)
    for name, path in files:
        by = name or "NAME"
        print(f"fill in {path} and take it in: make label-import FILE={path} BY={by}")
    print("or label on a page: make label")
    return 0


def _files(arguments: argparse.Namespace) -> list[tuple[str, Path]]:
    """Returns the file of each labeller.

    Raises:
        InputError: One is there, and may hold labels; or somebody is no labeller.
    """
    from sentiment_pipelines.labelling.keeping import named

    out: Path = arguments.out
    if not out.name:
        raise InputError(f"{str(out)!r} is no file", where="--out")
    names = list(dict.fromkeys(named(name) for name in arguments.labeller))
    found = [(name, out.with_name(f"{out.stem}-{name}{out.suffix}")) for name in names]
    found = found or [("", out)]
    for _, path in found:
        if path.exists() and not arguments.replace:
            raise InputError(
                "it is there already, and may hold labels", where=str(path),
                mend="take it in first, name another one (OUT=), or say that it goes: REPLACE=1",
            )  # fmt: skip
    return found


def _training(model: str) -> "Training | None":
    from sentiment_pipelines.labelling.drift import Training

    if model != "champion":
        return Training.of(Path(model))
    from sentiment_pipelines import champion, tracker

    bundle = champion.champion_bundle(tracker.connect())
    return None if bundle is None else Training.of(bundle)


def _say_sample(batch: "Batch", seen: "Traffic", training: "Training | None") -> None:
    from sentiment_pipelines.labelling.batches import Part

    parts = Counter(ask.part for ask in batch.asks)
    shared = sum(ask.shared for ask in batch.asks)
    listed = ", ".join(f"{parts[part]} {part}" for part in get_args(Part) if parts[part])
    print(f"batch {batch.id}: {len(batch.asks)} texts to label: {listed}; {shared} for everybody")
    drawn = len(batch.draws)
    print(
        f"drawn at random: {drawn} of {batch.population:,} answers of the window, each with "
        f"probability {drawn / max(batch.population, 1):.4g}"
    )
    print(f"log: {seen.account}")
    for reason, count in sorted(seen.passed_over.items()):
        print(f"  {count:,} {reason}")
    if training is None:
        print("no part is drifted: no champion with a reference.json says what training knew")


def _import(arguments: argparse.Namespace) -> int:
    from sentiment_pipelines.labelling import keeping

    by, path = keeping.named(arguments.by), _labels(arguments)
    done = keeping.take_in(arguments.file, by, path, replace=arguments.replace)
    print(
        f"{done.added} labels of {by} added to {_shown(path)}; {done.changed} replaced, "
        f"{done.known} known before, {done.repeated} repeated, {done.empty} rows without a label"
    )
    _conclude(path, done.batches)
    return 0


def _shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _conclude(path: Path, met: Sequence["Batch"]) -> None:
    """Says what the labels tell, and has their version kept."""
    from sentiment_pipelines.labelling import agreement, keeping, store

    if not path.exists():
        print("nothing was labelled")
        return
    rows = store.read(path)
    settled, ties = store.settled(rows), store.tied(rows)
    print(f"labelled by now: {len(settled)} texts; tied, and asked about first: {len(ties)}")
    for batch in met:
        _say_accuracy(batch, settled)
    if any(it.votes > 1 for it in settled) or ties:
        found = agreement.measure(rows)
        print(
            f"agreement on {found.texts} texts: alpha {_figure(found.ordinal)}"
            f"{_judged(found.ordinal)}; more: make label-agreement"
        )
    print(keeping.record(path))


def _say_accuracy(batch: "Batch", settled: Sequence[Any]) -> None:
    from sentiment_pipelines.labelling import accuracy

    for it in accuracy.estimate(batch, settled):
        model = it.digest.removeprefix("sha256:")[:SHORT]
        what = f"accuracy of {model}, {batch.since} to {batch.until}"
        if not it.judged:
            print(f"{what}: none of the {it.drawn} texts drawn at random is labelled yet")
            continue
        print(
            f"{what}: {it.value:.1%} ({it.low:.1%} to {it.high:.1%}), from {it.judged} of "
            f"{it.drawn} texts drawn at random (Wilson, 95%)"
        )


def _agreement(arguments: argparse.Namespace) -> int:
    from sentiment_pipelines.labelling import agreement, store

    path = _labels(arguments)
    found = agreement.measure(store.read(path))
    if arguments.json:
        print(json.dumps(asdict(found), indent=1))
        return 0
    if not found.texts:
        print("no text has the labels of two people yet")
        return 0
    console = Console(
        file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else WIDTH
    )
    print(f"{found.texts} texts with two labels or more")
    for table in (_figures(found), _pairs(found), _labellers(found)):
        console.print("", table, sep="\n")
    return 0


def _figures(found: "Agreement") -> Table:
    table = _table("", "", "95%", "")
    measures = [("raw agreement", found.raw), ("Krippendorff's alpha, nominal", found.nominal)]
    measures += [("Krippendorff's alpha, ordinal", found.ordinal)]
    measures += [("Cohen's kappa", found.kappa)] if found.kappa else []
    for name, it in measures:
        value, interval = _figure(it).partition(" (")[::2]
        said = _judged(it).strip(" ,") if "alpha" in name else ""
        table.add_row(name, value, interval.rstrip(")"), said)
    return table


def _pairs(found: "Agreement") -> Table:
    table = _table("pairs of labels", *found.pairs)
    for label, row in found.pairs.items():
        table.add_row(label, *map(str, row.values()))
    return table


def _labellers(found: "Agreement") -> Table:
    shares = [f"share {label}" for label in found.pairs]
    table = _table("labeller", "texts", "agrees with others", "bias", *shares)
    for it in found.labellers:
        agreed = "" if it.agreed is None else f"{it.agreed:.1%} of {it.compared}"
        bias = "" if it.bias is None else f"{it.bias:+.2f}"
        shown = [f"{share:.1%}" for share in it.shares.values()]
        table.add_row(escape(it.name), str(it.texts), agreed, bias, *shown)
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(first, no_wrap=True)
    for title in others:
        table.add_column(title, no_wrap=True, justify="right")
    return table


def _figure(it: "Figure") -> str:
    if it.value is None:
        return "not defined, all labels are the same"
    interval = "" if it.low is None else f" ({it.low:.3f} to {it.high:.3f})"
    return f"{it.value:.3f}{interval}"


def _judged(it: "Figure") -> str:
    from sentiment_pipelines.labelling.agreement import RELIABLE, TENTATIVE

    if it.value is None:
        return ""
    if it.value >= RELIABLE:
        return ", reliable"
    return ", tentative" if it.value >= TENTATIVE else ", not reliable: talk about the hard texts"


def _page(arguments: argparse.Namespace) -> int:
    from sentiment_pipelines.labelling import batches
    from sentiment_pipelines.labelling.desk import Desk
    from sentiment_pipelines.labelling.server import listen

    batch, path = batches.pick(arguments.batch), _labels(arguments)
    server = listen(Desk(batch, path), arguments.port)
    print(
        f"http://127.0.0.1:{arguments.port} asks about the {len(batch.asks)} texts of {batch.id}; "
        "end it with Ctrl+C",
        flush=True,
    )
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()
    finally:
        server.server_close()
        _conclude(path, [batch])
    return 0

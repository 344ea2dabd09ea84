"""One run of a pipeline in a cluster: everything from the command to its exit code."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from sentiment_common.errors import InputError
from sentiment_pipelines import (
    backends,
    display,
    graph,
    outcomes,
    outside,
    parameters,
    runs,
)
from sentiment_pipelines.backends.kubeflow import (
    Cluster,
    client,
    conf,
    package,
    pods,
    recurring,
    results,
    states,
    store,
    submission,
)
from sentiment_pipelines.backends.kubeflow.client import Kubeflow
from sentiment_pipelines.backends.kubeflow.pods import Pods
from sentiment_pipelines.backends.kubeflow.progress import Progress
from sentiment_pipelines.backends.kubeflow.settings import Environment
from sentiment_pipelines.backends.kubeflow.store import S3Store
from sentiment_pipelines.backends.kubeflow.types import Package
from sentiment_pipelines.backends.kubeflow.watch import Ended, Patience, Watch
from sentiment_pipelines.order import EXIT_DONE, EXIT_REFUSED, Order
from sentiment_pipelines.recorder import recording
from sentiment_pipelines.runs import Run

HERE = (graph.BATCH, graph.MONITORING)
"""Pipelines that read and write files of this machine."""
DEFAULT = "base"


@dataclass(frozen=True)
class Reached:
    """A cluster all of whose parts have answered.

    Attributes:
        environment: What is known of it.
        kubeflow: Its Kubeflow Pipelines.
        store: Its artifact store.
        pods: Looks at pods; None where Kubernetes cannot be asked.
    """

    environment: Environment
    kubeflow: Kubeflow
    store: S3Store
    pods: Pods | None


def named(cluster: Cluster) -> str:
    """Returns the environment that a command line, a variable or `make kind-up` chooses."""
    up = "kind" if backends.kind_is_up() else DEFAULT
    name = cluster.environment or os.environ.get(conf.VARIABLE) or up
    return str(Path(name).resolve()) if name.endswith(".toml") else name


def environment_of(cluster: Cluster) -> Environment:
    """Returns what is known of the cluster that is chosen.

    Raises:
        InputError: None is chosen, it is not there, or it names no API.
    """
    found = conf.read(named(cluster))
    if not found.connection.api:
        raise InputError(
            "no cluster is named", where=found.where,
            mend="run `make kind-up`, or name one: CONF=cloud, SENTIMENT_CONF=mine.toml",
        )  # fmt: skip
    return found


def reach(environment: Environment, console: Console) -> Reached:
    """Asks every part of a cluster whether it is there, before anything is written.

    Raises:
        InputError: One does not answer, or does not let us in.
    """
    kubeflow = client.connect(environment.connection)
    looking: Pods | None = None
    try:
        looking = pods.connect(environment.connection)
    except InputError as error:
        Progress(console).note(f"{error}: a missing image shows in Kubeflow's interface alone")
    keys = looking.secrets(environment.store.secrets) if looking else {}
    return Reached(environment, kubeflow, store.connect(environment, keys), looking)


def run(
    order: Order,
    console: Console,
    cluster: Cluster,
    picture: Path | None = None,
    *,
    fresh: bool = False,
    patience: Patience | None = None,
) -> tuple[int, Run]:
    """Runs a pipeline in a cluster and shows what comes of it.

    Args:
        order: What to run.
        console: Where to show it.
        cluster: Where to run it.
        picture: Where to save what was shown as an SVG.
        fresh: Whether to run every task, whatever earlier runs have done.
        patience: For how long something may stay as it is.

    Returns:
        The exit code (0 done, 1 a bug, 2 bad input, 3 refused) and the run, which has no outcome
        yet if nobody waits for it.
    """
    if order.compiled in HERE:
        raise InputError(
            f"{order.compiled.stem} reads files of this machine, which no cluster sees",
            mend=f"add --backend {backends.PROCESS}",
        )
    given, environment = order.parameters(), environment_of(cluster)
    reached = reach(environment, console)
    current = Run.begin(
        {
            "parameters": given, "pipeline": order.compiled.stem, "backend": cluster.name,
            "environment": named(cluster), "revision": runs.code_revision(),
        }
    )  # fmt: skip
    current.note(status=runs.SUBMITTED)  # no run of this machine is to take it for its own
    try:
        sent = _send(order, given, reached, current, console, fresh=fresh)
    except InputError:
        current.note(status=runs.FAILED, outcome=outcomes.FAILED)
        raise
    except BaseException:
        if "kubeflow" in current.facts:
            _tell_how(console, current)
        else:
            current.note(status=runs.KILLED, outcome="stopped")
        raise
    if cluster.detach:
        _tell_how(console, current)
        return EXIT_DONE, current
    code = follow(current, sent, reached, console, patience)
    if picture:
        display.save_picture(console, picture)
    return code, current


def _send(
    order: Order, given: Mapping[str, Any], reached: Reached, current: Run, console: Console,
    *, fresh: bool,
) -> Package:  # fmt: skip
    """Brings a run to the cluster and starts it."""
    environment, kubeflow = reached.environment, reached.kubeflow
    address = environment.tracking.address or environment.tracking.server
    with recording(address) as recorder:
        declared = parameters.declared(order.compiled)
        found = outside.resolve(recorder, given, declared, current.folder)
    console.print(f"run {current.id}, champion {found.champion_in_words}", soft_wrap=True)
    sent = package.prepared(
        order.compiled, environment, reached.store, given, found.values, current.folder,
        _teller(console),
    )  # fmt: skip
    sent = submission.uncached(sent) if fresh else sent
    uploaded = submission.upload(kubeflow, sent)
    facts = {
        "pipeline": sent.pipeline, "version": uploaded.name, "parameters": dict(sent.parameters),
        "root": sent.root, "package": sent.path.name,
    }  # fmt: skip
    digest = found.champion.digest if found.champion else None
    current.note(kubeflow=facts, champion=digest)  # who is stopped now finds it by its name
    id_ = submission.start(kubeflow, sent, uploaded, _name(current, facts))
    link = kubeflow.link(id_)
    current.note(kubeflow={**facts, "run": id_, "link": link})
    state = "uploaded" if uploaded.new else "there already"
    console.print(f"{sent.pipeline}, version {uploaded.name} ({state}), in {environment.name}")
    console.print(link, soft_wrap=True)
    return sent


def _name(current: Run, facts: Mapping[str, Any]) -> str:
    """Returns what a run is called in the cluster: no other is."""
    return f"{facts['pipeline']} {current.id}"


def recur(
    compiled: Path, reached: Reached, folder: Path, at: str, console: Console
) -> recurring.Change:
    """Makes a pipeline without parameters run by the clock.

    Raises:
        InputError: It is no time, or the cluster does not answer.
    """
    if not conf.is_ours(reached.environment) and conf.VARIABLE not in (
        reached.environment.stages[conf.CONTROL_PLANE].environment
    ):
        raise InputError(
            "the image of the control plane has no such file", where=reached.environment.where,
            mend="put it into a config map, mount that in [stages.pipelines], and name the file: "
            f"{conf.VARIABLE} in [stages.pipelines.environment]",
        )  # fmt: skip
    sent = package.prepared(
        compiled, reached.environment, reached.store, {}, {}, folder, _teller(console)
    )
    uploaded = submission.upload(reached.kubeflow, sent)
    return recurring.schedule(reached.kubeflow, sent, uploaded, at)


def _teller(console: Console) -> Callable[[str], None]:
    return lambda line: console.print(f"[dim]{escape(line)}[/]", soft_wrap=True)


def again(current: Run, environment: Environment, console: Console) -> int:
    """Goes on watching a run that was left alone and returns its exit code.

    Raises:
        InputError: It was not in a cluster, or the cluster does not answer.
    """
    facts_of(current)
    reached = reach(environment, console)
    facts = started(current, reached.kubeflow)
    path = current.folder / facts["package"]
    sent = Package(path, "", facts["pipeline"], facts["parameters"], facts["root"])
    console.print(facts["link"], soft_wrap=True)
    return follow(current, sent, reached, console, None)


def end(current: Run, environment: Environment) -> bool:
    """Ends a run in the cluster; tells whether it was still under way.

    Raises:
        InputError: It was not in a cluster, or the cluster does not answer.
    """
    facts_of(current)
    kubeflow = client.connect(environment.connection)
    id_ = started(current, kubeflow)["run"]
    if kubeflow.run(id_).state in states.OVER:
        return False
    kubeflow.terminate(id_)
    current.note(status=runs.KILLED, outcome="terminated")
    return True


def started(current: Run, kubeflow: Kubeflow) -> Mapping[str, Any]:
    """Returns what is known of a run that began; whoever was stopped before it knew asks now.

    Raises:
        InputError: It never began, or the cluster does not answer.
    """
    facts = facts_of(current)
    if "run" in facts:
        return facts
    experiment = kubeflow.experiment(kubeflow.connection.experiment)
    found = kubeflow.run_called(_name(current, facts), experiment)
    if found is None:
        current.note(status=runs.KILLED, outcome="stopped")
        raise InputError("it never began", where=f"run {current.id}", mend="run it again")
    facts = {**facts, "run": found, "link": kubeflow.link(found)}
    current.note(kubeflow=facts, status=runs.SUBMITTED)
    return facts


def facts_of(current: Run) -> Mapping[str, Any]:
    """Returns what is known of a run in a cluster.

    Raises:
        InputError: It was not in one.
    """
    facts: Mapping[str, Any] | None = current.facts.get("kubeflow")
    if facts is None:
        raise InputError("it was not in a cluster", where=f"run {current.id}")
    return facts


def follow(
    current: Run, sent: Package, reached: Reached, console: Console, patience: Patience | None
) -> int:
    """Waits for a run, shows what came of it, brings that home and returns the exit code."""
    begin = time.monotonic()
    id_ = facts_of(current)["run"]
    names = [task.name for task in graph.read(sent.path, sent.parameters)]
    try:
        with Progress(console) as progress:
            watch = Watch(
                reached.kubeflow, reached.pods, reached.environment, names, progress,
                patience or Patience(),
            )  # fmt: skip
            ended = watch.follow(id_)
    except (KeyboardInterrupt, InputError):
        _tell_how(console, current)
        raise
    current.note(tasks={task.name: task.state for task in ended.tasks})
    if ended.fault:
        return _failed(current, ended, console)
    outcome = results.home(reached.store, reached.kubeflow, sent, ended.run, ended.tasks, current)
    seconds = _seconds(ended.run) or time.monotonic() - begin
    current.note(status=runs.FINISHED, outcome=outcome, seconds=round(seconds, 1))
    elsewhere = [("Kubeflow", facts_of(current)["link"])]
    outcomes.report(console, current, outcome, seconds, elsewhere)
    refused = outcome in (outcomes.REFUSED, outcomes.NOT_PUSHED)
    return EXIT_REFUSED if refused else EXIT_DONE


def _failed(current: Run, ended: Ended, console: Console) -> int:
    fault = ended.fault
    if fault is None:
        raise ValueError("it has not failed")
    seconds = _seconds(ended.run)
    current.note(status=runs.FAILED, outcome=outcomes.FAILED, seconds=seconds, reason=fault.line)
    if ended.run.state not in states.OVER:
        console.print("the run could not go on, and was terminated")
    console.print(f"[red]{escape(fault.line)}[/]", soft_wrap=True, highlight=False)
    if ended.log:
        log = current.logs / f"{ended.failed}.log"
        log.write_text("".join(f"{line}\n" for line in ended.log), encoding="utf-8")
        console.print(f"the end of its log: {log}", soft_wrap=True, highlight=False)
    return fault.exit_code


def _seconds(seen: Any) -> float | None:
    if not seen.created_at or not seen.finished_at or seen.finished_at < seen.created_at:
        return None
    return float((seen.finished_at - seen.created_at).total_seconds())


def _tell_how(console: Console, current: Run) -> None:
    """Says that a run goes on, how to watch it again and how to end it."""
    command = f"sentiment-pipelines watch {current.id}"
    console.print(
        f"the run goes on in the cluster: `{command}` watches it, `{command} --terminate` ends it",
        soft_wrap=True,
    )


def plan(order: Order, console: Console, cluster: Cluster) -> int:
    """Says what can be said of a run in a cluster before it: its own cache decides the rest."""
    environment = environment_of(cluster)
    kubeflow = client.connect(environment.connection)
    name = graph.name(order.compiled)
    pipeline = kubeflow.pipeline(name)
    console.print(f"{name} in {environment.name}, {environment.connection.api}", soft_wrap=True)
    console.print("an earlier version of it is there" if pipeline else "it was never there")
    for task in graph.read(order.compiled, order.parameters()):
        kind = "[yellow]runs[/]" if not task.reusable else "[dim]decided there[/]"
        console.print(f"  {task.name:<16} {kind}")
    console.print("what is reused is decided by Kubeflow's cache, task by task, as the run goes on")
    return EXIT_DONE

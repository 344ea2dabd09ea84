"""The process backend's own parts; the whole of it runs in tests/test_end_to_end.py."""

import io
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from kfp import compiler, dsl

from sentiment_pipelines.backends import local, process
from sentiment_pipelines.environments import rooms, sync
from sentiment_pipelines.runs import Run


def stream(code):
    log, told = io.StringIO(), []
    exit_code = process._stream([sys.executable, "-c", code], {}, log, told.append)
    return exit_code, log.getvalue(), told


def test_a_tasks_output_goes_to_its_log_and_to_the_observers():
    exit_code, log, told = stream("import sys; print('one'); print('two', file=sys.stderr)")
    assert exit_code == 0
    assert sorted(told) == ["one", "two"]
    assert sorted(log.split()) == ["one", "two"]


def test_a_tasks_exit_code_is_kept():
    assert stream("import sys; sys.exit(2)")[0] == 2


def test_output_that_is_not_utf_8_does_not_stop_a_run():
    assert stream(r"import sys; sys.stdout.buffer.write(b'\xff\n')")[0] == 0


@pytest.fixture
def interruptible():
    """A shell that starts us in the background has us ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupted_run_stops_its_task():
    code = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    log = io.StringIO()

    def interrupt(_):
        threading.Timer(0.2, os.kill, [os.getpid(), signal.SIGINT]).start()

    with pytest.raises(KeyboardInterrupt):
        process._stream([sys.executable, "-c", code], {}, log, interrupt)
    with pytest.raises(ProcessLookupError):
        os.kill(int(log.getvalue()), 0)


def test_the_rerun_script_keeps_arguments_with_spaces_and_quotes_apart(tmp_path):
    arguments = ["printf", "%s|", "a b", "it's", '{"x": "$HOME"}']
    names = ("PATH", "SENTIMENT_CACHE", "TF_CPP_MIN_LOG_LEVEL")
    script = process._script(arguments, dict.fromkeys(names, "/usr/bin:/bin"), {})
    path = tmp_path / "task.sh"
    path.write_text(script)
    exit_code, log, _ = stream(
        f"import subprocess; print(subprocess.check_output(['/bin/sh', {str(path)!r}], text=True))"
    )
    assert exit_code == 0
    assert log.strip() == 'a b|it\'s|{"x": "$HOME"}|'


@dsl.container_component
def crash(code: int):
    return dsl.ContainerSpec(
        image=f"sentiment-ingest:{rooms()['ingest'].version}",
        command=["python", "-c", "import sys; print('about to end'); sys.exit(int(sys.argv[1]))"],
        args=[
            code,
            "--executor-output",
            dsl.PIPELINE_TASK_EXECUTOR_OUTPUT_PATH_PLACEHOLDER,
        ],
    )


@pytest.mark.parametrize("code", [1, 2])
def test_a_failing_task_ends_the_run_with_its_exit_code_log_and_rerun_script(
    tmp_path, monkeypatch, code
):
    @dsl.pipeline
    def crashing(code: int):
        crash(code=code)

    monkeypatch.setattr("sentiment_pipelines.runs.VAR", tmp_path)
    compiler.Compiler().compile(crashing, str(tmp_path / "crashing.yaml"))
    sync(rooms()["ingest"])
    run = Run.begin({})
    backend = process.Processes()
    done = local.execute(tmp_path / "crashing.yaml", {"code": code}, run, [], {}, None, backend)
    assert done is False
    (task,) = run.tasks
    assert task.exit_code == code
    assert task.last_lines() == ["about to end"]
    again = subprocess.run(["sh", str(task.rerun)], capture_output=True, text=True, check=False)
    assert (again.returncode, again.stdout) == (code, "about to end\n")


def test_the_task_of_a_killed_run_is_killed_with_it(tmp_path):
    if shutil.which("setpriv") is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("setpriv of util-linux is missing")
    pid = tmp_path / "pid"
    task = f"import os, pathlib, time; pathlib.Path({str(pid)!r}).write_text(str(os.getpid()))"
    run = (
        "import io, sys; from sentiment_pipelines.backends import process; "
        f"process._stream([sys.executable, '-c', {task + '; time.sleep(60)'!r}], {{}}, "
        "io.StringIO(), print)"
    )
    with subprocess.Popen([sys.executable, "-c", run]) as parent:
        while not (pid.is_file() and pid.read_text()):
            time.sleep(0.05)
        parent.kill()
    deadline = time.monotonic() + 10
    while _alive(int(pid.read_text())):
        assert time.monotonic() < deadline, "the task outlived its run"
        time.sleep(0.05)


def _alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"  # dead, and nobody has asked for its exit code yet

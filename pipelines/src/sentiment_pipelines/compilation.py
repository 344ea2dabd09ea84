"""Compiles what is committed: component.yaml, README tables, the pipelines' packages."""

import tempfile
from pathlib import Path

from kfp import compiler

from sentiment_pipelines import interfaces
from sentiment_pipelines.environments import ROOT, rooms, sync
from sentiment_pipelines.graph import TRAINING


def compile_component(stage: str, target: Path) -> None:
    """Compiles a stage's ``component.py`` into the file other teams load."""
    compiler.Compiler().compile(interfaces.component(stage), str(target))


def compile_training(target: Path) -> None:
    """Compiles the training pipeline from the committed ``component.yaml`` files."""
    from sentiment_pipelines.training import training  # reads component.yaml when imported

    compiler.Compiler().compile(training, str(target))


def write_all() -> list[Path]:
    """Compiles everything and returns the files that changed."""
    changed = []
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "fresh.yaml"
        for stage in interfaces.stages():
            compile_component(stage, fresh)
            changed += _update(ROOT / "components" / stage / "component.yaml", fresh.read_text())
        compile_training(fresh)
        changed += _update(TRAINING, fresh.read_text())
    known = rooms()
    for stage in interfaces.stages():
        sync(known[stage])
        path = interfaces.readme(stage)
        table = interfaces.readme_table(interfaces.command_line(known[stage]))
        changed += _update(path, interfaces.with_table(path.read_text(), table))
    return changed


def _update(path: Path, text: str) -> list[Path]:
    if path.is_file() and path.read_text() == text:
        return []
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return [path]

"""Compiles what is committed: component.yaml, README tables, the pipelines' packages."""

import tempfile
from importlib import import_module
from pathlib import Path

from kfp import compiler

from sentiment_pipelines import interfaces, reference
from sentiment_pipelines.environments import ROOT, rooms, sync
from sentiment_pipelines.graph import BATCH, EXPLORATION, MONITORING, SCHEDULED, TRAINING

PIPELINES = (TRAINING, EXPLORATION, BATCH, MONITORING, SCHEDULED)


def compile_component(stage: str, target: Path) -> None:
    """Compiles a stage's ``component.py`` into the file other teams load."""
    compiler.Compiler().compile(interfaces.component(stage), str(target))


def compile_pipeline(name: str, target: Path) -> None:
    """Compiles a pipeline, e.g. ``training``, from the committed ``component.yaml`` files."""
    module = import_module(f"sentiment_pipelines.{name}")  # reads component.yaml when imported
    compiler.Compiler().compile(getattr(module, name), str(target))


def write_all() -> list[Path]:
    """Compiles everything and returns the files that changed."""
    changed = []
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "fresh.yaml"
        for stage in interfaces.stages():
            compile_component(stage, fresh)
            changed += _update(ROOT / "components" / stage / "component.yaml", fresh.read_text())
        for pipeline in PIPELINES:
            compile_pipeline(pipeline.stem, fresh)
            changed += _update(pipeline, fresh.read_text())
    return [*changed, *_write_pages()]


def _write_pages() -> list[Path]:
    """Writes the tables of the READMEs and the page about all components."""
    known, components, changed = rooms(), [], []
    for stage in interfaces.stages():
        sync(known[stage])
        rows = interfaces.command_line(known[stage])
        components.append(reference.describe(stage, rows))
        path = interfaces.readme(stage)
        text = interfaces.with_table(path.read_text(), interfaces.readme_table(rows))
        changed += _update(path, interfaces.with_image(text, stage, known[stage].version))
    text = reference.page(components, reference.PAGE.read_text(), reference.recorded_sizes())
    return [*changed, *_update(reference.PAGE, text)]


def _update(path: Path, text: str) -> list[Path]:
    if path.is_file() and path.read_text() == text:
        return []
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return [path]

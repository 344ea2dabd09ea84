import importlib.util
from pathlib import Path

import pytest

from sentiment_common.artifacts import EXAMPLES, Manifest, payload_digest, write_manifest

WORD_COUNT = Path(__file__).parent / "word_count.py"


@pytest.fixture
def examples(tmp_path):
    folder = tmp_path / "examples"
    folder.mkdir()
    (folder / "text.txt").write_text("good bad ugly good")
    digest = payload_digest(folder)
    manifest = Manifest(EXAMPLES.name, EXAMPLES.schema_version, "sentiment-ingest", "1.2.3", digest)
    write_manifest(folder, manifest)
    return folder


@pytest.fixture(scope="session")
def word_count():
    """The module of the small stage, which can also be run as a process."""
    specification = importlib.util.spec_from_file_location("word_count", WORD_COUNT)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module

import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sentiment_common import memory
from sentiment_common.artifacts import EXAMPLES, Manifest, payload_digest, write_manifest
from sentiment_validate import rules
from sentiment_validate import schema as schemas
from sentiment_validate.examples import BYTES_PER_ROW

sys.path.append(str(Path(__file__).parent))
import planted


@pytest.fixture
def frames():
    """Sound examples: three splits of one distribution that share nothing."""
    return planted.clean()


@pytest.fixture
def write_examples(tmp_path):
    """Writes frames as an examples artifact and returns its folder."""

    def write(frames, source="default"):
        folder = tmp_path / "examples"
        for split, frame in frames.items():
            (folder / split).mkdir(parents=True)
            table = pa.Table.from_pandas(frame, preserve_index=False)
            pq.write_table(table, folder / split / "examples.parquet")
        rows = {split: len(frame) for split, frame in frames.items()}
        total = sum(rows.values())
        rows |= {"read": total + 2, "kept": total, "dropped": 2}
        (folder / "summary.json").write_text(json.dumps({"source": source, "rows": rows}))
        digest = payload_digest(folder)
        write_manifest(folder, Manifest("examples", EXAMPLES.schema_version, "t", "1", digest))
        return folder

    return write


@pytest.fixture
def many_rows():
    """Writes a Parquet file of more empty rows than this machine could judge."""

    def write(path):
        free = memory.available()
        if free is None:
            pytest.skip("this system does not tell how much memory is free")
        # Twice as many, for more may be free by the time they are judged.
        part = pa.table({"text": pa.nulls(2**22, pa.string())})
        with pq.ParquetWriter(path, part.schema) as stream:
            for _ in range(2 * free // (BYTES_PER_ROW * 2**22) + 1):
                stream.write_table(part)

    return write


@pytest.fixture(scope="session")
def default_corpus():
    return schemas.choose("default-corpus", {})


@pytest.fixture(scope="session")
def feedback_schema():
    return schemas.choose("feedback", {})


@pytest.fixture(scope="session")
def policy():
    return rules.choose("feedback", "feedback")

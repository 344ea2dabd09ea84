"""The table of traps in docs/data.md: each row leads to the test that makes such a file."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "data.md"
TABLE = PAGE.read_text("utf-8").partition("## Traps")[2].partition("\n## ")[0]
ROWS = re.findall(r"^\| \[.*\]\((\S+)#(test_\w+)\) \| (.+) \| (.+) \|$", TABLE, re.MULTILINE)
MODULES = ("delimited", "decoding", "json_lines", "parquet", "plain_text", "files", "formats")


@pytest.mark.parametrize(("file", "name", "what", "mend"), ROWS, ids=[row[1] for row in ROWS])
def test_every_trap_leads_to_its_test(file, name, what, mend):
    tests = (PAGE.parent / file).read_text("utf-8")
    assert f"\ndef {name}(" in tests
    assert what.strip()
    assert mend.strip()


def test_every_row_of_the_table_is_a_trap_or_a_heading():
    lines = [line for line in TABLE.splitlines() if line.startswith("| ")][1:]
    headings = [line for line in lines if re.fullmatch(r"\| \*\*[\w ]+\*\* \| \| \|", line)]
    assert len(lines) == len(ROWS) + len(headings)
    assert len(ROWS) == len({name for _, name, *_ in ROWS})


@pytest.mark.parametrize("module", MODULES)
def test_every_module_of_the_formats_has_its_traps_in_the_table(module):
    assert any(file.endswith(f"/test_{module}.py") for file, *_ in ROWS)

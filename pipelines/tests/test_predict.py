"""``predict``: what is refused before anything is scored. Scoring: tests/test_end_to_end.py."""

import pytest

from sentiment_pipelines import runs


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.setattr(runs, "VAR", tmp_path / "var")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my tickets.csv").write_text("text\nfine\n")
    (tmp_path / "old.refused.jsonl").write_text("")
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "list.toml").write_text('[[source]]\nuri = "my tickets.csv"\n')
    return tmp_path


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("my tickets.csv", "out.xlsx"), "out.xlsx: its extension '.xlsx' names no format"),
        (("my tickets.csv", "out"), "its extension '' names no format"),
        (("other.csv", "my tickets.csv"), "there is such a file already; add --replace"),
        (("my tickets.csv", "old.csv"), "old.refused.jsonl: there is such a file already"),
        (("my tickets.csv", "my tickets.csv", "--replace"), "it is read, and would be replaced"),
        (("*.csv", "my tickets.csv", "--replace"), "it is read, and would be replaced"),
        (("a=my tickets.csv | b.csv", "./my tickets.csv", "--replace"), "it is read"),
        (("list.toml", "my tickets.csv", "--replace"), "it is read, and would be replaced"),
        (("my tickets.csv", "folder.csv"), "folder.csv: a folder"),
        (("my tickets.csv", "list.toml/x.csv"), "list.toml: nothing can be written there"),
        (("s3://me:hunter22@bucket/x.csv", "out.csv"), "s3://bucket: a secret in the address"),
        (("my tickets.csv", "out.csv", "--set", "redact=ture"), "redact: 'ture' is no boolean"),
        (("my tickets.csv", "out.csv", "--set", "epochs=3"), "the pipeline has no parameter"),
    ],
)
def test_what_cannot_go_well_is_refused_in_one_line_and_leaves_no_run(
    run_command, here, words, message
):
    before = (here / "my tickets.csv").read_text()
    code, _, err = run_command("predict", *words)
    assert code == 2
    assert message in err
    assert "hunter22" not in err
    assert err.count("\n") == 1
    assert not runs.all_runs()
    assert (here / "my tickets.csv").read_text() == before

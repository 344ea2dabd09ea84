import subprocess
import sys

import pytest

from sentiment_validate.schema import choose
from sentiment_validate.update import diff, main


def update(examples, schema, *more):
    return main(["--examples", str(examples), "--schema", str(schema), *more])


def test_a_diff_is_shown_and_nothing_is_written_until_told(
    frames, write_examples, tmp_path, capsys
):
    frames["test"].loc[3, "source"] = "ebay"
    mine = tmp_path / "mine.pbtxt"
    before = choose("default-corpus", {}).text
    mine.write_text(before)
    examples = write_examples(frames)
    assert update(examples, mine) == 0
    shown = capsys.readouterr()
    assert f"+++ {mine}" in shown.out
    assert [line for line in shown.out.split("\n") if line.startswith(("- ", "+ "))] == [
        '-  string_domain { value: "amazon" value: "tweets" value: "movies" value: "editorials" }',
        '+  string_domain { value: "amazon" value: "tweets" value: "movies" value: "editorials" '
        'value: "ebay" }',
    ]
    assert "nothing written" in shown.err
    assert mine.read_text() == before

    assert update(examples, mine, "--write") == 0
    written = capsys.readouterr()
    assert written.out == shown.out
    assert f"wrote {mine}" in written.err
    assert diff(before, mine.read_text(), mine.name, str(mine)) == shown.out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["examples", "mine.pbtxt"]

    assert update(examples, mine, "--write") == 0
    assert capsys.readouterr().err.endswith(f"nothing to change in {mine}\n")


def test_the_first_schema_is_made_from_the_shipped_one(frames, write_examples, tmp_path, capsys):
    mine = tmp_path / "conf" / "mine.pbtxt"
    assert update(write_examples(frames), mine, "--tighten", "--write") == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"--- feedback\n+++ {mine}\n")
    assert '+  string_domain { value: "amazon" value: "tweets" }' in shown
    assert choose(str(mine), {}).domain("source") == ["amazon", "tweets"]
    assert "# Any scale, and rows without a rating." in mine.read_text()


def test_what_is_wrong_with_the_data_is_said_beside_the_diff(
    frames, write_examples, tmp_path, capsys
):
    frames["train"].loc[3, "label"] = "angry"
    assert update(write_examples(frames), tmp_path / "mine.pbtxt") == 0
    said = "not proposed, mend the data: train, label: unknown angry\n"
    assert said in capsys.readouterr().err


def test_bad_input_is_one_line_and_exit_2(frames, write_examples, tmp_path):
    broken = tmp_path / "mine.pbtxt"
    broken.write_text("feature {")
    command = [sys.executable, "-m", "sentiment_validate.update"]
    for folder, schema, said in (
        (tmp_path / "nowhere", broken, "no artifact.json here"),
        (write_examples(frames), broken, "no TFDV schema"),
    ):
        arguments = ["--examples", str(folder), "--schema", str(schema)]
        done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert said in done.stderr
        assert len(done.stderr.strip().split("\n")) == 1
        assert broken.read_text() == "feature {"


def test_an_unknown_flag_is_a_mistake(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["--example", "x"])
    assert "required" in capsys.readouterr().err

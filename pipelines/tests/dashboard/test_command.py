import pytest

from sentiment_pipelines.cli import main


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--service", "127.0.0.1:3000"), "is no address"),
        (("--service", "ftp://host"), "is no address"),
        (("--interval", "0"), "has to be 1 to 60"),
    ],
)
def test_bad_input_ends_in_one_line(capsys, arguments, said):
    with pytest.raises(SystemExit) as ended:
        main(["dashboard", *arguments])
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("sentiment-pipelines: ") and said in line

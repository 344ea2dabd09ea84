import subprocess
import sys

CODE = """
import logging
from sentiment_common import log
log.configure()
logging.getLogger("stage").info("rows: %s", 7)
logging.getLogger("stage").debug("not shown")
"""


def test_records_go_to_stderr_with_the_time_of_day():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    clock, *rest = done.stderr.split(" ")
    assert [len(part) for part in clock.split(":")] == [2, 2, 2]
    assert " ".join(rest) == "INFO stage: rows: 7\n"

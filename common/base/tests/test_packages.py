import hashlib
import json
import os
import subprocess
import venv
import zipfile
from pathlib import Path

import pytest

import sentiment_common
from sentiment_common.packages import PinnedPackage, cache_folder, fetch

SOURCES = Path(sentiment_common.__file__).parents[1]
NAME = "feedback_data-1.0-py3-none-any.whl"
FETCH = """
import json, sys
from pathlib import Path
from sentiment_common.errors import InputError
from sentiment_common.packages import PinnedPackage, fetch
try:
    print(fetch(PinnedPackage(**json.loads(sys.argv[1])), Path(sys.argv[2])))
except InputError as error:
    sys.exit(str(error))
"""


def pinned(content, requirement="feedback-data==1.0"):
    return PinnedPackage(requirement, NAME, hashlib.sha256(content).hexdigest())


def kept(cache, package):
    return cache / package.sha256[:16] / package.filename


@pytest.fixture
def index(tmp_path):
    """A folder that pip takes for a package index, with one wheel."""
    folder = tmp_path / "index"
    folder.mkdir()
    with zipfile.ZipFile(folder / NAME, "w") as wheel:
        info = "feedback_data-1.0.dist-info"
        wheel.writestr("feedback.txt", "good\n")
        wheel.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: feedback-data\nVersion: 1.0\n"
        )
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return folder


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """An interpreter with a pip of its own."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=True)
    return folder / "bin" / "python"


@pytest.fixture
def fetched(python, index, tmp_path):
    """Fetches a package from the folder ``index`` in a process; no network is asked."""

    def run(package):
        pip = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(index), "PIP_CONFIG_FILE": os.devnull}
        line = [python, "-c", FETCH, json.dumps(vars(package)), tmp_path / "cache"]
        environment = {**os.environ, **pip, "PYTHONPATH": str(SOURCES)}
        return subprocess.run(line, env=environment, capture_output=True, text=True, check=False)

    return run


def test_a_kept_file_with_the_pinned_digest_needs_no_download(tmp_path):
    package = pinned(b"data", requirement="no-such-package==0")
    kept(tmp_path, package).parent.mkdir()
    kept(tmp_path, package).write_bytes(b"data")
    assert fetch(package, tmp_path).read_bytes() == b"data"


def test_a_file_is_downloaded_once_and_kept(fetched, index, tmp_path):
    package = pinned((index / NAME).read_bytes())
    first = fetched(package)
    assert first.returncode == 0, first.stderr
    assert Path(first.stdout.strip()) == kept(tmp_path / "cache", package)
    (index / NAME).unlink()
    assert fetched(package).stdout == first.stdout


def test_a_damaged_file_in_the_cache_is_downloaded_again(fetched, index, tmp_path):
    content = (index / NAME).read_bytes()
    path = kept(tmp_path / "cache", pinned(content))
    path.parent.mkdir(parents=True)
    path.write_bytes(b"damaged")
    assert fetched(pinned(content)).returncode == 0
    assert path.read_bytes() == content


def test_a_download_with_another_digest_is_refused_and_not_kept(fetched, tmp_path):
    package = pinned(b"what was published")
    refused = fetched(package)
    assert refused.returncode == 1
    assert refused.stderr.startswith("feedback-data==1.0: pip could not download it (ERROR: THESE")
    assert not kept(tmp_path / "cache", package).exists()


def test_a_package_that_the_index_lacks_is_named(fetched):
    refused = fetched(pinned(b"", requirement="no-such-package==2.0"))
    assert refused.stderr.startswith("no-such-package==2.0: pip could not download it (ERROR: ")
    assert refused.stderr.endswith("; check the package index in your pip configuration\n")


def test_the_cache_is_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("SENTIMENT_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("SENTIMENT_CACHE")
    assert cache_folder() == Path.home() / ".cache" / "sentiment"

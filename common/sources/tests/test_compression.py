import bz2
import gzip
import io
import lzma
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_sources.content import Content
from sentiment_sources.places import compression

CSV = b"text,stars\ngood,5\nbad,1\n"
PACK = {
    ".gz": gzip.compress, ".zst": zstandard.compress, ".bz2": bz2.compress, ".xz": lzma.compress,
}  # fmt: skip


def zipped(members, method=zipfile.ZIP_DEFLATED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, given_bytes in members.items():
            archive.writestr(name, given_bytes)
    return stream.getvalue()


def unpacked(name, given_bytes):
    """Returns the files in a file by name, and what was told."""
    told, found = [], {}
    content = Content(name, f"/data/{name}", lambda: io.BytesIO(given_bytes))
    for member in compression.unpacked(content, len(given_bytes), told.append):
        with member.open() as stream, member.open() as again:
            found[member.name] = stream.read()
            assert again.read() == found[member.name]
    return found, told


@pytest.mark.parametrize("suffix", PACK)
def test_a_compressed_file_is_unpacked_and_loses_its_suffix(suffix):
    assert unpacked(f"a.csv{suffix}", PACK[suffix](CSV)) == ({"a.csv": CSV}, [])
    assert unpacked(f"a.csv{suffix}", PACK[suffix](b"")) == ({"a.csv": b""}, [])


@pytest.mark.parametrize("suffix", PACK)
def test_what_was_written_in_parts_is_read_to_its_end(suffix):
    parts = PACK[suffix](CSV) + PACK[suffix](b"fine,3\n")
    assert unpacked(f"a.csv{suffix}", parts)[0] == {"a.csv": CSV + b"fine,3\n"}


@pytest.mark.parametrize("suffix", PACK)
def test_a_file_is_known_by_its_bytes_and_that_is_told(suffix):
    found, told = unpacked("a.csv", PACK[suffix](CSV))
    assert found == {"a.csv": CSV}
    assert told == [f"a.csv: compressed, though its name does not say so: unpacked as {suffix}"]


@pytest.mark.parametrize("suffix", [*PACK, ".zip"])
@pytest.mark.parametrize("given_bytes", [b"", b"text\ngood\n"])
def test_a_name_that_promises_compression_is_held_to_it(suffix, given_bytes):
    with pytest.raises(InputError, match=f"a.csv{suffix}: named {suffix}, and its bytes are not"):
        unpacked(f"a.csv{suffix}", given_bytes)
    with pytest.raises(InputError, match="and its bytes are those of"):
        unpacked(f"a.csv{suffix}", PACK[".bz2" if suffix == ".gz" else ".gz"](CSV))


@pytest.mark.parametrize("suffix", PACK)
@given(data=st.data())
def test_a_cut_file_is_never_read_as_a_shorter_one(suffix, data):
    packed = PACK[suffix](CSV * 50)
    cut = data.draw(st.integers(10, len(packed) - 1))
    with pytest.raises(InputError, match="cannot be unpacked"):
        unpacked(f"a.csv{suffix}", packed[:cut])


@pytest.mark.parametrize("suffix", [*PACK, ".zip"])
@given(data=st.data())
def test_a_damaged_file_is_read_right_or_refused_in_one_line(suffix, data):
    packed = PACK[suffix](CSV) if suffix in PACK else zipped({"a.csv": CSV})
    place = data.draw(st.integers(0, len(packed) - 1))
    damaged = bytearray(packed)
    damaged[place] ^= data.draw(st.integers(1, 255))
    try:
        unpacked(f"a.csv{suffix}", bytes(damaged))
    except InputError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
def test_every_member_of_an_archive_is_a_file(method):
    archive = zipped({"b/a.csv": CSV, "a.tsv": b"x"}, method)
    assert unpacked("all.zip", archive) == ({"all.zip!b/a.csv": CSV, "all.zip!a.tsv": b"x"}, [])


def test_names_in_an_archive_are_never_paths_of_ours(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = ["../../up.csv", "/etc/absolute.csv", "new\nline\x1b[31m.csv", "C:\\a.csv"]
    found, _ = unpacked("all.zip", zipped(dict.fromkeys(names, CSV)))
    assert list(found.values()) == [CSV] * 4
    assert all(name.isprintable() for name in found)
    assert not list(tmp_path.iterdir())


def test_what_a_system_puts_beside_the_files_is_left_out_and_told():
    archive = zipped({"__MACOSX/._a.csv": b"\0", "d/.DS_Store": b"\0", "a.csv": CSV, "d/": b""})
    found, told = unpacked("all.zip", archive)
    assert found == {"all.zip!a.csv": CSV}
    assert told == ["all.zip: 2 of 3 files left out as the system's own"]


@pytest.mark.parametrize("inner", ["b.zip", "a.csv.gz"])
def test_what_is_packed_twice_is_refused(inner):
    with pytest.raises(InputError, match=rf"all.zip!{inner}: compressed once more inside"):
        unpacked("all.zip", zipped({inner: b"x"}))


def test_an_archive_without_files_an_encrypted_and_a_cut_one_are_refused():
    with pytest.raises(InputError, match="an archive without files"):
        unpacked("all.zip", zipped({}))
    archive = bytearray(zipped({"a.csv": CSV}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        archive[archive.index(mark) + offset] |= 1
    with pytest.raises(InputError, match=r"all.zip!a.csv: encrypted"):
        unpacked("all.zip", bytes(archive))
    with pytest.raises(InputError, match=r"all.zip: cannot be unpacked \("):
        unpacked("all.zip", zipped({"a.csv": CSV})[:-10])


@pytest.mark.parametrize("suffix", [".gz", ".zst", ".bz2", ".xz", ".zip"])
def test_a_bomb_is_stopped_while_it_unpacks(suffix, monkeypatch):
    monkeypatch.setattr(compression, "UNSUSPECTED", 2**20)
    zeros = bytes(8 * 2**20)
    bomb = PACK[suffix](zeros) if suffix in PACK else zipped({"a.csv": zeros})
    with pytest.raises(InputError, match="unpacks to more than 200 times its size"):
        unpacked(f"a.csv{suffix}", bomb)


def test_a_spreadsheet_is_no_archive():
    workbook = zipped({"[Content_Types].xml": b"<x/>", "xl/sheet1.xml": b"<x/>"})
    for name in ("a.xlsx", "a.csv"):
        assert unpacked(name, workbook) == ({name: workbook}, [])


@pytest.mark.parametrize("suffix", [".gz", ".zst", ".zip"])
def test_a_format_that_is_read_from_its_end_is_unpacked_to_disk(suffix, tmp_path):
    pq.write_table(pa.table({"text": ["good"]}), tmp_path / "a.parquet")
    table = (tmp_path / "a.parquet").read_bytes()
    packed = PACK[suffix](table) if suffix in PACK else zipped({"a.parquet": table})
    content = Content(f"a.parquet{suffix}", "place", lambda: io.BytesIO(packed))
    for member in compression.unpacked(content, len(packed), print):
        assert pq.read_table(member.path).to_pydict() == {"text": ["good"]}
    assert not member.path.exists()


def test_a_frame_to_skip_may_stand_anywhere_as_parallel_compressors_write_it():
    skipped = b"\x50\x2a\x4d\x18\x04\x00\x00\x00size"
    packed = skipped + zstandard.compress(CSV) + skipped + zstandard.compress(b"fine,3\n") + skipped
    assert unpacked("a.csv.zst", packed) == ({"a.csv": CSV + b"fine,3\n"}, [])

import gzip
import os
import threading

from sentiment_common.request_log import files

NAME = "requests-20260102T030405.000006Z-77"


def close(descriptor):
    os.close(descriptor)


def test_a_file_is_for_its_owner_alone_and_known_as_being_written(tmp_path):
    path = files.part_path(tmp_path, NAME, 3)
    descriptor = files.create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert files.is_written(path)
    close(descriptor)
    assert not files.is_written(path)
    assert files.parts(tmp_path) == [files.Part(NAME, 3, path)]


def test_a_closed_file_is_compressed_and_one_being_written_is_not(tmp_path):
    first, second = (files.part_path(tmp_path, NAME, number) for number in (0, 1))
    first.write_bytes(b"line\n")
    descriptor = files.create(second)
    files.tidy(tmp_path, 10**9)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{first.name}.gz", second.name]
    packed = first.with_name(f"{first.name}.gz")
    assert gzip.decompress(packed.read_bytes()) == b"line\n"
    assert packed.stat().st_mode & 0o777 == 0o600
    close(descriptor)


def test_the_oldest_files_go_first_and_those_being_written_stay(tmp_path):
    for number in range(4):
        files.part_path(tmp_path, NAME, number).write_bytes(os.urandom(1_000))
    descriptor = files.create(files.part_path(tmp_path, NAME, 4))
    files.tidy(tmp_path, 2_500)
    assert [part.number for part in files.parts(tmp_path)] == [2, 3, 4]
    files.tidy(tmp_path, 0)
    assert [part.number for part in files.parts(tmp_path)] == [4]
    close(descriptor)


def test_a_file_whose_compression_was_killed_counts_once(tmp_path):
    path = files.part_path(tmp_path, NAME, 0)
    path.write_bytes(b"line\n")
    path.with_name(f"{path.name}.gz").write_bytes(b"half")
    assert files.parts(tmp_path) == [files.Part(NAME, 0, path)]
    files.tidy(tmp_path, 10**9)
    (part,) = files.parts(tmp_path)
    assert gzip.decompress(part.path.read_bytes()) == b"line\n"


def test_several_processes_may_tidy_at_once(tmp_path):
    for number in range(20):
        files.part_path(tmp_path, NAME, number).write_bytes(b"line\n")
    threads = [threading.Thread(target=files.tidy, args=(tmp_path, 10**9)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(files.parts(tmp_path)) == 20
    assert all(part.compressed for part in files.parts(tmp_path))


def test_all_processes_share_one_salt(tmp_path):
    salt = files.read_or_make_salt(tmp_path)
    assert len(salt) == files.SALT_BYTES
    assert files.read_or_make_salt(tmp_path) == salt
    assert (tmp_path / files.SALT).stat().st_mode & 0o777 == 0o600


def test_counts_are_there_until_they_are_removed(tmp_path):
    counts = files.Counts(tmp_path / f"{NAME}.count")
    counts.store(5, 2)
    counts.store_unwritten(1)
    assert files.read_counts(tmp_path, NAME) == (5, 3)
    files.tidy(tmp_path, 0)
    assert files.read_counts(tmp_path, NAME) == (5, 3), "the process lives"
    counts.remove()
    assert files.read_counts(tmp_path, NAME) is None


def test_counts_of_files_that_are_gone_are_deleted(tmp_path):
    (tmp_path / f"{NAME}.count").write_bytes(bytes(24))
    files.tidy(tmp_path, 0)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_has_half_written_is_deleted_after_an_hour(tmp_path):
    old, new = (tmp_path / f".{NAME}-00000{number}.jsonl.partial" for number in (0, 1))
    old.write_bytes(b"half")
    new.write_bytes(b"half")
    hours_ago = new.stat().st_mtime - 2 * files.SECONDS_TO_FINISH
    os.utime(old, (hours_ago, hours_ago))
    files.tidy(tmp_path, 0)
    assert list(tmp_path.iterdir()) == [new]

"""Replacing files: whole or not at all, whoever else writes, and only what is a regular file."""

import errno
import os
import re
import signal
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from mnistcnn import read_idx, write_idx, write_kaggle_submission
from mnistcnn._safe_writing import check_can_be_written, replaced_at_the_end

pytestmark = pytest.mark.skipif(os.name == "nt", reason="modes, links and FIFOs are POSIX's")

IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def write(path, content):
    with replaced_at_the_end(path) as temporary:
        temporary.write_text(content)


def write_new(path, content):
    with replaced_at_the_end(path, overwrite=False) as temporary:
        temporary.write_text(content)


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_threads_that_write_one_path_leave_one_whole_file(tmp_path):
    path = tmp_path / "digits-idx"
    barrier = threading.Barrier(8)

    def write_often(number):
        barrier.wait()
        for _ in range(20):
            write_idx(path, np.full((20, 1000), number, dtype=np.uint8))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write_often, range(8)))
    assert len(set(read_idx(path).ravel().tolist())) == 1
    assert list(tmp_path.iterdir()) == [path]


def test_mode_of_an_older_file_is_kept_and_a_new_one_follows_the_umask(tmp_path):
    older, newer = tmp_path / "older", tmp_path / "newer"
    older.touch()
    older.chmod(0o640)
    umask = os.umask(0o027)
    try:
        write(older, "more")
        write(newer, "new")
    finally:
        os.umask(umask)
    assert (mode_of(older), mode_of(newer)) == (0o640, 0o640)
    older.chmod(0o604)
    write(older, "again")
    assert mode_of(older) == 0o604


@pytest.mark.skipif(IS_ROOT, reason="root may write every file")
def test_file_that_is_write_protected_is_refused(tmp_path):
    path = tmp_path / "protected"
    path.write_text("older")
    path.chmod(0o444)
    with pytest.raises(PermissionError, match="protected"):
        write(path, "newer")
    assert path.read_text() == "older"


@pytest.mark.parametrize("exists", [True, False])
def test_symbolic_link_stays_and_its_target_is_written(tmp_path, exists):
    target = tmp_path / "disk" / "target.txt"
    target.parent.mkdir()
    if exists:
        target.write_text("older")
    (tmp_path / "first").symlink_to("disk/target.txt")
    (tmp_path / "link.txt").symlink_to("first")
    write(tmp_path / "link.txt", "newer")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "first").is_symlink()
    assert target.read_text() == "newer"
    assert not target.is_symlink()
    assert [path.name for path in target.parent.iterdir()] == ["target.txt"]


def test_fifo_gets_the_content_and_stays(tmp_path):
    fifo = tmp_path / "submission.csv"
    os.mkfifo(fifo)
    with ThreadPoolExecutor(1) as pool:
        content = pool.submit(fifo.read_text)
        write_kaggle_submission(fifo, [4, 2])
        assert content.result(10) == "ImageId,Label\n1,4\n2,2\n"
    assert fifo.is_fifo()


TO_DEVICES = """
from mnistcnn._safe_writing import replaced_at_the_end

for device in ("/dev/stdout", "/dev/null"):
    with replaced_at_the_end(device) as path:
        path.write_text("seven")
"""


def test_device_gets_the_content_and_stays():
    answer = subprocess.run([sys.executable, "-c", TO_DEVICES], capture_output=True, check=True)
    assert answer.stdout == b"seven"
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_folder_is_refused_before_anything_is_computed(tmp_path):
    computed = []
    with (
        pytest.raises(IsADirectoryError, match=str(tmp_path)),
        replaced_at_the_end(tmp_path),
    ):
        computed.append("for nothing")
    assert not computed
    assert not list(tmp_path.iterdir())


def test_missing_folder_is_named_with_the_file_that_was_asked_for(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere/digits-idx"):
        write_idx(tmp_path / "nowhere" / "digits-idx", np.uint8([7]))


def test_names_as_long_as_the_file_system_allows_are_written(tmp_path):
    longest = os.pathconf(tmp_path, "PC_NAME_MAX")
    for name in ("x" * longest, "x" * (longest - 4) + ".png", "é" * (longest // 2), "." * 99 + "x"):
        write(tmp_path / name, "content")
        assert (tmp_path / name).read_text() == "content"
    assert len(list(tmp_path.iterdir())) == 4


def test_temporary_file_has_the_suffix_by_which_writers_choose_a_format(tmp_path):
    with replaced_at_the_end(tmp_path / "figure.svg") as temporary:
        assert temporary.suffix == ".svg"


def test_error_leaves_the_older_file_and_nothing_else(tmp_path):
    path = tmp_path / "file"
    path.write_text("older")
    with pytest.raises(UnicodeEncodeError), replaced_at_the_end(path) as temporary:
        temporary.write_text("half\udc00")
    assert path.read_text() == "older"
    assert list(tmp_path.iterdir()) == [path]


def no_links(*_, **__):
    raise OSError(errno.EPERM, "this file system has no links")


@pytest.mark.parametrize("links", ["links", "no links"])
class TestNewFiles:
    @pytest.fixture(autouse=True)
    def file_system(self, links, monkeypatch):
        if links == "no links":
            monkeypatch.setattr(os, "link", no_links)

    def test_a_file_that_appears_during_the_work_stays(self, tmp_path):
        path = tmp_path / "digits.mnistcnn"

        def write_late():
            with replaced_at_the_end(path, overwrite=False) as temporary:
                temporary.write_text("mine")
                write(path, "of another process")

        with pytest.raises(FileExistsError, match=f"{path} exists already; use overwrite=True"):
            write_late()
        assert path.read_text() == "of another process"
        assert list(tmp_path.iterdir()) == [path]

    def test_where_nothing_has_appeared_the_file_is_there(self, tmp_path):
        umask = os.umask(0o027)
        try:
            write_new(tmp_path / "new.csv", "mine")
        finally:
            os.umask(umask)
        assert [found.name for found in tmp_path.iterdir()] == ["new.csv"]
        assert (tmp_path / "new.csv").read_text() == "mine"
        assert (tmp_path / "new.csv").stat().st_nlink == 1
        assert mode_of(tmp_path / "new.csv") == 0o640

    def test_a_link_to_nothing_is_followed(self, tmp_path):
        (tmp_path / "link.csv").symlink_to("target.csv")
        write_new(tmp_path / "link.csv", "mine")
        assert (tmp_path / "link.csv").is_symlink()
        assert (tmp_path / "target.csv").read_text() == "mine"


def test_of_threads_that_write_one_new_file_one_succeeds(tmp_path):
    path = tmp_path / "digits.csv"
    barrier = threading.Barrier(8)

    def attempt(number):
        try:
            with replaced_at_the_end(path, overwrite=False) as temporary:
                temporary.write_text(str(number))
                barrier.wait()
        except FileExistsError:
            return None
        return str(number)

    with ThreadPoolExecutor(8) as pool:
        (written,) = filter(None, pool.map(attempt, range(8)))
    assert path.read_text() == written
    assert list(tmp_path.iterdir()) == [path]


KILLED = """
import sys, time
from mnistcnn._safe_writing import replaced_at_the_end

with replaced_at_the_end(sys.argv[1]) as temporary:
    temporary.write_text("half")
    print(temporary, flush=True)
    time.sleep(60)
"""


def test_what_a_kill_left_behind_goes_and_what_is_being_written_stays(tmp_path):
    path = tmp_path / "file.txt"
    with subprocess.Popen([sys.executable, "-c", KILLED, path], stdout=subprocess.PIPE) as process:
        leftover = process.stdout.readline().decode().strip()
        long_ago = time.time() - 3600
        os.utime(leftover, (long_ago, long_ago))
        write(path, "beside a slow writer")
        assert os.path.exists(leftover)
        process.send_signal(signal.SIGKILL)
    write(path, "after a kill")
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_text() == "after a kill"


def test_only_leftovers_of_this_library_are_removed(tmp_path):
    foreign = [tmp_path / ".123-file", tmp_path / ".mnistcnn", tmp_path / "mnistcnn.tmp"]
    for path in foreign:
        path.write_text("mine")
        os.utime(path, (0, 0))
    write(tmp_path / "file", "content")
    assert sorted(tmp_path.iterdir()) == sorted([*foreign, tmp_path / "file"])


@pytest.mark.parametrize("content", [None, "older"])
def test_a_check_before_the_writing_leaves_all_as_it_is(tmp_path, content):
    path = tmp_path / "answers.csv"
    if content is not None:
        path.write_text(content)
        path.chmod(0o640)
    check_can_be_written(path)
    assert [found.name for found in tmp_path.iterdir()] == ([path.name] if content else [])
    if content is not None:
        assert (path.read_text(), mode_of(path)) == (content, 0o640)


@pytest.mark.parametrize("place", ["missing/answers.csv", ".", "file/answers.csv"])
def test_a_check_raises_what_the_writing_would(tmp_path, place):
    (tmp_path / "file").touch()
    path = tmp_path / place
    with pytest.raises(OSError, match="Errno") as of_writing:
        write(path, "new")
    with pytest.raises(type(of_writing.value), match=re.escape(str(of_writing.value))):
        check_can_be_written(path)


def test_an_empty_name_is_no_file():
    with pytest.raises(FileNotFoundError):
        check_can_be_written("")
    with pytest.raises(FileNotFoundError):
        write("", "nowhere")


@pytest.mark.skipif(IS_ROOT, reason="root may write anywhere")
def test_a_check_sees_a_folder_that_may_not_be_written(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(PermissionError, match="answers"):
            check_can_be_written(tmp_path / "answers.csv")
    finally:
        tmp_path.chmod(0o700)

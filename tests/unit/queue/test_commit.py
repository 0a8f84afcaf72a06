from __future__ import annotations

import os
from pathlib import Path
from queue import SimpleQueue

import pytest

from pymail.queue.commit import SMALL, CommitJob, Committer
from pymail.queue.directories import QueueLayout
from pymail.queue.writer import FileCreator, QueueFile


class Starter:
    """Remembers for which files write-back was started."""

    def __init__(self) -> None:
        self.started: list[int] = []

    def start(self, fd: int) -> None:
        self.started.append(fd)


@pytest.fixture
def creator(tmp_path: Path) -> FileCreator:
    (tmp_path / "incoming").mkdir()
    return FileCreator(QueueLayout(root=f"{tmp_path}/"))


def job_for(file: QueueFile, parts: list[bytes], offset: int = 0, **options: object) -> CommitJob:
    return CommitJob(file, parts, offset, **{"final": True, **options})  # type: ignore[arg-type]  # keywords of a test


def quiet(_batch: list[CommitJob]) -> None:
    """Nobody wants to know."""


def test_a_batch_is_written_marked_complete_and_closed(creator: FileCreator) -> None:
    starter = Starter()
    files = [creator.create("incoming") for _ in range(3)]
    batch = [job_for(file, [b"one", b"two"]) for file in files]
    descriptors = [file.fd for file in files]
    Committer(quiet, starter).commit(batch)
    assert starter.started == descriptors
    for job in batch:
        assert job.error is None
        found = Path(job.file.path)
        assert found.read_bytes() == b"onetwo"
        assert found.stat().st_mode & 0o777 == 0o700
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(job.file.fd)


def test_a_single_file_needs_no_early_write_back(creator: FileCreator) -> None:
    starter = Starter()
    Committer(quiet, starter).commit([job_for(creator.create("incoming"), [b"x"])])
    assert starter.started == []


def test_pieces_come_first_and_the_head_last(creator: FileCreator) -> None:
    file = creator.create("incoming")
    committer = Committer(quiet)
    piece = CommitJob(file, [b"middle"], 4, final=False)
    committer.commit([piece])
    assert os.fstat(file.fd).st_mode & 0o777 == 0o600
    committer.commit([job_for(file, [b"-end"], 10, head=b"head")])
    assert Path(file.path).read_bytes() == b"headmiddle-end"


def test_a_held_message_moves_before_it_is_complete(creator: FileCreator, tmp_path: Path) -> None:
    file = creator.create("incoming")
    target = str(tmp_path / "hold" / file.queue_id)
    job = job_for(file, [b"x"], final_path=target)
    Committer(quiet).commit([job])
    assert job.error is None
    assert os.listdir(tmp_path / "incoming") == []
    assert Path(target).read_bytes() == b"x"


def test_a_file_that_cannot_be_written_is_gone_and_the_others_are_not(creator: FileCreator) -> None:
    broken, whole = creator.create("incoming"), creator.create("incoming")
    os.close(broken.fd)
    broken.fd = os.open(broken.path, os.O_RDONLY)
    batch = [job_for(broken, [b"x"]), job_for(whole, [b"y"])]
    Committer(quiet).commit(batch)
    assert batch[0].error is not None
    assert not Path(broken.path).exists()
    assert batch[1].error is None
    assert Path(whole.path).exists()


def test_a_full_disk_is_an_error_of_its_job() -> None:
    full = QueueFile(os.open("/dev/full", os.O_RDWR), "ABC", "incoming", "/nonexistent/ABC", 0)
    job = job_for(full, [b"x"])
    Committer(quiet).commit([job])
    assert job.error is not None
    assert job.error.errno == 28


def test_the_thread_reports_every_job_once(creator: FileCreator) -> None:
    reported: SimpleQueue[list[CommitJob]] = SimpleQueue()
    committer = Committer(reported.put)
    committer.start()
    jobs = [job_for(creator.create("incoming"), [b"x"]) for _ in range(100)]
    for job in jobs:
        committer.submit(job)
    committer.stop()
    done: list[CommitJob] = []
    while not reported.empty():
        done += reported.get()
    assert done == jobs
    assert all(job.error is None for job in jobs)


@pytest.mark.parametrize(("size", "written"), [(SMALL, SMALL), (SMALL + 1, 0)], ids=["small", "big"])
def test_who_submits_a_small_file_writes_it(creator: FileCreator, size: int, written: int) -> None:
    file = creator.create("incoming")
    Committer(quiet).submit(job_for(file, [b"x" * size]))  # its thread is not started
    assert os.fstat(file.fd).st_size == written
    file.remove()

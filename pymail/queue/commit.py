"""The committer: one thread that makes queue files durable, in groups.

A file is ready when its octets are complete. Who submits a small one writes it and sets the mode that says "complete"
(into memory: that is done sooner than two threads take turns); big ones are written by the thread. It takes all jobs
that are ready, starts the write-back of all files, then syncs each and checks each. The owner is told once per group.
Groups size themselves: one file when idle, many when the disk is slower than the mail. A job that failed has no file
any more (in doubt the sender keeps the message and comes again).

Directories are not synced, as in Postfix: the file systems that it runs on write a new name out with the file's sync.
"""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Final, Protocol

from pymail.queue.mark import READY_MODE
from pymail.queue.writer import QueueFile

#: Files that are synced together at most; bounds how long the first one waits for the last.
BATCH_LIMIT: Final = 64
#: Octets that are written by who submits them.
SMALL: Final = 128 * 1024


class StartsWriteBack(Protocol):
    """`unix.sync.WriteBack`."""

    def start(self, fd: int) -> None:
        """Start to write out a file, without waiting."""


@dataclass(slots=True, eq=False)
class CommitJob:
    """What the thread shall do with one file. Until it is reported back, file and octets belong to the thread.

    *parts* go to *offset*; *head*, if any, goes to offset 0 afterwards. With *final* the file is then complete: it
    moves to *final_path* (if that is another), gets its mode, is synced and closed.
    """

    file: QueueFile
    parts: list[bytes]
    offset: int
    final: bool
    head: bytes = b""
    final_path: str = ""
    mode: int = READY_MODE
    done: Callable[[CommitJob], None] | None = field(default=None, repr=False)
    error: OSError | None = None
    is_written: bool = False

    def write(self) -> None:
        """Write the octets; with *final*, move the file and set its mode. A failure becomes the job's error."""
        self.is_written = True
        try:
            _write(self)
        except OSError as error:
            self.error = error


class Committer:
    """The thread and its queue. *notify* is called in the thread, with each group of jobs that are done."""

    def __init__(self, notify: Callable[[list[CommitJob]], None], write_back: StartsWriteBack | None = None) -> None:
        self._notify = notify
        self._write_back = write_back
        self._jobs: SimpleQueue[CommitJob | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def submit(self, job: CommitJob) -> None:
        """Give a job to the thread."""
        if sum(map(len, job.parts)) <= SMALL:
            job.write()
        self._jobs.put(job)

    def stop(self) -> None:
        """Finish all jobs and end the thread."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        take = self._jobs.get
        while True:
            job = take()
            batch: list[CommitJob] = []
            stop = job is None
            while job is not None:
                batch.append(job)
                if len(batch) >= BATCH_LIMIT:
                    break
                try:
                    job = self._jobs.get_nowait()
                except Empty:
                    break
                stop = job is None
            if batch:
                self.commit(batch)
                self._notify(batch)
            if stop:
                return

    def commit(self, batch: list[CommitJob]) -> None:
        """Do the jobs of *batch*; afterwards each has its error or none."""
        write_back = self._write_back if len(batch) > 1 else None
        for job in batch:
            if not job.is_written:
                job.write()
            if write_back is not None and job.error is None:
                write_back.start(job.file.fd)
        for job in batch:
            if job.final:
                _finish(job)


def _write(job: CommitJob) -> None:
    file = job.file
    if job.parts:
        _write_all(file.fd, b"".join(job.parts), job.offset)
        job.parts = []
    if job.head:
        _write_all(file.fd, job.head, 0)
    if job.final:
        if job.final_path and job.final_path != file.path:
            _rename(file.path, job.final_path)
            file.path = job.final_path
        os.fchmod(file.fd, job.mode)


def _rename(old: str, new: str) -> None:
    try:
        os.rename(old, new)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(new), 0o700, exist_ok=True)
        os.rename(old, new)


def _write_all(fd: int, octets: bytes, offset: int) -> None:
    written = os.pwrite(fd, octets, offset)
    while written < len(octets):
        count = os.pwrite(fd, octets[written:], offset + written)
        if not count:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written += count


def _finish(job: CommitJob) -> None:
    file = job.file
    if job.error is None:
        try:
            os.fsync(file.fd)
        except OSError as error:
            job.error = error
    if job.error is not None:
        file.remove()
        return
    try:
        os.close(file.fd)
    except OSError as error:
        # Some file systems report a full disk only here.
        job.error = error
        try:
            os.unlink(file.path)
        except OSError:
            pass

"""System calls fail, and the process dies, at each step of making a queue file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pymail.queue.mark import is_ready
from pymail.queue.reader import CorruptFileError, EnvelopeReader

ROOT = Path(__file__).parents[2]
needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="no strace")

PROGRAM = """
import sys
from pymail.queue.commit import CommitJob, Committer
from pymail.queue.directories import QueueLayout
from pymail.queue.writer import FileCreator
from tests.support.cleanup_rig import file_of, run, stream

octets = file_of(run(stream("u@relay.test", lines=(b"Subject: x", b"", b"z" * 5000)))[0])
print("begin", flush=True)
creator = FileCreator(QueueLayout(root=sys.argv[1] + "/"))
batch = [CommitJob(creator.create("incoming"), [octets], 0, final=True) for _ in range(2)]
Committer(lambda done: None).commit(batch)
for job in batch:
    print("failed" if job.error else "durable", flush=True)
"""


def commit_two(folder: Path, injection: str) -> list[str]:
    """Make two queue files while *injection* happens; return what the program could still say."""
    (folder / "incoming").mkdir()
    done = subprocess.run(
        ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=pwrite64,fchmod,fsync,rename,close",
         "-e", f"inject={injection}", sys.executable, "-c", PROGRAM, str(folder)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True, check=False, text=True,
    )  # fmt: skip
    said = done.stdout.split()
    assert said[:1] == ["begin"], done.stderr
    return said[1:]


def complete(path: Path) -> bool:
    """Say whether a reader takes the file for a message."""
    if not is_ready(path.stat().st_mode):
        return False
    fd = os.open(path, os.O_RDONLY)
    try:
        return len(EnvelopeReader(fd).read(10).recipients) == 1
    except CorruptFileError:
        return False
    finally:
        os.close(fd)


@needs_strace
@pytest.mark.parametrize(
    "injection",
    [
        "fsync:error=EIO:when=1",
        "fsync:error=ENOSPC:when=1",
        "pwrite64:error=ENOSPC:when=1",
        "pwrite64:error=EFBIG:when=1",
        "fchmod:error=EIO:when=1",
    ],
)
def test_a_failed_call_costs_one_file_and_nobody_is_told_durable(tmp_path: Path, injection: str) -> None:
    assert commit_two(tmp_path, injection) == ["failed", "durable"]
    left = list((tmp_path / "incoming").iterdir())
    assert len(left) == 1
    assert complete(left[0])


@needs_strace
@pytest.mark.parametrize("call", ["rename", "pwrite64", "fchmod", "fsync"])
@pytest.mark.parametrize("when", [1, 2])
def test_death_at_any_step_leaves_whole_messages_or_none(tmp_path: Path, call: str, when: int) -> None:
    assert commit_two(tmp_path, f"{call}:signal=KILL:when={when}") == []
    for path in (tmp_path / "incoming").iterdir():
        assert complete(path) or not is_ready(path.stat().st_mode)

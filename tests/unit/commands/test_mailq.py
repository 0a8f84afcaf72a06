"""mailq."""

from __future__ import annotations

from pathlib import Path

from tests.support.command_line import QueueFolder


def test_mailq_lists_the_queue(tmp_path: Path) -> None:
    done = QueueFolder(tmp_path).run("mailq")
    assert (done.returncode, done.stdout) == (0, b"Mail queue is empty\n")


def test_mailq_takes_no_recipients(tmp_path: Path) -> None:
    folder = QueueFolder(tmp_path)
    done = folder.run("mailq", "x")
    assert folder.said(done) == ["sendmail: fatal: display queue mode requires no recipient"]

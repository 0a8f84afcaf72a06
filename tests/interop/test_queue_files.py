"""Postfix reads what we write."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.cleanup_rig import file_of, run, stream
from tests.support.oracle import environment, needs_postfix, postfix_root


@needs_postfix
@pytest.mark.parametrize("width", [10, 200, 5000])
def test_postcat_shows_our_queue_file(tmp_path: Path, width: int) -> None:
    root = postfix_root()
    assert root is not None
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/main.cf").write_text(f"queue_directory={tmp_path}\nmyhostname=mta.exam.test\n")
    message, _ = run(stream("u@relay.test", "bob", lines=(b"Subject: x", b"", b"y" * width, b".", b"end")))
    path = tmp_path / "incoming" / "612CF54020A"
    path.parent.mkdir()
    path.write_bytes(file_of(message))
    path.chmod(0o700)
    done = subprocess.run(
        [root / "usr/sbin/postcat", "-c", tmp_path / "etc", path],
        env=environment(root),
        capture_output=True,
        check=False,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.split("\n")
    assert "sender: alice@sender.test" in lines
    assert "recipient: bob@exam.test" in lines
    assert "y" * width in lines
    assert lines[-2].startswith("*** MESSAGE FILE END")

"""`make demo` and `make run`: what a newcomer sees first has to work."""

from __future__ import annotations

import os
import re
import signal
import smtplib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.instance import ROOT
from tests.support.waiting import wait_for

COMMAND = [sys.executable, "-m", "pymail.commands.pymail", "demo", "--directory"]


@pytest.fixture
def sandbox() -> Iterator[Path]:
    # A short name: sockets are in it. Open to everybody: as root, the daemons are another user.
    with tempfile.TemporaryDirectory(prefix="demo-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder / "sandbox"


def test_the_demo_delivers_everything_and_stops(sandbox: Path) -> None:
    done = subprocess.run([*COMMAND, str(sandbox)], cwd=ROOT, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for text in (
        "by SMTP to a mailbox",
        "status=sent (delivered to mailbox)",
        "forwarded as",
        "sender non-delivery notification",
        "status=deferred (connect to 127.0.0.1",
        "down.test",
        "Subject: Undelivered Mail Returned to Sender",
        "Both instances are stopped",
    ):
        assert text in done.stdout
    for name in ("one", "two"):
        log = (sandbox / name / "maillog").read_text()
        assert not re.search(r"(warning|error|fatal|panic): ", log), log


def test_the_demo_in_the_foreground_takes_mail_until_it_is_interrupted(sandbox: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, str(sandbox), "--foreground"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    try:
        port = 0
        for line in process.stdout:
            match = re.search(r"is taken on 127\.0\.0\.1:(\d+)", line)
            if match is not None:
                port = int(match[1])
                break
        assert port, "it did not start"
        with smtplib.SMTP("127.0.0.1", port, "client.test", 20) as client:
            client.sendmail("a@one.test", ["info@one.test"], "Subject: hi\n\nhello\n")
        mail = sandbox / "one/mail"
        wait_for("the message in a mailbox", lambda: any("Subject: hi" in path.read_text() for path in mail.iterdir()))
    finally:
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=30)
    assert process.returncode == 0, rest
    pid = int((sandbox / "one/queue/pid/master.pid").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)

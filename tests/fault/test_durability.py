"""Nobody is told that mail is safe before the disk has it: the order of the system calls."""

from __future__ import annotations

import re
import smtplib
import subprocess
from pathlib import Path

import pytest

from tests.fault.conftest import MakeSystem
from tests.support.instance import Instance
from tests.support.oracle import needs_root
from tests.support.tracing import calls, needs_strace, traced
from tests.support.waiting import wait_for

pytestmark = [needs_strace, needs_root]

CALLS = "trace=fsync,fdatasync,rename,renameat,renameat2,link,linkat,unlink,unlinkat,fchmod,write,writev,sendto,sendmsg"
MESSAGE = b"Subject: x\r\n\r\nhi\r\n"


def send(system: Instance, recipient: str) -> None:
    with smtplib.SMTP("127.0.0.1", system.port, "client.test", 20) as client:
        client.sendmail("alice@sender.test", [recipient], MESSAGE)


def place(lines: list[str], pattern: str) -> int:
    """Return the number of the first call that *pattern* describes."""
    for number, line in enumerate(lines):
        if re.search(pattern, line):
            return number
    raise AssertionError(f"no {pattern} in\n" + "\n".join(lines))


def trace(system: Instance, name: str, recipient: str, output: Path, end: str) -> list[str]:
    """Return the calls of daemon *name* during the second message; the first one starts it."""
    send(system, recipient)
    system.wait_empty()
    with traced(system, name, "-y", "-o", str(output), "-s", "200", "-e", CALLS):
        send(system, recipient)
        wait_for(end, lambda: re.search(end, output.read_text()))
    return calls(output)


def test_cleanup_answers_after_the_sync(mail_system: MakeSystem, tmp_path: Path) -> None:
    system = mail_system({"default_transport": "discard:"})
    answer = r'"status\\0+'
    lines = trace(system, "cleanup", "u@far.test", tmp_path / "trace", answer)
    marked = place(lines, r"fchmod\(\d+<.*/incoming/\w+>, 0700\) += 0")
    synced = place(lines, r"fsync\(\d+<.*/incoming/\w+>\) += 0")
    assert marked < synced < place(lines, answer)


@pytest.mark.parametrize("spool", ["mail", "mail/"], ids=["mbox", "maildir"])
def test_local_reports_after_the_sync(spool: str, mail_system: MakeSystem, tmp_path: Path) -> None:
    system = mail_system(start=False)
    system.settings["mail_spool_directory"] = f"{system.folder}/{spool}"
    system.configure()
    system.start()
    final = r'"(status|nrequest|reason)\\0'
    lines = trace(system, "local", "root@mx.test", tmp_path / "trace", final)
    told = place(lines, final)
    synced = place(lines, r"fsync\(\d+<.*/mail/.*>\) += 0")
    assert synced < told
    if spool.endswith("/"):
        assert synced < place(lines, r"(link|rename)\w*\(.*/new/") < told


def test_sendmail_ends_after_the_sync(mail_system: MakeSystem, tmp_path: Path) -> None:
    system = mail_system(start=False)
    system.run("postfix", "check", check=False)
    output = tmp_path / "trace"
    argv = ["strace", "-f", "-y", "-o", str(output), "-e", CALLS, *system.command("sendmail", "root")]
    done = subprocess.run(argv, env=system.environment, input=MESSAGE, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    lines = calls(output)
    synced = place(lines, r"fsync\(\d+<.*/maildrop/\w+>\) += 0")
    assert place(lines, r"fchmod\(\d+<.*/maildrop/\w+>, 0744\) += 0") < synced
    assert not [line for line in lines[synced:] if "/maildrop/" in line and "unlink" in line]
    (path,) = system.queue_files("maildrop")
    assert path.stat().st_mode & 0o777 == 0o744

"""Programs that people use against our SMTP server and our sendmail: swaks and s-nail."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest

from tests.interop.conftest import MakeSystem
from tests.support.instance import Instance
from tests.support.waiting import wait_for

needs_swaks = pytest.mark.skipif(shutil.which("swaks") is None, reason="no swaks")
needs_s_nail = pytest.mark.skipif(shutil.which("s-nail") is None, reason="no s-nail")


@pytest.fixture(name="system", scope="module")
def system_fixture(make_system: MakeSystem) -> Instance:
    system = make_system(Instance, start=False)
    system.settings |= {"mail_spool_directory": f"{system.mail}/", "smtpd_error_sleep_time": "0"}
    system.configure()
    system.start()
    return system


def mail_with(system: Instance, subject: str, user: str = "root") -> Message:
    """Wait for the message with this subject."""

    def look() -> Message | None:
        folder = system.mail / user / "new"
        for path in folder.iterdir() if folder.exists() else ():
            message = message_from_bytes(path.read_bytes())
            if str(message["Subject"]) == subject:
                return message
        return None

    try:
        return wait_for(f"mail {subject} for {user}", look)  # type: ignore[return-value]  # true, so not None
    except AssertionError as error:
        raise AssertionError(f"{error}\n{system.log[-3000:]}") from None


def swaks(system: Instance, *options: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    argv = ["swaks", "--server", f"127.0.0.1:{system.port}", "--helo", "client.test", "--timeout", "20s", *options]
    return subprocess.run(argv, capture_output=True, text=True, input=stdin, timeout=60, check=False)


@needs_swaks
@pytest.mark.parametrize(
    ("name", "options", "protocol"),
    [
        ("plain", [], "ESMTP"),
        ("helo", ["--protocol", "SMTP"], "SMTP"),
        ("pipelined", ["--pipeline"], "ESMTP"),
        ("attachment", ["--attach-type", "text/plain", "--attach", "@/etc/hostname"], "ESMTP"),
        ("headers", ["--add-header", "X-Test: one", "--header-X-Other", "two"], "ESMTP"),
        ("dot-lines", ["--body", r".\n..\n.a\n."], "ESMTP"),
        ("null-sender", ["--from", "<>"], "ESMTP"),
        ("two-recipients", ["--to", "root@mx.test,daemon@mx.test"], "ESMTP"),
        ("body-type", ["--add-header", "X-Bytes: \u00fc"], "ESMTP"),
    ],
    ids=lambda value: value if isinstance(value, str) and value != "ESMTP" else "",
)
def test_swaks_delivers(system: Instance, name: str, options: list[str], protocol: str) -> None:
    own = ["--from", "alice@sender.test", "--to", "root@mx.test", "--header", f"Subject: {name}", *options]
    done = swaks(system, *own)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "<-  250 2.0.0 Ok: queued as " in done.stdout
    message = mail_with(system, name)
    assert f"with {protocol} id " in str(message["Received"])
    if name == "two-recipients":
        mail_with(system, name, "daemon")
    if name == "headers":
        assert (message["X-Test"], message["X-Other"]) == ("one", "two")
    if name == "dot-lines":
        assert str(message.get_payload()).splitlines()[:4] == [".", "..", ".a", "."]
    if name == "null-sender":
        assert message["Return-Path"] == "<>"


@needs_swaks
@pytest.mark.parametrize(
    ("options", "status", "text"),
    [
        # The statuses are swaks's: refused at RCPT, at MAIL; stopped as it was told.
        pytest.param(["--to", "no.such.user@mx.test"], 24, "550 5.1.1 <no.such.user@mx.test>", id="unknown"),
        pytest.param(["--from", "a b@x", "--to", "root@mx.test"], 23, "<** 501 ", id="bad-sender"),
        pytest.param(["--to", "root@mx.test", "--quit-after", "RCPT"], 0, "<-  250 2.1.5 Ok", id="quit-after-rcpt"),
        pytest.param(["--to", "root@mx.test", "--quit-after", "EHLO"], 0, "250-PIPELINING", id="quit-after-ehlo"),
        pytest.param(["--to", "root@mx.test", "--drop-after", "DATA"], 0, "354 ", id="drop-after-data"),
    ],
)
def test_swaks_is_answered(system: Instance, options: list[str], status: int, text: str) -> None:
    done = swaks(system, "--from", "alice@sender.test", *options)
    assert done.returncode == status, done.stdout + done.stderr
    assert text in done.stdout


@needs_swaks
def test_swaks_sends_data_of_its_own_form(system: Instance) -> None:
    data = "Subject: given\nFrom: a@sender.test\n\nfirst\n\nlast\n"
    done = swaks(system, "--from", "alice@sender.test", "--to", "root@mx.test", "--data", "-", stdin=data)
    assert done.returncode == 0, done.stdout + done.stderr
    assert str(mail_with(system, "given").get_payload()).rstrip("\n") == "first\n\nlast"


def s_nail(system: Instance, *options: str, body: str = "hello\n.\nthere\n") -> None:
    home = system.folder / "home"
    home.mkdir(exist_ok=True)
    environ = {**system.environment, "HOME": str(home), "MAILRC": "/dev/null", "LC_ALL": "C.UTF-8"}
    argv = [
        "s-nail",
        "-n",
        "-Sv15-compat",
        "-S",
        "sendwait",
        "-S",
        "hostname=mx.test",
        "-S",
        "DEAD=/dev/null",
        *options,
    ]
    done = subprocess.run(argv, env=environ, capture_output=True, text=True, input=body, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def by_our_sendmail(system: Instance) -> list[str]:
    return ["-S", f"mta=file://{system.command('sendmail')[0]}"]


@needs_s_nail
def test_s_nail_sends_through_our_sendmail(system: Instance) -> None:
    s_nail(system, *by_our_sendmail(system), "-s", "nail", "-r", "alice@sender.test", "root")
    message = mail_with(system, "nail")
    assert message["Return-Path"] == "<alice@sender.test>"
    assert str(message.get_payload()).rstrip("\n") == "hello\n.\nthere"
    assert "by mx.test (pymail, from userid " in str(message["Received"])


@needs_s_nail
def test_s_nail_sends_copies_and_files(system: Instance, tmp_path: Path) -> None:
    (tmp_path / "data.bin").write_bytes(bytes(range(256)))
    options = ["-s", "file \u00fc", "-c", "daemon", "-b", "mail", "-a", str(tmp_path / "data.bin"), "root"]
    s_nail(system, *by_our_sendmail(system), *options, body="\u00fc\n")
    wait_for("three copies", lambda: len(_new(system, r"data\.bin")) >= 3)
    for path in _new(system, r"data\.bin"):
        message = message_from_bytes(path.read_bytes())
        assert message["Bcc"] is None
        assert "daemon" in str(message["Cc"])
        (_, part) = message.get_payload()
        assert part.get_payload(decode=True) == bytes(range(256))  # type: ignore[union-attr]  # multipart


def _new(system: Instance, pattern: str) -> list[Path]:
    paths = [path for path in system.mail.glob("*/new/*") if re.search(pattern, path.read_text(errors="replace"))]
    return sorted(paths)


@needs_s_nail
def test_s_nail_speaks_to_our_smtp_server(system: Instance) -> None:
    options = ["-S", f"mta=smtp://127.0.0.1:{system.port}", "-S", "smtp-auth=none"]
    s_nail(system, *options, "-s", "nail by smtp", "-r", "alice@sender.test", "root@mx.test")
    message = mail_with(system, "nail by smtp")
    assert " (pymail) with SMTP id " in str(message["Received"])
    assert str(message.get_payload()).rstrip("\n") == "hello\n.\nthere"


@needs_s_nail
def test_s_nail_hears_of_a_failure(system: Instance) -> None:
    environ = {**system.environment, "MAILRC": "/dev/null", "HOME": os.fspath(system.folder)}
    argv = [
        "s-nail",
        "-n",
        "-Sv15-compat",
        "-S",
        "sendwait",
        *by_our_sendmail(system),
        "-S",
        "mta-arguments=-bz",
        "-S",
        "DEAD=/dev/null",
    ]
    done = subprocess.run(
        [*argv, "-s", "x", "root"], env=environ, capture_output=True, text=True, input="x\n", timeout=60, check=False
    )
    assert done.returncode != 0

"""The same message through ours and Postfix into a mailbox: the same octets, but for names, IDs and times."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.instance import Instance, OracleInstance, running, scratch_folder
from tests.support.oracle import needs_postfix, needs_root
from tests.support.waiting import wait_for

pytestmark = [needs_postfix, needs_root]

MESSAGES = {
    "short": b"Subject: x\r\n\r\nhi\r\n",
    "addresses": b'From: joe\r\nTo: a, b@c (x), "q r" <d@e>\r\nCc: list: f, g@h;\r\nSubject: y\r\n\r\nbody\r\n',
    "from-lines-and-dots": b"Subject: y\r\n\r\nFrom me\r\n\r\n>From you\r\n.dot\r\n..\r\n",
    "no-header": b"no header line\r\nat all\r\n",
    "body-only": b"\r\nbody only\r\n",
    "dropped-fields": b"Bcc: secret@x.test\r\nReturn-Path: <z@z>\r\nContent-Length: 5\r\nTo: u\r\n\r\nb\r\n",
    "resent": b"To: undisclosed\r\nResent-From: r\r\nResent-To: s\r\n\r\nb\r\n",
    "long-lines": b"X-Long: "
    + b"a" * 3000
    + b"\r\nSubject: "
    + b"w " * 300
    + b"\r\n\tfolded\r\n\r\n"
    + b"z" * 5000
    + b"\r\n",
    "8-bit": b"Subject: 8\xc3\xbc\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\xc3\xbc\xff\r\n",
    "odd-fields": b"Received: 1\r\n  folded\r\nSubject : sp\r\nDate: bad\r\nMessage-ID: <mine@x>\r\n\r\n",
}
SETTINGS = {"local_recipient_maps": "", "smtputf8_enable": "yes", "append_dot_mydomain": "no"}

MASKS = (
    (re.compile(rb"(Postfix|pymail)(?=[,)])"), b"NAME"),
    (re.compile(rb"\b[0-9A-F]{8,12}\b"), b"ID"),
    (re.compile(rb"\w{3},\s+\d+ \w{3} \d{4} [\d:]+ [^\n]*"), b"DATE"),
    (re.compile(rb"\d{14}\.ID"), b"TIME.ID"),
    (re.compile(rb"^From (\S+) .*", re.MULTILINE), rb"From \1 DATE"),
)


@pytest.fixture(name="systems", scope="module")
def systems_fixture() -> Iterator[tuple[Instance, Instance]]:
    with scratch_folder() as one, scratch_folder() as other:
        ours, theirs = Instance(one, SETTINGS), OracleInstance(other, SETTINGS)
        with running(ours, theirs):
            yield ours, theirs


def arrives_as(system: Instance, message: bytes) -> bytes:
    """Send *message* to a mailbox and return what is in it then."""
    box: Path = system.mail / "root"
    box.unlink(missing_ok=True)
    with smtplib.SMTP("127.0.0.1", system.port, "client.test", timeout=20) as client:
        client.sendmail("a@src.test", ["root@mx.test"], message, mail_options=["BODY=8BITMIME"])
    octets = wait_for("the mail", lambda: box.exists() and box.read_bytes().endswith(b"\n\n") and box.read_bytes())
    assert isinstance(octets, bytes)
    system.wait_empty()
    for pattern, mask in MASKS:
        octets = pattern.sub(mask, octets)
    return octets


@pytest.mark.parametrize("name", MESSAGES)
def test_the_mailbox_holds_what_postfix_s_holds(systems: tuple[Instance, Instance], name: str) -> None:
    ours, theirs = (arrives_as(system, MESSAGES[name]) for system in systems)
    assert ours == theirs

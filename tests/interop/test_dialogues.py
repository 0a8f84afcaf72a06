"""The same dialogues with our smtpd and the distribution's: the same replies, word for word.

Each dialogue is sent line by line, and each reply is awaited. What the releases say differently, and names of the
systems, are masked.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import pytest

from tests.support.instance import Instance, OracleInstance, running, scratch_folder
from tests.support.oracle import needs_postfix, needs_root

pytestmark = [needs_postfix, needs_root]

#: What differs between the two without meaning: queue IDs, our name.
MASKS = (
    (re.compile(r"queued as \w+"), "queued as ID"),
    (re.compile(r"ESMTP (Postfix|pymail)( \(Debian/GNU\))?"), "ESMTP NAME"),
)

DIALOGUES = {
    "greeting-and-quit": ["QUIT"],
    "helo": ["HELO x", "NOOP", "QUIT"],
    "ehlo": ["EHLO x", "QUIT"],
    "helo-without-name": ["HELO", "EHLO", "QUIT"],
    "mail-before-helo": ["MAIL FROM:<a@b.test>", "QUIT"],
    "transaction": [
        "EHLO x",
        "MAIL FROM:<a@b.test>",
        "RCPT TO:<root@mx.test>",
        "DATA",
        "Subject: x\r\n\r\nhi\r\n.",
        "QUIT",
    ],
    "null-sender": ["EHLO x", "MAIL FROM:<>", "RCPT TO:<root@mx.test>", "RSET", "QUIT"],
    "order": [
        "EHLO x",
        "RCPT TO:<root@mx.test>",
        "DATA",
        "MAIL FROM:<a@b.test>",
        "MAIL FROM:<c@d.test>",
        "DATA",
        "QUIT",
    ],
    "unknown-commands": ["EHLO x", "FOO", "EXPN root", "TURN", "X", "", "QUIT"],
    "vrfy": [
        "EHLO x",
        "VRFY root",
        "VRFY nosuch",
        "VRFY",
        "VRFY a b",
        "VRFY <root@mx.test>",
        "VRFY u@far.test",
        "QUIT",
    ],
    "etrn": ["EHLO x", "ETRN", "ETRN mx.test", "ETRN x.example", "ETRN -bad", "QUIT"],
    "sender-syntax": [
        "EHLO x",
        "MAIL FROM:<a",
        "MAIL FROM:a@b.test",
        "RSET",
        "MAIL FROM: <a@b.test>",
        "RSET",
        "MAIL <a@b.test>",
        "MAIL",
        "MAIL FROM",
        "MAIL FROM:",
        "MAIL FROM:<a@b.test",
        "MAIL FROM:a b",
        "MAIL FROM:<a b@c.test>",
        "RSET",
        'MAIL FROM:<"a b"@c.test>',
        "RSET",
        "MAIL FROM:<@x.test,@y.test:a@b.test>",
        "RSET",
        "MAIL FROM:<a@>",
        "RSET",
        "MAIL FROM:<@>",
        "RSET",
        "MAIL FROM:<a@[1.2.3.4]>",
        "RSET",
        "MAIL FROM:<a@[1.2.3.444]>",
        "RSET",
        "MAIL FROM:<a@b..test>",
        "RSET",
        "MAIL FROM:<a..b@c.test>",
        "RSET",
        "MAIL FROM:<(c)a@b.test>",
        "RSET",
        "QUIT",
    ],
    "recipient-syntax": [
        "EHLO x",
        "MAIL FROM:<a@b.test>",
        "RCPT TO:<>",
        "RCPT TO:<@>",
        "RCPT",
        "RCPT TO",
        "RCPT TO:",
        "RCPT TO:root@mx.test",
        "RCPT TO: <root@mx.test>",
        "RCPT TO:<root@mx.test",
        "RCPT TO:<root@mx.test> FOO=1",
        "RCPT TO:<root>",
        "RCPT TO:<postmaster>",
        "RCPT TO:<Postmaster@mx.test>",
        "RCPT TO:<ROOT@MX.TEST>",
        "RCPT TO:<root@mx.test.>",
        "RCPT TO:<root@[127.0.0.1]>",
        'RCPT TO:<"root"@mx.test>',
        "RCPT TO:<nosuch@mx.test>",
        "RCPT TO:<root+x@mx.test>",
        "RCPT TO:<@mx.test:root@mx.test>",
        "QUIT",
    ],
    "parameters": [
        "EHLO x",
        "MAIL FROM:<a@b.test> SIZE=100",
        "RSET",
        "MAIL FROM:<a@b.test> SIZE=99999999",
        "RSET",
        "MAIL FROM:<a@b.test> SIZE=x",
        "MAIL FROM:<a@b.test> BODY=8BITMIME",
        "RSET",
        "MAIL FROM:<a@b.test> BODY=7BIT",
        "RSET",
        "MAIL FROM:<a@b.test> BODY=9BIT",
        "MAIL FROM:<a@b.test> FOO=1",
        "MAIL FROM:<a@b.test> RET=FULL ENVID=abc",
        "RSET",
        "MAIL FROM:<a@b.test> RET=X",
        "MAIL FROM:<a@b.test> ENVID=a=b",
        "MAIL FROM:<a@b.test> RET=HDRS RET=FULL",
        "RSET",
        "MAIL FROM:<a@b.test> AUTH=<>",
        "RSET",
        "MAIL FROM:<a@b.test>",
        "RCPT TO:<root@mx.test> NOTIFY=NEVER",
        "RCPT TO:<root@mx.test> NOTIFY=SUCCESS,FAILURE",
        "RCPT TO:<root@mx.test> NOTIFY=NEVER,SUCCESS",
        "RCPT TO:<root@mx.test> NOTIFY=X",
        "RCPT TO:<root@mx.test> ORCPT=rfc822;a+2Bb@c.test",
        "RCPT TO:<root@mx.test> ORCPT=x",
        "QUIT",
    ],
    "relay": [
        "EHLO x",
        "MAIL FROM:<a@b.test>",
        "RCPT TO:<u@far.test>",
        "RCPT TO:<u%far.test@mx.test>",
        "RCPT TO:<far.test!u@mx.test>",
        'RCPT TO:<"u@far.test"@mx.test>',
        "RCPT TO:<@mx.test:u@far.test>",
        "RCPT TO:<u@[192.0.2.1]>",
        "RCPT TO:<u@relay.test>",
        "RCPT TO:<u@sub.relay.test>",
        'RCPT TO:<"u@far.test"@relay.test>',
        "RCPT TO:<u%far.test@relay.test>",
        "QUIT",
    ],
    "virtual": [
        "EHLO x",
        "MAIL FROM:<a@b.test>",
        "RCPT TO:<joe@alias.test>",
        "RCPT TO:<nosuch@alias.test>",
        "RCPT TO:<any@all.test>",
        "QUIT",
    ],
    "too-long-lines": ["EHLO x", "NOOP " + "x" * 3000, "MAIL FROM:<" + "a" * 3000 + "@b.test>", "QUIT"],
    "errors": ["EHLO x", *["FOO"] * 22],
    "junk": ["EHLO x", "GET / HTTP/1.0"],
    "noop-and-rset": ["NOOP", "NOOP x", "RSET", "RSET x", "EHLO x y", "HELO x y", "QUIT x", "QUIT"],
    "data-twice": [
        "HELO x",
        "MAIL FROM:<a@b.test>",
        "RCPT TO:<root@mx.test>",
        "DATA x",
        "DATA",
        ".",
        "MAIL FROM:<a@b.test>",
        "RCPT TO:<root@mx.test>",
        "DATA",
        "x\r\n..y\r\n.",
        "QUIT",
    ],
    "bdat": [
        "EHLO x",
        "MAIL FROM:<a@b.test>",
        "RCPT TO:<root@mx.test>",
        "BDAT x",
        "BDAT 4 LAST\r\nx\r\n",
        "QUIT",
    ],
    "utf8": ["EHLO x", "MAIL FROM:<ü@b.test>", "MAIL FROM:<ü@b.test> SMTPUTF8", "RCPT TO:<root@mx.test>", "QUIT"],
    "starttls-and-auth": ["EHLO x", "STARTTLS", "AUTH PLAIN", "XCLIENT NAME=x", "XFORWARD NAME=x", "QUIT"],
}

SETTINGS = {
    "relay_domains": "relay.test",
    "virtual_alias_domains": "alias.test, all.test",
    "virtual_alias_maps": "inline:{ joe@alias.test=root, @all.test=root }",
    "mynetworks": "192.0.2.77/32",
    "local_recipient_maps": "inline:{ root=x, postmaster=x }",
    "smtpd_error_sleep_time": "0",
    "recipient_delimiter": "+",
    "smtputf8_enable": "yes",
}
#: What 3.12 does by default and 3.7 does not.
NEWER = {"smtpd_forbid_unauth_pipelining": "yes", "smtpd_forbid_bare_newline": "normalize"}


@pytest.fixture(name="systems", scope="module")
def systems_fixture() -> Iterator[tuple[Instance, Instance]]:
    with scratch_folder() as one, scratch_folder() as other:
        ours = Instance(one, SETTINGS)
        theirs = OracleInstance(other, {**SETTINGS, **NEWER})
        with running(ours, theirs):
            yield ours, theirs


def reply(lines: Iterator[bytes]) -> str:
    """Return the next reply, all of its lines; empty at the end of the connection."""
    text = ""
    try:
        for line in lines:
            text += line.decode("utf-8", "replace")
            if line[3:4] != b"-":
                break
    except ConnectionResetError:
        pass
    return text


def replies(instance: Instance, dialogue: list[str]) -> list[str]:
    """Return the replies to the greeting and to each line."""
    with socket.create_connection(("127.0.0.1", instance.port), timeout=10) as client, client.makefile("rb") as lines:
        said = [reply(lines)]
        for line in dialogue:
            try:
                client.sendall(line.encode() + b"\r\n")
            except OSError:
                said.append("")
                continue
            said.append(reply(lines))
    for pattern, word in MASKS:
        said = [pattern.sub(word, text) for text in said]
    return said


@pytest.mark.parametrize("name", DIALOGUES)
def test_the_replies_are_postfix_s(systems: tuple[Instance, Instance], name: str) -> None:
    ours, theirs = (replies(system, DIALOGUES[name]) for system in systems)
    told = ["(greeting)", *DIALOGUES[name]]
    assert list(zip(told, ours, strict=True)) == list(zip(told, theirs, strict=True))

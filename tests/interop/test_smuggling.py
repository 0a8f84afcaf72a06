"""One message stays one: whatever a body holds, no server behind us takes a part of it for commands.

A message is given to one system, which relays it to the other. The body has what some server once took for the end of
the content, and behind it the commands for a second message. CVE-2023-51764, CVE-2023-51765, CVE-2023-51766.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.interop.conftest import MakeSystem
from tests.support.instance import Instance, OracleInstance
from tests.support.oracle import needs_postfix, needs_root
from tests.support.raw_smtp import RawClient, raw_client
from tests.support.sink import Sink
from tests.support.waiting import wait_for

pytestmark = [needs_postfix, needs_root]

ENDS = [
    b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n", b"\r\n\0.\r\n", b"\n\n.\n\n",
    b"\r\n.\r\r\n", b"\r\r\n.\n",
]  # fmt: skip
SMUGGLED = b"MAIL FROM:<evil@x.test>\r\nRCPT TO:<root@%s>\r\nDATA\r\nSubject: smuggled\r\n\r\nevil\r\n"
HEADER = (
    b"From: a@b\r\nTo: c@d\r\nDate: Sat, 21 Nov 2026 06:03:49 +0000\r\nMessage-Id: <1@x>\r\nSubject: honest %d\r\n\r\n"
)


@dataclass
class Pair:
    """A system that takes mail from a client, and the one that it relays it to."""

    source: Instance
    target: Instance
    sent: int = 0

    def messages(self) -> list[str]:
        """Return what has come to the target."""
        folder = self.target.mail / "root/new"
        return [path.read_text(errors="replace") for path in folder.iterdir()] if folder.exists() else []


@pytest.fixture(name="pair", scope="module", params=["ours-to-postfix", "postfix-to-ours"])
def pair_fixture(request: pytest.FixtureRequest, make_system: MakeSystem) -> Pair:
    kinds = (Instance, OracleInstance) if request.param == "ours-to-postfix" else (OracleInstance, Instance)
    source, target = (make_system(kind, start=False) for kind in kinds)
    source.settings |= {
        "relayhost": f"[127.0.0.1]:{target.port}",
        "mydestination": "source.test",
        # The default since Postfix 3.9; without it the client's commands are the client's, and no smuggling.
        "smtpd_forbid_bare_newline": "normalize",
        "smtpd_forbid_bare_newline_exclusions": "",
    }
    target.settings |= {
        "mydestination": "target.test",
        "local_recipient_maps": "",
        "mail_spool_directory": f"{target.mail}/",
    }
    for instance in (target, source):
        instance.configure()
        instance.start()
    return Pair(source, target)


def check_one(pair: Pair) -> None:
    """The message that was just sent has come, whole, and no other."""
    pair.sent += 1
    last = f"Subject: honest {pair.sent}\n"
    wait_for("the message", lambda: any(last in text for text in pair.messages()))
    pair.source.wait_empty()
    pair.target.wait_empty()
    messages = pair.messages()
    assert len(messages) == pair.sent
    (message,) = [text for text in messages if last in text]
    head, _, body = message.partition("\n\n")
    assert "smuggled" not in head
    assert "Subject: smuggled" in body
    assert "evil@x.test" in body


def begin(client: RawClient) -> None:
    assert client.command("MAIL FROM:<alice@sender.test>")[0] == 250
    assert client.command("RCPT TO:<root@target.test>")[0] == 250


@pytest.mark.parametrize("end", ENDS, ids=repr)
def test_content_has_one_end(end: bytes, pair: Pair) -> None:
    body = HEADER % (pair.sent + 1) + b"honest" + end + SMUGGLED % b"target.test" + b".\r\n"
    with raw_client(pair.source.port) as client:
        begin(client)
        assert client.command("DATA")[0] == 354
        client.send(body)
        assert client.reply()[0] == 250
        client.send(b"QUIT\r\n")
        assert client.rest()[:4] == b"221 "
    check_one(pair)


@pytest.mark.parametrize("end", [*ENDS, b"\r\n.\r\n"], ids=repr)
def test_a_chunk_has_no_end_but_its_size(end: bytes, pair: Pair) -> None:
    body = HEADER % (pair.sent + 1) + b"honest" + end + SMUGGLED % b"target.test"
    with raw_client(pair.source.port) as client:
        begin(client)
        half = len(body) // 2
        client.send(b"BDAT %d\r\n" % half + body[:half])
        assert client.reply()[0] == 250
        client.send(b"BDAT %d LAST\r\n" % (len(body) - half) + body[half:])
        assert client.reply()[0] == 250
        client.send(b"QUIT\r\n")
        assert client.rest()[:4] == b"221 "
    check_one(pair)


def test_no_bare_octet_leaves_us(make_system: MakeSystem, sink: Sink) -> None:
    """What we send has CR and LF as the end of a line only."""
    source = make_system(Instance, {"relayhost": f"[127.0.0.1]:{sink.port}"})
    body = HEADER % 1 + b"".join(b"a" + end + b"b" for end in ENDS) + b"\r\n"
    with raw_client(source.port) as client:
        begin(client)
        assert client.command("DATA")[0] == 354
        client.send(body + b".\r\n")
        assert client.reply()[0] == 250
    wait_for("the message", lambda: sink.messages)
    (message,) = sink.messages
    lines = message.content.split(b"\r\n")
    assert lines.pop() == b""
    assert not [line for line in lines if b"\r" in line or b"\n" in line]
    assert b"." not in lines

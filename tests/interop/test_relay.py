"""Mail between our system and Postfix, both ways: what arrives is what Postfix gives to Postfix, to the octet."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.interop.conftest import MakeSystem
from tests.support.instance import Instance, OracleInstance
from tests.support.oracle import needs_postfix, needs_root
from tests.support.raw_smtp import raw_client, stuffed
from tests.support.waiting import wait_for

pytestmark = [needs_postfix, needs_root]

HEADER = (
    b"From: Alice <alice@sender.test>\r\nTo: root@b.test\r\nDate: Sat, 21 Nov 2026 06:03:49 +0000\r\n"
    b"Message-Id: <1@sender.test>\r\n"
)

#: About the limits of the wire (998) and of a record (2048).
LENGTHS = (997, 998, 999, 1000, 2047, 2048, 2049, 4097, 9999)

#: Name, the header from the subject on, the body.
CONTENTS = [
    ("plain", b"Subject: x\r\n", b"hello\r\n"),
    ("empty-body", b"Subject: x\r\n", b""),
    ("blank-lines", b"Subject: x\r\n", b"\r\n\r\n \r\n\t\r\n\r\n"),
    ("dots", b"Subject: x\r\n", b".\r\n..\r\n...\r\n.a\r\na.\r\n. \r\n\r\n.\r\n"),
    ("a-dot-alone", b"Subject: x\r\n", b".\r\n"),
    ("eight-bits", b"Subject: \xc3\xbc\r\n", bytes(range(128, 256)) + b"\r\n\xff\r\n"),
    ("controls", b"Subject: x\r\n", bytes(set(range(1, 32)) - {10, 13}) + b"\x7f\r\n"),
    ("nul", b"Subject: x\r\n", b"a\0b\r\n\0\r\n"),
    ("bare-cr", b"Subject: x\r\n", b"a\rb\r\n\rc\r\nd\r\r\n\r\r\n"),
    ("bare-lf", b"Subject: x\r\n", b"a\nb\n.\nc\r\n"),
    ("from-lines", b"Subject: x\r\n", b"From here\r\n>From there\r\n"),
    ("folded", b"Subject: a\r\n b\r\n\tc\r\nX-Long: " + b"word " * 400 + b"\r\n", b"x\r\n"),
    ("odd-headers", b"Subject: x\r\nx-Y:z\r\nX-Empty:\r\nX-Blank: \r\nX-Folded:\r\n y\r\n", b"x\r\n"),
    ("no-separator", b"Subject: x\r\nthis is no header\r\n", b"x\r\n"),
    ("only-headers", b"Subject: x\r\nX-Last: y", b"\r\n"),
    ("addresses", b"Subject: x\r\nCc: root, \"a b\"@c.test, d!e, f%g@h.test (c), i: j, k;\r\n", b"x\r\n"),
    *((f"line-{n}", b"Subject: x\r\n", b"a" * n + b"\r\nb\r\n") for n in LENGTHS),
    ("long-dots", b"Subject: x\r\n", b"." * 998 + b"\r\n" + b"." * 5000 + b"\r\n.\r\n"),
    ("many-lines", b"Subject: x\r\n", b"".join(b"line %d\r\n" % n for n in range(5000))),
]  # fmt: skip


@dataclass(frozen=True)
class World:
    """Two of Postfix, and ours; each relays to the domains of the others."""

    first: Instance
    second: Instance
    ours: Instance

    def carry(self, source: Instance, target: Instance, octets: bytes, options: str = "") -> bytes:
        """Send a message to *source* for the user of *target*; return what is in the mailbox there."""
        folder = target.mail / "root/new"
        before = set(os.listdir(folder)) if folder.exists() else set()
        with raw_client(source.port) as client:
            code, text = client.deliver("alice@sender.test", [f"root@{domain_of(target)}"], octets, options)
            assert code == 250, (code, text)

        def arrived() -> list[Path]:
            return [folder / name for name in os.listdir(folder) if name not in before] if folder.exists() else []

        try:
            (path,) = wait_for("the message", arrived)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{source.log[-2000:]}\n{target.log[-2000:]}") from None
        return path.read_bytes()


def domain_of(instance: Instance) -> str:
    return instance.settings["mydestination"]


@pytest.fixture(name="world", scope="module")
def world_fixture(make_system: MakeSystem) -> World:
    made = []
    for kind, domain in ((OracleInstance, "a.test"), (OracleInstance, "b.test"), (Instance, "c.test")):
        made.append(make_system(kind, {"mydestination": domain, "local_recipient_maps": "", "biff": "no"}, start=False))
    ways = [f"{{ {domain_of(each)} = smtp:[127.0.0.1]:{each.port} }}" for each in made]
    for number, instance in enumerate(made):
        others = ways[:number] + ways[number + 1 :]
        instance.settings["transport_maps"] = f"inline:{{{', '.join(others)}}}"
        instance.settings["mail_spool_directory"] = f"{instance.mail}/"
        instance.configure()
        instance.start()
    return World(*made)


def content_of(mail: bytes) -> bytes:
    """Return a delivered message from its subject on: what stands before is the story of its way."""
    return mail[mail.index(b"\nSubject:") + 1 :]


@pytest.mark.parametrize(("header", "body"), [pytest.param(*row[1:], id=row[0]) for row in CONTENTS])
def test_content_comes_as_between_two_of_postfix(world: World, header: bytes, body: bytes) -> None:
    octets = stuffed(HEADER + header + b"\r\n" + body)
    expected = content_of(world.carry(world.first, world.second, octets))
    assert content_of(world.carry(world.ours, world.second, octets)) == expected
    assert content_of(world.carry(world.first, world.ours, octets)) == expected


def test_a_body_of_eight_bits_is_announced(world: World) -> None:
    octets = stuffed(HEADER + b"Subject: x\r\n\r\n\xc3\xbc\r\n")
    for source, target in ((world.ours, world.second), (world.first, world.ours)):
        mail = world.carry(source, target, octets, " BODY=8BITMIME")
        assert content_of(mail) == b"Subject: x\n\n\xc3\xbc\n"


def test_the_trace_of_a_message_tells_both_systems(world: World) -> None:
    octets = stuffed(HEADER + b"Subject: x\r\n\r\nx\r\n")
    outward = world.carry(world.ours, world.second, octets).decode()
    inward = world.carry(world.first, world.ours, octets).decode()
    for text in (outward, inward):
        assert text.count("\nReceived: from ") == 2
        assert text.count(" (pymail) with ESMTP id ") == 1
        assert text.count(" (Postfix) with ESMTP id ") == 1
    assert inward.startswith(
        "Return-Path: <alice@sender.test>\nX-Original-To: root@c.test\nDelivered-To: root@c.test\n"
    )
    assert outward.startswith(
        "Return-Path: <alice@sender.test>\nX-Original-To: root@b.test\nDelivered-To: root@b.test\n"
    )


@pytest.mark.parametrize("direction", ["ours-to-postfix", "postfix-to-ours"])
def test_many_recipients_in_one_message(world: World, direction: str) -> None:
    source, target = (world.ours, world.second) if direction == "ours-to-postfix" else (world.first, world.ours)
    users = ["root", "daemon", "nobody", "mail", "games"]
    with raw_client(source.port) as client:
        recipients = [f"{user}@{domain_of(target)}" for user in users]
        code, _ = client.deliver("alice@sender.test", recipients, stuffed(HEADER + b"Subject: many\r\n\r\nx\r\n"))
        assert code == 250
    for user in users[1:]:
        folder = target.mail / user / "new"
        wait_for(f"mail for {user}", lambda folder=folder: folder.exists() and list(folder.iterdir()))


@pytest.mark.parametrize("direction", ["ours-to-postfix", "postfix-to-ours"])
def test_a_refusal_of_the_other_comes_back(world: World, direction: str) -> None:
    """The one has no such user: the other returns the message to a user of its own."""
    source, target = (world.ours, world.second) if direction == "ours-to-postfix" else (world.first, world.ours)
    folder = source.mail / "root/new"
    before = set(os.listdir(folder)) if folder.exists() else set()
    with raw_client(source.port) as client:
        sender = f"root@{domain_of(source)}"
        code, _ = client.deliver(
            sender, [f"no.such.user@{domain_of(target)}"], stuffed(HEADER + b"Subject: x\r\n\r\nx\r\n")
        )
        assert code == 250

    def returned() -> list[str]:
        names = [name for name in os.listdir(folder) if name not in before] if folder.exists() else []
        texts = [(folder / name).read_text() for name in names]
        return [text for text in texts if "no.such.user" in text]

    # local_recipient_maps is empty: the target accepts, and its own report goes back to the source.
    assert "Undelivered Mail Returned to Sender" in wait_for("the report", returned)[0]

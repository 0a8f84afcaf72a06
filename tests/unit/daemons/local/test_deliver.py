"""Local delivery: aliases, users, forwards, loops, and what is done twice or never."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from pymail.daemons.local.deliver import Doors, LocalDelivery, Settings
from pymail.daemons.local.mailboxes import Mailboxes
from pymail.delivery.mbox import MboxPolicy
from pymail.delivery.outcome import Outcome
from pymail.ipc.delivery import DeliveryRequest, RequestFlag
from pymail.ipc.errors import ServiceError
from pymail.ipc.rewrite import ResolveFlag, ResolveReply
from pymail.log.logger import Log
from pymail.log.sinks import MemorySink
from pymail.mail.dsn import NOTIFY_NEVER, NOTIFY_SUCCESS
from pymail.mail.envelope import Recipient
from pymail.tables.base import TableError
from pymail.unix.locks import Retry
from pymail.unix.users import NoSuchUserError, User
from tests.support.queue_files import write_queue_file
from tests.unit.delivery.test_report import request as any_request

LOCAL = "@mx.test"


@dataclass
class World:
    """Fakes of everything around the delivery."""

    spool: Path
    aliases: dict[str, str] = field(default_factory=dict)
    users: set[str] = field(default_factory=lambda: {"alice", "bob"})
    forwarded: list[tuple[str, list[str], str]] = field(default_factory=list)
    outcomes: list[tuple[str, str, str]] = field(default_factory=list)
    notified: list[int] = field(default_factory=list)
    broken: str = ""

    def lookup(self, key: str) -> str | None:
        if self.broken == "aliases":
            raise TableError("fail:x", "no")
        return self.aliases.get(key)

    def rewrite(self, rule: str, address: str) -> str:
        if self.broken == "rewrite":
            raise ServiceError("away")
        return address if "@" in address else address + LOCAL

    def resolve(self, sender: str, address: str) -> ResolveReply:
        if address.endswith(LOCAL):
            return ResolveReply("local", "mx.test", address, ResolveFlag.CLASS_LOCAL)
        return ResolveReply("smtp", address.partition("@")[2], address, ResolveFlag.CLASS_DEFAULT)

    def send(
        self, file: int, request: DeliveryRequest, sender: str, recipients: list[Recipient], delivered: str
    ) -> str | None:
        self.forwarded.append((sender, [recipient.address for recipient in recipients], delivered))
        return None if self.broken == "forward" else "NEW1"

    def report(self, request: DeliveryRequest, recipient: Recipient, outcome: Outcome) -> bool:
        self.outcomes.append((recipient.address, outcome.dsn.status, outcome.dsn.reason))
        self.notified.append(recipient.notify)
        return outcome.dsn.status.startswith("4")

    def user_by_name(self, name: str) -> User:
        if name not in self.users:
            raise NoSuchUserError(name)
        return User(name, os.getuid(), os.getgid(), str(self.spool))


@pytest.fixture(name="world")
def world_fixture(tmp_path: Path) -> Iterator[World]:
    (tmp_path / "mail").mkdir()
    yield World(tmp_path / "mail")


def deliver(
    world: World, *recipients: str, headers: tuple[bytes, ...] = (), flags: int = RequestFlag.NORMAL, notify: int = 0
) -> tuple[bool, str]:
    """Deliver; return whether to try again, and the types of the recipient records afterwards."""
    path = world.spool.parent / "ABC1"
    offset, offsets = write_queue_file(path, [*headers, b"Subject: x", b"", b"hello"], list(recipients))
    rcpts = tuple(Recipient(name, name, at, "", notify) for name, at in zip(recipients, offsets, strict=True))
    request = replace(any_request(flags), offset=offset, recipients=rcpts, sender="s@elsewhere.test")
    policy = MboxPolicy(("fcntl", "dotlock"), Retry(1, 0.0, 500.0))
    boxes = Mailboxes(str(world.spool), "", policy, "mx.test")
    doors = Doors(world, world, boxes, world, world, world.user_by_name)
    delivery = LocalDelivery(Settings("local", "+", True, False), doors, Log("postfix/local", MemorySink()))
    fd = os.open(path, os.O_RDWR)
    again = delivery.deliver(request, fd)
    os.close(fd)
    octets = path.read_bytes()
    return again, "".join(chr(octets[at]) for at in offsets)


def test_a_user_gets_the_mail_in_the_spool(world: World) -> None:
    assert deliver(world, "alice@mx.test") == (False, "D")
    assert world.outcomes == [("alice@mx.test", "2.0.0", "delivered to mailbox")]
    text = (world.spool / "alice").read_text()
    assert text.startswith("From s@elsewhere.test ")
    assert "\nReturn-Path: <s@elsewhere.test>\nX-Original-To: alice@mx.test\nDelivered-To: alice@mx.test\n" in text
    assert text.endswith("Subject: x\n\nhello\n\n")


@pytest.mark.parametrize(
    ("recipient", "aliases", "outcome"),
    [
        pytest.param("nobody2@mx.test", {}, ("5.1.1", 'unknown user: "nobody2"'), id="unknown"),
        pytest.param("ALICE@mx.test", {}, ("2.0.0", "delivered to mailbox"), id="folded"),
        pytest.param("alice+ext@mx.test", {}, ("2.0.0", "delivered to mailbox"), id="extension"),
        pytest.param("x@mx.test", {"x": "alice"}, ("2.0.0", "delivered to mailbox"), id="alias"),
        pytest.param(
            "x+y@mx.test", {"x+y": "alice", "x": "nobody2"}, ("2.0.0", "delivered to mailbox"), id="whole-first"
        ),
        pytest.param("alice@mx.test", {"alice": "alice"}, ("2.0.0", "delivered to mailbox"), id="alias-to-itself"),
        pytest.param("a@mx.test", {"a": "b", "b": "a"}, ("5.1.1", 'unknown user: "a"'), id="alias-loop"),
        pytest.param("x@mx.test", {"x": ""}, ("5.3.5", "mail system configuration error"), id="empty-alias"),
        pytest.param("x@mx.test", {"x": "|prog"}, ("4.3.5", "mail system configuration error"), id="command"),
        pytest.param("x@mx.test", {"x": "u@else.test"}, ("2.0.0", "forwarded as NEW1"), id="forward"),
    ],
)
def test_where_a_recipient_ends(
    world: World, recipient: str, aliases: dict[str, str], outcome: tuple[str, str]
) -> None:
    world.aliases = aliases
    again, marks = deliver(world, recipient)
    assert [(status, reason) for _, status, reason in world.outcomes] == [outcome]
    assert (again, marks) == ((True, "R") if outcome[0].startswith("4") else (False, "D"))


def test_a_list_serves_each_member_once(world: World) -> None:
    world.aliases = {"list": "alice, bob, alice, u@else.test", "bob": "bob, alice"}
    assert deliver(world, "list@mx.test") == (False, "D")
    assert sorted(reason for _, _, reason in world.outcomes) == [
        "delivered to mailbox", "delivered to mailbox", "forwarded as NEW1",
    ]  # fmt: skip
    assert world.forwarded == [("s@elsewhere.test", ["u@else.test"], "list@mx.test")]


def test_one_member_to_try_again_keeps_the_recipient(world: World) -> None:
    world.aliases = {"list": "alice, u@else.test"}
    world.broken = "forward"
    assert deliver(world, "list@mx.test") == (True, "R")


@pytest.mark.parametrize(
    ("broken", "reason"), [("aliases", "alias database unavailable"), ("rewrite", "address resolver failure")]
)
def test_what_is_broken_defers(world: World, broken: str, reason: str) -> None:
    world.aliases = {"x": "alice"}
    world.broken = broken
    assert deliver(world, "x@mx.test") == (True, "R")
    assert world.outcomes[0][1:] == ("4.3.0", reason)


def test_an_owner_alias_becomes_the_sender(world: World) -> None:
    world.aliases = {"list": "u@else.test", "owner-list": "alice"}
    deliver(world, "list@mx.test")
    assert world.forwarded[0][0] == "owner-list@mx.test"


def test_mail_that_was_here_before_goes_back(world: World) -> None:
    assert deliver(world, "alice@mx.test", headers=(b"Delivered-To: Alice@mx.test",)) == (False, "D")
    assert world.outcomes[0][1:] == ("5.4.6", "mail forwarding loop for alice@mx.test")


def test_a_probe_delivers_nothing(world: World) -> None:
    deliver(world, "alice@mx.test", flags=RequestFlag.NORMAL | RequestFlag.USR_VRFY)
    assert world.outcomes[0][2] == "delivers to mailbox"
    assert not (world.spool / "alice").exists()


def test_success_is_reported_for_the_alias_not_its_members(world: World) -> None:
    world.aliases = {"x": "alice"}
    deliver(world, "x@mx.test", notify=NOTIFY_SUCCESS)
    assert [reason for _, _, reason in world.outcomes] == ["alias expanded", "delivered to mailbox"]
    assert world.notified == [NOTIFY_SUCCESS, NOTIFY_NEVER]


def test_recipients_of_one_request_are_separate(world: World) -> None:
    assert deliver(world, "alice@mx.test", "nobody2@mx.test", "bob@mx.test") == (False, "DDD")
    assert (world.spool / "bob").exists()

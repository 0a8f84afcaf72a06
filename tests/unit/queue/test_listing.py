"""The queue listing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from pymail.ipc.showq import ListedMessage
from pymail.proto.record import encode_all
from pymail.queue.directories import QueueLayout
from pymail.queue.listing import Lister

GOLDEN = Path(__file__).parents[2] / "golden/queue"


class Queue:
    """A queue in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.warnings: list[str] = []

    def put(self, name: str, content: bytes | str, mode: int = 0o700) -> None:
        """Make a file; text names a golden file."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            shutil.copy(GOLDEN / content, path)
        else:
            path.write_bytes(content)
        path.chmod(mode)

    def list(self, duplicate_limit: int = 1000) -> list[ListedMessage]:
        lister = Lister(QueueLayout(root=f"{self.root}/"), self.warnings.append, duplicate_limit=duplicate_limit)
        return [message for message in lister.messages() if message is not None]


@pytest.fixture
def queue(tmp_path: Path) -> Queue:
    return Queue(tmp_path)


def octets(*records: tuple[str, bytes]) -> bytes:
    return encode_all((ord(letter), data) for letter, data in records)


SKIPPING = " -- skipping remainder of this file"
TAIL = (("M", b""), ("N", b"x"), ("X", b""), ("E", b""))


def recipients(message: ListedMessage) -> list[tuple[str, str, str, str]]:
    return [(each.original, each.address, each.log_class, each.reason) for each in message.recipients]


def test_a_maildrop_file_has_its_own_size_and_time(queue: Queue) -> None:
    queue.put("maildrop/18BD254031C", "17-maildrop.maildrop.18BD254031C", 0o744)
    (message,) = queue.list()
    assert (message.queue_name, message.queue_id, message.sender) == ("maildrop", "18BD254031C", "alice@sender.test")
    assert (message.arrival, message.size, message.forced_expire) == (1795241155, 148, False)
    assert recipients(message) == [("", "stopped@relay.test", "", "")]


def test_reasons_come_from_the_logs_and_done_recipients_are_left_out(queue: Queue) -> None:
    queue.put("active/7817E5421FB", "02-slow.active.7817E5421FB", 0o710)
    queue.put("defer/7/7817E5421FB", "04-slow.defer.7817E5421FB", 0o600)
    queue.put("bounce/7817E5421FB", "03-slow.bounce.7817E5421FB", 0o600)
    (message,) = queue.list()
    assert (message.arrival, message.size, message.forced_expire) == (1795241227, 322, True)
    said = "host 127.0.0.1[127.0.0.1] said: "
    busy, refused = (
        "450 4.2.0 mailbox busy (in reply to RCPT TO command)",
        "550 5.1.1 no such user (in reply to RCPT TO command)",
    )
    assert recipients(message) == [
        ("", "rej4@relay.test", "defer", said + busy),
        ("", "rej5@relay.test", "bounce", said + refused),
        ("s@pipeslow.test", "s@pipeslow.test", "", ""),
    ]


@pytest.mark.parametrize("name", ["hold/7817E5421FB", "incoming/7817E5421FB", "deferred/7/7817E5421FB"])
def test_reasons_are_shown_wherever_the_message_is(queue: Queue, name: str) -> None:
    queue.put(name, "02-slow.active.7817E5421FB")
    queue.put("defer/7/7817E5421FB", "04-slow.defer.7817E5421FB", 0o600)
    (message,) = queue.list()
    assert [row[2] for row in recipients(message) if row[1] == "rej4@relay.test"] == ["defer"]


def test_a_file_that_a_milter_edited_is_read_by_its_pointers(queue: Queue) -> None:
    queue.put("hold/B984554030F", "18-milter.hold.B984554030F")
    (message,) = queue.list()
    assert (message.sender, message.size) == ("newsender@sender.test", 373)
    assert [address for _, address, _, _ in recipients(message)] == ["u@relay.test", "added@relay.test"]


def test_queues_come_in_their_order(queue: Queue) -> None:
    file = octets(("T", b"1 0"), ("S", b""), ("R", b"a b@c"), *TAIL)
    for name in ("hold", "deferred/A", "incoming", "active", "maildrop"):
        queue.put(f"{name}/A{name[:2]}", file)
    assert [message.queue_name for message in queue.list()] == ["maildrop", "active", "incoming", "deferred", "hold"]


def test_addresses_are_shown_quoted_and_printable(queue: Queue) -> None:
    queue.put("hold/A1", octets(("T", b"1 0"), ("S", b""), ("O", b"\0"), ("R", b"a b\x07@c\xff"), *TAIL))
    (message,) = queue.list()
    assert message.sender == "MAILER-DAEMON"
    assert recipients(message) == [("?", '"a b?"@c?', "", "")]


@pytest.mark.parametrize(
    ("records", "addresses", "warning"),
    [
        pytest.param([("T", b"1"), ("R", b"b")], None, "missing sender address: b" + SKIPPING, id="no-sender"),
        pytest.param(
            [("S", b"a"), ("R", b"b"), ("S", b"c"), ("R", b"d")],
            ["b"],
            "duplicate sender address: c" + SKIPPING,
            id="two-senders",
        ),
        pytest.param(
            [("C", b"foo"), ("S", b"a"), ("R", b"b"), ("E", b"")],
            ["b"],
            "malformed size record: foo -- using file size instead",
            id="bad-size",
        ),
        pytest.param([("S", b"a"), ("R", b"b")], ["b"], "unexpected end of file", id="cut-off"),
    ],
)
def test_damaged_files_are_shown_as_far_as_they_go(
    queue: Queue, records: list[tuple[str, bytes]], addresses: list[str] | None, warning: str
) -> None:
    queue.put("active/A1", octets(*records))
    listed = queue.list()
    assert queue.warnings == [f"A1: {warning}"]
    assert [[each.address for each in message.recipients] for message in listed] == ([addresses] if addresses else [])


def test_the_size_of_a_damaged_file_is_that_of_the_file(queue: Queue) -> None:
    file = octets(("C", b"foo"), ("S", b"a"), ("E", b""))
    queue.put("active/A1", file)
    os.utime(queue.root / "active/A1", (77, 77))
    assert [(message.size, message.arrival) for message in queue.list()] == [(len(file), 77)]


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        pytest.param("active/A1", 0o600, id="being-written"),
        pytest.param("active/A1", 0o400, id="corrupt"),
        pytest.param("active/12.34", 0o700, id="temporary-name"),
    ],
)
def test_files_that_are_no_messages_yet_are_left_out(queue: Queue, name: str, mode: int) -> None:
    queue.put(name, octets(("S", b"a"), *TAIL), mode)
    assert (queue.list(), queue.warnings) == ([], [])


def test_a_link_is_not_followed(queue: Queue) -> None:
    queue.put("active/A1", octets(("S", b"a"), *TAIL))
    (queue.root / "active/A2").symlink_to("A1")
    assert [message.queue_id for message in queue.list()] == ["A1"]


@pytest.mark.parametrize(("limit", "count"), [(1000, 1), (0, 3)])
def test_a_recipient_is_shown_once_as_far_as_we_remember(queue: Queue, limit: int, count: int) -> None:
    queue.put("active/A1", octets(("S", b"a"), *[("R", b"b")] * 3, *TAIL))
    assert [len(message.recipients) for message in queue.list(limit)] == [count]

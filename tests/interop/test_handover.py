"""A queue changes hands: mail in every state, made by the one system, is delivered by the other, and nothing twice."""

from __future__ import annotations

import re
import socket
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support.instance import Instance, scratch_folder
from tests.support.oracle import needs_postfix, needs_root
from tests.support.raw_smtp import raw_client, stuffed
from tests.support.shared_queue import SharedQueue, share_queue
from tests.support.sink import Sink, smtp_sink
from tests.support.traffic import intact, message
from tests.support.waiting import wait_for

pytestmark = [needs_postfix, needs_root]

SIZES = {"big": 1_500_000, "large": 40_000}
MANY = [f"many{number}@far.test" for number in range(60)]


@dataclass
class World:
    """The two, the server that they relay to, and one that never says a word."""

    queue: SharedQueue
    sink: Sink
    silent: socket.socket

    def settings(self, **others: str) -> dict[str, str]:
        """Return the settings for both."""
        silent = self.silent.getsockname()[1]
        return {
            "default_transport": f"smtp:[127.0.0.1]:{self.sink.port}",
            "transport_maps": f"inline:{{ {{slow.test = smtp:[127.0.0.1]:{silent}}} }}",
            "smtpd_recipient_restrictions": "check_recipient_access inline:{ {held@far.test = HOLD} }, permit",
            "virtual_alias_maps": "inline:{ {list@far.test = busy@far.test, root@mx.test} }",
            "bounce_size_limit": "1000000",
            **others,
        }


@pytest.fixture(name="world", params=["no", "yes"], ids=["short-ids", "long-ids"])
def world_fixture(request: pytest.FixtureRequest) -> Iterator[World]:
    with scratch_folder() as folder, smtp_sink() as sink, socket.create_server(("127.0.0.1", 0)) as silent:
        queue = share_queue(folder, {"enable_long_queue_ids": request.param, "notify_classes": ""})
        world = World(queue, sink, silent)
        queue.configure(world.settings())
        try:
            yield world
        finally:
            queue.ours.stop()
            queue.postfix.stop()


def submit(instance: Instance, token: str, *recipients: str, mail: str = "", rcpt: str = "") -> None:
    """Send message *token* by SMTP; *mail* and *rcpt*: parameters of the commands."""
    content = message(token, SIZES.get(token, 0)).replace(b"\n", b"\r\n")
    with raw_client(instance.port) as client:
        assert client.command(f"MAIL FROM:<alice@sender.test>{mail}")[0] == 250
        for recipient in recipients:
            assert client.command(f"RCPT TO:<{recipient}>{rcpt}")[0] == 250
        assert client.command("DATA")[0] == 354
        client.send(stuffed(content))
        assert client.reply()[0] == 250


def fill(world: World, source: Instance) -> None:
    """Let *source* bring mail into every state, and stop it."""
    sink = world.sink
    sink.replies.update(dict.fromkeys(("busy@far.test", *MANY[::2]), b"450 4.2.0 busy\r\n"))
    sink.replies["refused@far.test"] = b"550 5.1.1 no such user\r\n"
    source.start()
    submit(source, "deferred", "busy@far.test")
    submit(source, "half", "ok@far.test", "busy@far.test")
    submit(source, "many", *MANY)
    submit(source, "big", "busy@far.test")
    submit(source, "alias", "list@far.test")
    submit(source, "part", "refused@far.test", "busy@far.test")
    submit(
        source,
        "dsn",
        "busy@far.test",
        mail=" RET=HDRS ENVID=a+2Bb BODY=8BITMIME",
        rcpt=" NOTIFY=SUCCESS ORCPT=rfc822;x@y.test",
    )
    submit(source, "held", "held@far.test")
    wait_for("the deferred ones", lambda: len(source.queue_files("deferred")) == 7 and not source.queue_files("active"))
    wait_for("the held one", lambda: len(source.queue_files("hold")) == 1)
    submit(source, "active", "u@slow.test")
    world.silent.settimeout(20)
    with world.silent.accept()[0]:  # smtp waits for a greeting
        assert len(source.queue_files("active")) == 1
        source.stop()
    # Without a queue manager new mail stays where it is.
    services = source.services
    source.services = "".join(line + "\n" for line in services.splitlines() if " qmgr" not in line)
    source.configure()
    source.start()
    submit(source, "incoming", "ok@far.test")
    submit(source, "large", "ok@far.test", "root@mx.test")
    source.stop()
    source.services = services
    source.configure()
    source.run("sendmail", "-i", "-f", "alice@sender.test", "ok@far.test", stdin=message("maildrop"))
    source.run("sendmail", "-i", "-t", "-V", "env", "-N", "success", stdin=b"To: root@mx.test\n" + message("header"))
    states = {name: len(source.queue_files(name)) for name in ("maildrop", "incoming", "active", "deferred", "hold")}
    assert states == {"maildrop": 2, "incoming": 2, "active": 1, "deferred": 7, "hold": 1}


def delivered(sink: Sink, sender: str) -> Counter[tuple[str, str]]:
    """Count what the sink took, by message and recipient."""
    found: Counter[tuple[str, str]] = Counter()
    for entry in list(sink.messages):
        if entry.sender == sender:
            for token in intact(entry.content, stuffed=True):
                found.update((token, recipient) for recipient in entry.recipients)
    return found


EXPECTED = {
    ("deferred", "busy@far.test"), ("half", "ok@far.test"), ("half", "busy@far.test"), ("big", "busy@far.test"),
    ("alias", "busy@far.test"), ("part", "busy@far.test"), ("dsn", "busy@far.test"), ("held", "held@far.test"),
    ("active", "u@slow.test"), ("incoming", "ok@far.test"), ("large", "ok@far.test"), ("maildrop", "ok@far.test"),
    *(("many", recipient) for recipient in MANY),
}  # fmt: skip


def finish(world: World, target: Instance) -> None:
    """Let *target* deliver everything."""
    world.sink.replies.clear()
    world.sink.replies["refused@far.test"] = b"550 5.1.1 no such user\r\n"
    world.queue.configure({"transport_maps": ""})
    target.start()
    target.run("postsuper", "-H", "ALL")
    target.run("postqueue", "-f")
    try:
        wait_for("all mail", lambda: set(delivered(world.sink, "alice@sender.test")) >= EXPECTED, 40)
        target.wait_empty()
    except AssertionError as error:
        missing = EXPECTED - set(delivered(world.sink, "alice@sender.test"))
        raise AssertionError(f"{error}: {missing}\n{target.log[-5000:]}") from None


@pytest.mark.parametrize("direction", ["ours-to-postfix", "postfix-to-ours"])
def test_mail_in_every_state_changes_hands(direction: str, world: World) -> None:
    queue = world.queue
    source, target = (queue.ours, queue.postfix) if direction == "ours-to-postfix" else (queue.postfix, queue.ours)
    fill(world, source)
    finish(world, target)
    taken = delivered(world.sink, "alice@sender.test")
    assert set(taken) == EXPECTED
    assert not [key for key, count in taken.items() if count > 1]
    mailbox = (queue.ours.mail / "root").read_bytes()
    assert intact(mailbox) == {"alias", "large", "header"}
    # The refusal was noted by the one, the report is the other's.
    reports = [entry.content.decode() for entry in world.sink.messages if entry.sender == ""]
    (bounced,) = [text for text in reports if "refused@far.test" in text]
    assert "550 5.1.1 no such user" in re.sub(r"\s+", " ", bounced)
    (relayed,) = [text for text in reports if "Original-Envelope-Id: a+b" in text]
    assert "Action: relayed" in relayed
    assert "Original-Recipient: rfc822;x@y.test" in relayed
    assert not queue.ours.queue_files("corrupt", "hold", "bounce", "defer", "trace", "saved")
    assert not re.search(r"warning|fatal|panic|error:", target.log), target.log

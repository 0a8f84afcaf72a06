"""Postfix's own commands on the queue of our running system: each finds what it expects, and our daemons obey."""

from __future__ import annotations

import json
import smtplib
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support.instance import scratch_folder
from tests.support.oracle import needs_postfix, needs_root
from tests.support.shared_queue import SharedQueue, share_queue
from tests.support.sink import Sink, smtp_sink
from tests.support.traffic import in_sink, intact, message
from tests.support.waiting import wait_for

pytestmark = [needs_postfix, needs_root]


@dataclass
class World:
    """Our running system, Postfix's commands, and the server that is busy for everybody but ok@."""

    queue: SharedQueue
    sink: Sink

    def submit(self, token: str, *recipients: str) -> str:
        """Send a message; return its queue ID when it is deferred."""
        before = {path.name for path in self.queue.ours.queue_files("deferred")}
        with smtplib.SMTP("127.0.0.1", self.queue.ours.port, "client.test", 20) as client:
            client.sendmail("alice@sender.test", recipients, message(token, 5000))

        def deferred() -> set[str]:
            files = {path.name for path in self.queue.ours.queue_files("deferred")} - before
            return set() if self.queue.ours.queue_files("incoming", "active") else files

        (queue_id,) = wait_for("the deferred message", deferred)
        return queue_id

    def theirs(self, name: str, *arguments: str, stdin: str | bytes = b"") -> str:
        """Run a command of Postfix's; return what it printed."""
        return self.queue.postfix.run(name, *arguments, stdin=stdin).stdout

    def mine(self, name: str, *arguments: str) -> str:
        """Run a command of ours."""
        return self.queue.ours.run(name, *arguments).stdout


@pytest.fixture(name="world")
def world_fixture() -> Iterator[World]:
    with scratch_folder() as folder, smtp_sink() as sink:
        sink.replies["busy@far.test"] = b"450 4.2.0 busy\r\n"
        queue = share_queue(folder, {"default_transport": f"smtp:[127.0.0.1]:{sink.port}"})
        queue.ours.start()
        try:
            yield World(queue, sink)
        finally:
            queue.ours.stop()


@pytest.mark.parametrize("options", ["", "-v", "-vo", "-e", "-h", "-b", "-d", "-eo"])
def test_postcat_shows_a_message_of_ours_as_our_own(world: World, options: str) -> None:
    queue_id = world.submit("m1", "ok@far.test", "busy@far.test")
    arguments = [*([options] if options else []), "-q", queue_id]
    theirs = world.theirs("postcat", *arguments)
    assert theirs == world.mine("postcat", *arguments)
    assert theirs


def test_postqueue_lists_a_stopped_queue_as_our_own(world: World) -> None:
    """While we run, it asks our showq, and can only understand that if it is of Postfix 3.11 or later."""
    world.submit("m1", "ok@far.test", "busy@far.test")
    queue_id = world.submit("m2", "busy@far.test")
    world.theirs("postsuper", "-h", queue_id)
    listing = world.mine("postqueue", "-p")
    world.queue.ours.stop()
    assert world.theirs("postqueue", "-p") == world.mine("mailq") == listing
    assert f"{queue_id}!" in listing
    assert listing.count("busy@far.test") == 2
    rows = [json.loads(line) for line in world.theirs("postqueue", "-j").splitlines()]
    assert [row["queue_name"] for row in rows] == ["deferred", "hold"]


def test_postqueue_and_sendmail_flush_our_queue(world: World) -> None:
    world.submit("m1", "busy@far.test")
    world.sink.replies.clear()
    world.theirs("postqueue", "-f")
    wait_for("the message", lambda: in_sink(world.sink) == {"m1"})
    world.sink.replies["busy@far.test"] = b"450 4.2.0 busy\r\n"
    world.submit("m2", "busy@far.test")
    world.sink.replies.clear()
    world.theirs("sendmail", "-q")
    wait_for("the other", lambda: in_sink(world.sink) == {"m1", "m2"})
    world.queue.ours.wait_empty()


def test_postsuper_holds_releases_requeues_and_deletes(world: World) -> None:
    ours = world.queue.ours
    queue_id, other = world.submit("m1", "busy@far.test"), world.submit("m2", "busy@far.test")
    world.theirs("postsuper", "-h", queue_id)
    world.theirs("postsuper", "-d", other)
    assert [path.name for path in ours.queue_files("hold")] == [queue_id]
    assert not ours.queue_files("deferred")
    assert [path.name for path in ours.queue_files("defer")] == [queue_id]
    world.sink.replies.clear()
    world.theirs("postqueue", "-f")
    world.theirs("postsuper", "-H", queue_id)
    world.theirs("postsuper", "-r", queue_id)  # by way of the maildrop, with a new ID
    world.theirs("postqueue", "-f")
    wait_for("the message", lambda: in_sink(world.sink) == {"m1"})
    ours.wait_empty()
    ours.wait_log(rf"pickup\[\d+\]: \w+: uid=\d+ from=<alice@sender.test> orig_id={queue_id}")


def test_sendmail_submits_to_our_system(world: World) -> None:
    world.theirs("sendmail", "-i", "-f", "alice@sender.test", "ok@far.test", stdin=message("m1", 3000))
    wait_for("the message", lambda: in_sink(world.sink) == {"m1"})
    world.theirs(
        "sendmail", "-t", stdin=b"To: root@mx.test\nBcc: daemon@mx.test\n" + message("m2").replace(b"\n.\n", b"\n..\n")
    )
    for user in ("root", "daemon"):
        path = world.queue.ours.mail / user
        wait_for(f"mail for {user}", path.exists)
    assert b"Bcc" not in path.read_bytes()
    world.queue.ours.wait_empty()


def test_sendmail_speaks_smtp_on_its_standard_input(world: World) -> None:
    """Postfix's smtpd, run by sendmail -bs, asks our trivial-rewrite and leaves its mail in our maildrop."""
    # Not our proxymap, whose protocol is that of Postfix 3.12.
    world.queue.configure({"local_recipient_maps": ""})
    text = message("m1").replace(b"\n.", b"\n..").replace(b"\n", b"\r\n")
    dialogue = b"EHLO x\r\nMAIL FROM:<alice@sender.test>\r\nRCPT TO:<ok@far.test>\r\nDATA\r\n" + text + b".\r\nQUIT\r\n"
    said = world.theirs("sendmail", "-bs", stdin=dialogue)
    assert "250 2.0.0 Ok: queued as " in said
    wait_for("the message", lambda: in_sink(world.sink) == {"m1"})


def test_what_ours_deletes_is_gone_for_theirs(world: World) -> None:
    queue_id = world.submit("m1", "busy@far.test")
    world.mine("postsuper", "-d", queue_id)
    assert world.theirs("postqueue", "-p") == "Mail queue is empty\n"
    done = world.queue.postfix.run("postcat", "-q", queue_id, check=False)
    assert done.returncode != 0
    assert not intact(done.stdout.encode())

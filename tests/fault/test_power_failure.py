"""Everything dies at once, again and again: what was acknowledged comes through."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Iterator

from tests.fault.conftest import MakeSystem
from tests.support.children import daemons
from tests.support.instance import Instance, is_alive
from tests.support.outcome import check_sound, wait_delivered
from tests.support.sink import Sink
from tests.support.traffic import Traffic, by_sendmail, by_smtp, in_files, in_sink
from tests.support.waiting import wait_for

FAILURES = 20
#: Messages that clients may have begun to send per life of the system, by SMTP and by sendmail.
BY_SMTP, BY_SENDMAIL = 25, 1
SIZES = (0, 0, 0, 3000, 100_000)


class Power:
    """The supply, and the messages that it allows: a few more for each life, so that there is always work going on."""

    def __init__(self) -> None:
        self.lives = 1
        self.is_over = threading.Event()

    def tokens(self, kind: str, share: int) -> Iterator[str]:
        number = 0
        while not self.is_over.is_set():
            if number >= share * self.lives:
                self.is_over.wait(0.01)
                continue
            yield f"{kind}{number:04}"
            number += 1

    def fail(self, instance: Instance) -> None:
        """Kill the master and all of its children at once: they are one process group."""
        master = instance.master_pid
        assert master is not None
        pids = [master, *(daemon.pid for daemon in daemons(instance))]
        os.killpg(master, signal.SIGKILL)
        wait_for("the end of all", lambda: not any(is_alive(pid) for pid in pids))


def recipient(token: str) -> str:
    """One of three ways: to another server, to a mailbox, back to the sender."""
    return ("u@far.test", "root@mx.test", "refused@far.test")[int(token[1:]) % 3]


def test_twenty_power_failures_lose_nothing(mail_system: MakeSystem, sink: Sink) -> None:
    sink.replies["refused@far.test"] = b"550 5.1.1 no such user\r\n"
    # Reports with the whole message, so that it can be recognised.
    settings = {"relayhost": f"[127.0.0.1]:{sink.port}", "bounce_size_limit": "1000000"}
    system = mail_system(settings, start=False)
    system.settings["mail_spool_directory"] = f"{system.mail}/"
    system.configure()
    system.start()
    power, pause = Power(), threading.Event()
    network = Traffic(power.tokens("n", BY_SMTP), by_smtp(system.port, recipient, SIZES))
    local = Traffic(power.tokens("s", BY_SENDMAIL), by_sendmail(system, recipient), clients=1)
    with network, local:
        for _ in range(FAILURES):
            pause.wait(random.uniform(0.02, 0.5))
            power.fail(system)
            system.start()
            power.lives += 1
        power.is_over.set()
        wanted = network.finish() | local.finish()
    system.run("postqueue", "-f")
    ways: list[set[str]] = [{token for token in wanted if int(token[1:]) % 3 == way} for way in range(3)]
    assert all(ways)
    wait_delivered(system, ways[0], lambda: in_sink(sink, sender="alice@sender.test"))
    wait_delivered(system, ways[1], lambda: in_files(system.mail))
    wait_delivered(system, ways[2], lambda: in_sink(sink, sender=""))
    check_sound(system)

"""Each daemon is killed in the middle of its work, under load, several times: no acknowledged message is lost."""

from __future__ import annotations

import os
import random
import signal
import smtplib
import subprocess
import threading

import pytest

from tests.fault.conftest import MakeSystem
from tests.support.children import daemons
from tests.support.instance import Instance, is_alive
from tests.support.outcome import check_sound, complete_files, wait_delivered
from tests.support.sink import Sink
from tests.support.traffic import Traffic, by_sendmail, by_smtp, in_files, in_sink, intact
from tests.support.waiting import wait_for

MESSAGES = 120
KILLS = 4
#: Octets: in one write, in several records, and in pieces while they arrive.
SIZES = (0, 0, 0, 3000, 100_000)
DEADLINE = 60.0


def tokens(count: int = MESSAGES) -> list[str]:
    return [f"m{number:04}" for number in range(count)]


def kill(instance: Instance, name: str, *, must_be_there: bool = True) -> None:
    """Kill the daemons *name*; one that comes and goes is waited for."""
    found = wait_for(f"a process of {name}", lambda: daemons(instance, name)) if must_be_there else []
    for daemon in found or daemons(instance, name):
        try:
            os.kill(daemon.pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def kill_under_load(instance: Instance, name: str, traffic: Traffic, total: int = MESSAGES) -> None:
    """Kill *name* KILLS times while *traffic* goes on, at moments that nobody knows before."""
    pause = threading.Event()
    for number in range(KILLS):
        share = total * (number + 0.5) / (KILLS + 1)
        wait_for("some progress", lambda share=share: len(traffic.acknowledged) >= share, DEADLINE)
        pause.wait(random.uniform(0, 0.05))
        kill(instance, name)


@pytest.mark.parametrize("name", ["smtpd", "cleanup", "qmgr", "trivial-rewrite", "smtp"])
def test_mail_to_another_server_survives_a_dead(name: str, mail_system: MakeSystem, sink: Sink) -> None:
    # A domain each: the answers of trivial-rewrite are cached.
    system = mail_system({"default_transport": f"smtp:[127.0.0.1]:{sink.port}"})
    send = by_smtp(system.port, lambda token: f"u@{token}.far.test", SIZES)
    with Traffic(tokens(), send) as traffic:
        kill_under_load(system, name, traffic)
        wanted = traffic.finish()
    wait_delivered(system, wanted, lambda: in_sink(sink))
    check_sound(system)


@pytest.mark.parametrize("spool", ["mail", "mail/"], ids=["mbox", "maildir"])
@pytest.mark.parametrize("name", ["local", "proxymap"])
def test_mail_to_a_mailbox_survives_a_dead(name: str, spool: str, mail_system: MakeSystem) -> None:
    system = mail_system(start=False)
    system.settings["mail_spool_directory"] = f"{system.folder}/{spool}"
    system.configure()
    system.start()
    users = ("root", "daemon", "nobody")
    send = by_smtp(system.port, lambda token: f"{random.choice(users)}@mx.test", SIZES)
    with Traffic(tokens(), send) as traffic:
        kill_under_load(system, name, traffic)
        wanted = traffic.finish()
    wait_delivered(system, wanted, lambda: in_files(system.mail))
    check_sound(system)
    for path in system.mail.glob("*/new/*"):
        assert len(intact(path.read_bytes())) == 1


@pytest.mark.parametrize(
    ("name", "recipient"),
    [
        pytest.param("bounce", "refused@far.test", id="bounce"),
        pytest.param("error", "u@gone.test", id="error"),
        pytest.param("smtp", "refused@far.test", id="smtp"),
    ],
)
def test_mail_comes_back_over_a_dead(name: str, recipient: str, mail_system: MakeSystem, sink: Sink) -> None:
    sink.replies["refused@far.test"] = b"550 5.1.1 no such user\r\n"
    system = mail_system(
        {
            "relayhost": f"[127.0.0.1]:{sink.port}",
            # A service of its own: smtpd refuses at once what goes to the service `error`.
            "transport_maps": "inline:{{gone.test = gone:5.1.2 there is nobody}}",
        },
        "gone unix - - n - - error\n",
    )
    with Traffic(tokens(), by_smtp(system.port, lambda _: recipient, SIZES[:4])) as traffic:
        kill_under_load(system, name, traffic)
        wanted = traffic.finish()
    wait_delivered(system, wanted, lambda: in_sink(sink, sender=""))
    check_sound(system)
    assert not [path for path in system.queue_files("bounce") if path.stat().st_size]


def test_deferred_mail_survives_a_dead_defer_service(mail_system: MakeSystem, sink: Sink) -> None:
    sink.replies["busy@far.test"] = b"450 4.2.0 busy\r\n"
    system = mail_system({"relayhost": f"[127.0.0.1]:{sink.port}"})
    with Traffic(tokens(), by_smtp(system.port, lambda _: "busy@far.test")) as traffic:
        kill_under_load(system, "bounce", traffic)
        wanted = traffic.finish()
    assert not sink.messages
    sink.replies.clear()
    wait_delivered(system, wanted, lambda: in_sink(sink))
    check_sound(system)
    assert not system.queue_files("defer")


@pytest.mark.parametrize("name", ["pickup", "cleanup"])
def test_mail_from_sendmail_survives_a_dead(name: str, mail_system: MakeSystem, sink: Sink) -> None:
    system = mail_system({"relayhost": f"[127.0.0.1]:{sink.port}"})
    with Traffic(tokens(60), by_sendmail(system, lambda _: "u@far.test")) as traffic:
        kill_under_load(system, name, traffic, 60)
        wanted = traffic.finish()
    # A lost wakeup is made good by the next one.
    system.run("postqueue", "-f")
    wait_delivered(system, wanted, lambda: in_sink(sink))
    check_sound(system)


def test_the_queue_is_listed_again_after_the_death_of_showq(mail_system: MakeSystem, sink: Sink) -> None:
    sink.replies["busy@far.test"] = b"450 4.2.0 busy\r\n"
    system = mail_system({"relayhost": f"[127.0.0.1]:{sink.port}"})
    with Traffic(tokens(40), by_smtp(system.port, lambda _: "busy@far.test")) as traffic:
        for _ in range(KILLS):
            listing = subprocess.Popen(
                system.command("mailq"), env=system.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            kill(system, "showq")
            listing.wait(30)
        wanted = traffic.finish()

    def listed() -> bool:
        done = system.run("mailq", check=False)
        return done.returncode == 0 and done.stdout.count("busy@far.test") >= len(wanted)

    wait_for("the whole list", listed, DEADLINE)
    sink.replies.clear()
    wait_delivered(system, wanted, lambda: in_sink(sink))
    check_sound(system)


def test_mail_goes_on_over_the_death_of_postlogd(mail_system: MakeSystem, sink: Sink) -> None:
    system = mail_system({"relayhost": f"[127.0.0.1]:{sink.port}"})
    with Traffic(tokens(), by_smtp(system.port, lambda token: f"{token}@far.test")) as traffic:
        for number in range(KILLS):
            subprocess.run(system.command("postlog", f"line {number}"), env=system.environment, timeout=30, check=True)
            kill(system, "postlogd", must_be_there=False)
        wanted = traffic.finish()
    wait_delivered(system, wanted, lambda: in_sink(sink))
    system.run("postlog", "after all")
    system.wait_log("after all")
    check_sound(system)


def test_mail_survives_a_dead_master(mail_system: MakeSystem, sink: Sink) -> None:
    """Its daemons finish what they have begun, beside those of the next one."""
    system = mail_system({"relayhost": f"[127.0.0.1]:{sink.port}"})
    pause = threading.Event()
    with Traffic(tokens(), by_smtp(system.port, lambda _: "u@far.test", SIZES)) as traffic:
        for number in range(KILLS):
            share = MESSAGES * (number + 0.5) / (KILLS + 1)
            wait_for("some progress", lambda share=share: len(traffic.acknowledged) >= share, DEADLINE)
            pause.wait(random.uniform(0, 0.05))
            master = system.master_pid
            assert master is not None
            os.kill(master, signal.SIGKILL)
            wait_for("its end", lambda master=master: not is_alive(master))
            system.start()
        wanted = traffic.finish()
    wait_delivered(system, wanted, lambda: in_sink(sink))
    check_sound(system)


def test_a_client_is_told_when_cleanup_dies(mail_system: MakeSystem) -> None:
    """The message was sent, the verdict never came: not 250, and the session goes on."""
    system = mail_system({"relayhost": "[127.0.0.1]:1"})
    with smtplib.SMTP("127.0.0.1", system.port, "client.test", 20) as client:
        client.ehlo("client.test")
        client.mail("alice@sender.test")
        client.rcpt("u@far.test")
        kill(system, "cleanup")
        code, text = client.data(b"Subject: x\r\n\r\nhi\r\n")
        assert (code, text) == (451, b"4.3.0 Error: queue file write error")
        assert client.noop()[0] == 250
    assert not complete_files(system)

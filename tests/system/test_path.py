"""Mail goes all the way: in by SMTP and sendmail, out to mailboxes, other servers and back as reports."""

from __future__ import annotations

import smtplib
import threading
from email import message_from_string
from email.message import Message

import pytest

from tests.support.instance import Instance
from tests.support.sink import smtp_sink
from tests.support.waiting import wait_for
from tests.system.conftest import MakeSystem

MESSAGE = b"From: alice@sender.test\r\nSubject: hello\r\n\r\nbody\r\n.dot\r\n"


def send(instance: Instance, *recipients: str, sender: str = "alice@sender.test", message: bytes = MESSAGE) -> None:
    with smtplib.SMTP("127.0.0.1", instance.port, timeout=20) as client:
        client.sendmail(sender, recipients, message)


def mailbox(instance: Instance, user: str) -> str:
    path = instance.mail / user
    return wait_for(f"mail for {user}", lambda: path.exists() and path.stat().st_size and path.read_text())


def test_smtp_to_a_mailbox(mail_system: MakeSystem) -> None:
    system = mail_system()
    send(system, "root@mx.test")
    text = mailbox(system, "root")
    assert text.startswith("From alice@sender.test ")
    message = message_from_string(text.partition("\n")[2])
    assert message["Return-Path"] == "<alice@sender.test>"
    assert message["Delivered-To"] == "root@mx.test"
    assert "by mx.test (pymail) with ESMTP id" in str(message["Received"])
    assert message.get_payload() == "body\n.dot\n\n"
    system.wait_log(r"status=sent \(delivered to mailbox\)")
    system.wait_empty()
    system.wait_log(r"qmgr\[\d+\]: \w+: removed")


def test_sendmail_to_a_mailbox(mail_system: MakeSystem) -> None:
    system = mail_system()
    system.run("sendmail", "-i", "-t", stdin="To: root\nBcc: daemon\nSubject: x\n\nhi\n.\nthere\n")
    message = message_from_string(mailbox(system, "root").partition("\n")[2])
    assert message.get_payload() == "hi\n.\nthere\n\n"
    assert message["Bcc"] is None
    assert message["Message-Id"]
    assert message["Date"]
    assert mailbox(system, "daemon")


def test_smtp_to_another_server(mail_system: MakeSystem) -> None:
    with smtp_sink() as sink:
        system = mail_system({"relayhost": f"[127.0.0.1]:{sink.port}"})
        send(system, "one@far.test", "two@far.test")
        system.wait_empty()
        assert [(m.sender, m.recipients) for m in sink.messages] == [
            ("alice@sender.test", ["one@far.test", "two@far.test"])
        ]
        assert sink.messages[0].content.endswith(b"\r\nbody\r\n..dot\r\n")
        assert len(system.log.split("status=sent (250 2.0.0 Ok: queued as SINK1)")) == 3


def report_of(system: Instance, user: str = "root") -> Message:
    text = mailbox(system, user)
    return message_from_string(text.partition("\n")[2])


def test_an_unknown_user_comes_back(mail_system: MakeSystem) -> None:
    system = mail_system()
    system.run("sendmail", "-f", "root@mx.test", "nosuchuser", stdin="Subject: x\n\nhi\n")
    report = report_of(system)
    assert report["Subject"] == "Undelivered Mail Returned to Sender"
    assert report.get_content_type() == "multipart/report"
    fields = report.get_payload()[1].as_string()  # type: ignore[index,union-attr]
    assert "Action: failed" in fields
    assert "Status: 5.1.1" in fields
    assert 'unknown user: "nosuchuser"' in fields.replace("\n ", "")
    system.wait_empty()
    system.wait_log(r"sender non-delivery notification: \w+")


def test_a_refused_recipient_comes_back_and_a_busy_one_waits(mail_system: MakeSystem) -> None:
    with smtp_sink() as sink:
        sink.replies.update({"no@far.test": b"550 5.1.1 no\r\n", "busy@far.test": b"450 4.2.0 busy\r\n"})
        system = mail_system({"relayhost": f"[127.0.0.1]:{sink.port}"})
        send(system, "no@far.test", "busy@far.test", "ok@far.test", sender="root@mx.test")
        assert "5.1.1" in str(report_of(system))
        system.wait_log(
            r"to=<busy@far.test>.*dsn=4.2.0, status=deferred \(host 127.0.0.1\[127.0.0.1\] said: 450 4.2.0 busy"
        )
        wait_for("a deferred file", lambda: system.queue_files("deferred") and not system.queue_files("active"))
        listing = system.run("mailq").stdout
        assert "busy@far.test" in listing
        assert "no@far.test" not in listing
        sink.replies.clear()
        system.run("postqueue", "-f")
        system.wait_empty()
        assert [m.recipients for m in sink.messages] == [["ok@far.test"], ["busy@far.test"]]


def test_aliases_and_lists(mail_system: MakeSystem) -> None:
    with smtp_sink() as sink:
        system = mail_system({"default_transport": f"smtp:[127.0.0.1]:{sink.port}"}, start=False)
        (system.etc / "aliases").write_text("boss: root\nteam: boss, daemon, far@away.test\n")
        system.run("postalias", f"lmdb:{system.etc}/aliases")
        system.settings["alias_maps"] = f"lmdb:{system.etc}/aliases"
        system.configure()
        system.start()
        send(system, "team@mx.test")
        assert "Delivered-To: root@mx.test" in mailbox(system, "root")
        assert mailbox(system, "daemon")
        wait_for("the forwarded message", lambda: sink.messages)
        assert sink.messages[0].recipients == ["far@away.test"]


@pytest.mark.parametrize(
    "recipient",
    ["u@far.test", "u%far.test@mx.test", "@mx.test:u@far.test", '"u@far.test"@mx.test', "far.test!u", "u@[192.0.2.1]"],
)
def test_a_stranger_may_not_relay(mail_system: MakeSystem, recipient: str) -> None:
    system = mail_system({"mynetworks": "192.0.2.77/32"})
    with smtplib.SMTP("127.0.0.1", system.port, timeout=20) as client:
        client.ehlo("client.test")
        client.mail("alice@sender.test")
        code, text = client.docmd(f"RCPT TO:<{recipient}>")
    assert 400 <= code < 600, text


def test_an_unknown_local_recipient_is_refused_at_once(mail_system: MakeSystem) -> None:
    system = mail_system()
    with smtplib.SMTP("127.0.0.1", system.port, timeout=20) as client:
        client.ehlo("client.test")
        client.mail("alice@sender.test")
        code, text = client.rcpt("nosuchuser@mx.test")
    assert (code, text) == (
        550, b"5.1.1 <nosuchuser@mx.test>: Recipient address rejected: User unknown in local recipient table",
    )  # fmt: skip


def test_a_hold_is_released(mail_system: MakeSystem) -> None:
    with smtp_sink() as sink:
        sink.replies["u@far.test"] = b"450 4.2.0 busy\r\n"
        system = mail_system({"relayhost": f"[127.0.0.1]:{sink.port}"})
        send(system, "u@far.test")
        wait_for("a deferred file", lambda: system.queue_files("deferred") and not system.queue_files("active"))
        queue_id = system.queue_files("deferred")[0].name
        system.run("postsuper", "-h", queue_id)
        assert [path.name for path in system.queue_files("hold")] == [queue_id]
        system.run("postqueue", "-f")
        assert f"{queue_id}!" in system.run("mailq").stdout
        sink.replies.clear()
        system.run("postsuper", "-H", queue_id)
        system.run("postqueue", "-f")
        system.wait_empty()
        assert sink.messages


def test_a_reload_drops_no_session(mail_system: MakeSystem) -> None:
    system = mail_system()
    with smtplib.SMTP("127.0.0.1", system.port, timeout=20) as client:
        client.ehlo("client.test")
        system.run("postfix", "reload")
        system.wait_log("reload -- version")
        client.sendmail("alice@sender.test", ["root@mx.test"], MESSAGE)
    assert mailbox(system, "root")
    send(system, "daemon@mx.test")
    assert mailbox(system, "daemon")


def test_reloads_under_load_neither_lose_nor_double(mail_system: MakeSystem) -> None:
    with smtp_sink() as sink:
        system = mail_system({"relayhost": f"[127.0.0.1]:{sink.port}"})
        wanted = [f"u{number}@far.test" for number in range(300)]

        def send_all() -> None:
            with smtplib.SMTP("127.0.0.1", system.port, timeout=20) as client:
                for recipient in wanted:
                    client.sendmail("alice@sender.test", [recipient], MESSAGE)

        sender = threading.Thread(target=send_all)
        sender.start()
        for share in (50, 100, 150, 200, 250):
            wait_for("mail on its way", lambda share=share: len(sink.messages) >= share)  # type: ignore[misc]
            system.run("postfix", "reload")
        sender.join(30)
        system.wait_empty()
        assert sorted(message.recipients[0] for message in sink.messages) == sorted(wanted)


def test_start_stop_and_status(mail_system: MakeSystem) -> None:
    system = mail_system()
    pid = system.master_pid
    assert f"the Postfix mail system is running: PID: {pid}" in _said(system, "status", 0)
    assert "the Postfix mail system is already running" in _said(system, "start", 1)
    system.stop()
    assert "the Postfix mail system is not running" in _said(system, "status", 1)


def _said(system: Instance, command: str, status: int) -> str:
    done = system.run("postfix", command, check=False)
    assert done.returncode == status
    return done.stdout + done.stderr

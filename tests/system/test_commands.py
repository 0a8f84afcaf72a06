"""Programs that use /usr/sbin/sendmail and the queue commands, against a running instance."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.support.sink import smtp_sink
from tests.support.waiting import wait_for
from tests.system.conftest import MakeSystem


def test_the_listing_in_both_forms(mail_system: MakeSystem) -> None:
    with smtp_sink() as sink:
        sink.replies["u@far.test"] = b"450 4.2.0 busy\r\n"
        system = mail_system({"relayhost": f"[127.0.0.1]:{sink.port}"})
        assert system.run("mailq").stdout == "Mail queue is empty\n"
        system.run("sendmail", "-f", "a@b.test", "u@far.test", stdin="Subject: x\n\nhi\n")
        wait_for("a deferred file", lambda: system.queue_files("deferred") and not system.queue_files("active"))
        listing = system.run("postqueue", "-p").stdout
        assert listing.startswith("-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------\n")
        assert "host 127.0.0.1[127.0.0.1] said: 450 4.2.0 busy (in reply to RCPT TO command)" in listing.replace(
            "\n", " "
        )
        assert listing.endswith(" Request.\n")
        record = json.loads(system.run("postqueue", "-j").stdout)
        assert (record["queue_name"], record["sender"]) == ("deferred", "a@b.test")
        assert record["recipients"][0]["address"] == "u@far.test"
        queue_id = record["queue_id"]
        assert (
            f"*** ENVELOPE RECORDS deferred/{queue_id[0]}/{queue_id} ***"
            in system.run("postcat", "-q", queue_id).stdout
        )
        system.run("postsuper", "-d", queue_id)
        assert system.run("mailq").stdout == "Mail queue is empty\n"


def test_mail_waits_while_the_system_is_down(mail_system: MakeSystem) -> None:
    system = mail_system(start=False)
    system.run("postfix", "check")
    system.run("sendmail", "root", stdin="Subject: x\n\nhi\n")
    assert len(system.queue_files("maildrop")) == 1
    system.start()
    wait_for("the mail", lambda: (system.mail / "root").exists())
    system.wait_empty()


@pytest.mark.parametrize(
    ("arguments", "stdin", "status", "said"),
    [
        pytest.param(
            [], "x\n", 75, "Recipient addresses must be specified on the command line or via the -t option", id="none"
        ),
        pytest.param(["-bX", "a"], "x\n", 75, "unsupported: -bX", id="mode"),
        pytest.param(["-B", "9BIT", "a"], "x\n", 75, "-B option needs 8BITMIME or 7BIT", id="body-type"),
    ],
)
def test_what_sendmail_refuses(
    mail_system: MakeSystem, arguments: list[str], stdin: str, status: int, said: str
) -> None:
    system = mail_system(start=False)
    system.run("postfix", "check")
    done = system.run("sendmail", *arguments, stdin=stdin, check=False)
    assert said in done.stderr
    assert done.returncode == status
    assert system.queue_files("maildrop") == []


def test_smtp_on_standard_input(mail_system: MakeSystem) -> None:
    system = mail_system()
    dialogue = "EHLO x\nMAIL FROM:<a@b.test>\nRCPT TO:<root@mx.test>\nDATA\nSubject: x\n\nhi\n.\nQUIT\n"
    said = system.run("sendmail", "-bs", stdin=dialogue.replace("\n", "\r\n")).stdout
    assert said.startswith("220 mx.test ESMTP")
    assert "250 2.0.0 Ok: queued as" in said
    wait_for("the mail", lambda: (system.mail / "root").exists())


def test_postfix_check_and_postconf(mail_system: MakeSystem) -> None:
    system = mail_system(start=False)
    assert system.run("postfix", "check").returncode == 0
    assert system.run("postconf", "-h", "myhostname").stdout == "mx.test\n"
    system.run("postconf", "-e", "relayhost=[relay.test]:25")
    assert system.run("postconf", "-n", "relayhost").stdout == "relayhost = [relay.test]:25\n"


def test_a_broken_main_cf_names_its_line(mail_system: MakeSystem) -> None:
    system = mail_system(start=False)
    (system.etc / "main.cf").write_text("myhostname = mx.test\nthis is no parameter\n")
    done = system.run("postfix", "start", check=False)
    assert done.returncode == 1
    assert "main.cf, line 2: missing '=' after attribute name: \"this is no parameter\"" in done.stderr


def test_a_hand_over_is_one_process(mail_system: MakeSystem) -> None:
    system = mail_system(start=False)
    system.run("postfix", "check")
    done = subprocess.run(
        ["strace", "-f", "-e", "trace=execve", *system.command("sendmail", "root")],
        input="x\n", text=True, capture_output=True, env=system.environment, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("execve(") == 2  # the launcher, which becomes Python


def test_a_restored_queue_is_mended_at_the_start(mail_system: MakeSystem) -> None:
    system = mail_system(start=False)
    system.run("postfix", "check")
    system.run("sendmail", "root", stdin="Subject: x\n\nhi\n")
    (path,) = system.queue_files("maildrop")
    copy = path.with_name("copy")
    copy.write_bytes(path.read_bytes())  # another inode: the name does not fit it any more
    copy.chmod(0o744)
    path.unlink()
    copy.rename(path)
    system.start()
    wait_for("the mail", lambda: (system.mail / "root").exists())
    system.wait_empty()

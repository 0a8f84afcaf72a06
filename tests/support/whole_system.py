"""A running mail system in which every daemon has had work to do."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.instance import Instance, scratch_folder
from tests.support.sink import Sink


@contextmanager
def running_system(settings: dict[str, str], services: str = "", *, chroot: bool = False) -> Iterator[Instance]:
    """Run an instance; with *chroot* all daemons but local are in the queue directory."""
    with scratch_folder() as folder:
        instance = Instance(folder, settings, services)
        if chroot:
            rows = [line.split(None, 5) for line in instance.services.splitlines()]
            for row in rows:
                row[4] = "n" if row[0] == "local" else "y"
            instance.services = "".join(" ".join(row) + "\n" for row in rows)
            instance.configure()
        try:
            instance.start()
            yield instance
        finally:
            instance.stop()


def settings(sink_port: int) -> dict[str, str]:
    """Return a configuration that leads mail on all ways that there are."""
    return {
        "transport_maps": (
            f"inline:{{{{far.test = relay:[127.0.0.1]:{sink_port}}}, {{gone.test = gone:5.1.2 there is nobody}}, "
            "{void.test = discard:silently}}"
        ),
        "virtual_alias_maps": "inline:{{list@mx.test = root@mx.test, busy@far.test}}",
        "local_recipient_maps": "proxy:inline:{{root = x}, {list = x}}",
        "default_transport": "smtp",
        "disable_dns_lookups": "no",
        "notify_classes": "",
    }


SERVICES = "gone unix - - n - - error\n"


def exercise(instance: Instance, sink: Sink) -> None:
    """Send mail on all ways, until each has come where it goes."""
    sink.replies.update({"busy@far.test": b"450 4.2.0 busy\r\n", "refused@far.test": b"550 5.1.1 no\r\n"})
    text = "From: \u00fcber@sender.test\r\nSubject: \u00e4\r\n\r\n\u00f6\r\n.dot\r\n".encode()
    text += b"x" * 5000 + b"\r\n\xff\xfe\r\n"
    with smtplib.SMTP("127.0.0.1", instance.port, "client.test", 20) as client:
        client.ehlo("client.test")
        for command in (
            "NONSENSE",
            "MAIL FROM:<\u00fc>",
            "RCPT TO:<x>",
            "VRFY root",
            "EXPN root",
            "ETRN far.test",
            "RSET",
        ):
            client.sock.sendall(command.encode() + b"\r\n")  # type: ignore[union-attr]  # it is connected
            client.getreply()
        client.mail("alice@far.test", ["BODY=8BITMIME", "RET=HDRS"])
        for recipient in (
            "list@mx.test",
            "ok@far.test",
            "refused@far.test",
            "u@gone.test",
            "u@void.test",
            "u@d.invalid",
        ):
            client.rcpt(recipient, ["NOTIFY=SUCCESS,FAILURE"])
        assert client.data(text)[0] == 250
        client.mail("alice@far.test")
        assert client.rcpt("stranger@mx.test")[0] == 550
    instance.run("sendmail", "-bv", "root")
    instance.run("sendmail", "-i", "-f", "\u00fc@sender.test", "root", stdin="Subject: x\n\nhi\n")
    for pattern in (
        r"to=<root@mx.test>.*relay=local.*status=sent",
        r"to=<busy@far.test>.*status=deferred",
        r"to=<ok@far.test>.*status=sent \(250",
        r"to=<refused@far.test>.*status=bounced",
        r"to=<u@gone.test>.*status=bounced \(there is nobody\)",
        r"to=<u@void.test>.*relay=none.*status=sent \(silently\)",
        r"to=<u@d.invalid>.*status=(deferred|bounced)",
        r"sender non-delivery notification",
        r"sender delivery status notification",
        r"status=deliverable",
    ):
        instance.wait_log(pattern)
    assert "busy@far.test" in instance.run("mailq").stdout

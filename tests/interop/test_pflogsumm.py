"""pflogsumm finds in our log what it finds in Postfix's, for the same traffic."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from tests.interop.conftest import MakeSystem
from tests.support.instance import Instance, OracleInstance
from tests.support.oracle import needs_postfix, needs_root
from tests.support.raw_smtp import raw_client, stuffed
from tests.support.sink import Sink
from tests.support.waiting import wait_for

pytestmark = [
    needs_postfix,
    needs_root,
    pytest.mark.skipif(shutil.which("pflogsumm") is None, reason="no pflogsumm"),
]

RULES = (
    "inline:{ {no@far.test = REJECT go away}, {later@far.test = DEFER come again}, {keep@far.test = HOLD for now}, "
    "{drop@far.test = DISCARD silently}, {odd@far.test = WARN looks odd} }"
)
MESSAGE = stuffed(b"From: a@sender.test\r\nTo: b@far.test\r\nSubject: x\r\n\r\nhello\r\n")
#: Each transaction: its recipients, in the order of the commands. All but refused ones are in one message.
TRANSACTIONS = [
    ["root@mx.test"],
    ["root@mx.test", "daemon@mx.test", "one@far.test"],
    ["one@far.test", "two@far.test", "three@far.test"],
    ["refused@far.test"],
    ["busy@far.test", "two@far.test"],
    ["no@far.test", "later@far.test", "nobody.here@mx.test", "one@far.test"],
    ["keep@far.test"],
    ["drop@far.test"],
    ["odd@far.test"],
    ["list@mx.test"],
]


def make_traffic(instance: Instance) -> None:
    """Send mail that is delivered, relayed, forwarded, deferred, returned, held, dropped, refused; wait for all."""
    with raw_client(instance.port) as client:
        for recipients in TRANSACTIONS:
            assert client.command("MAIL FROM:<root@mx.test>")[0] == 250
            codes = [client.command(f"RCPT TO:<{recipient}>")[0] for recipient in recipients]
            assert 250 in codes
            assert client.command("DATA")[0] == 354
            client.send(MESSAGE)
            assert client.reply()[0] == 250
        client.command("MAIL FROM:<bad sender>")
        client.command("QUIT")
    instance.run("sendmail", "-f", "root@mx.test", "-i", "root@mx.test", "four@far.test", stdin="Subject: y\n\nhi\n")
    wait_for("the deferred message alone", lambda: is_quiet(instance))


def is_quiet(instance: Instance) -> bool:
    waiting = instance.queue_files("maildrop", "incoming", "active")
    log = instance.log
    done = log.count(": removed\n"), log.count("status=deferred"), log.count("(queue active)")
    # All that became active has left, but for the deferred one; the report and the forwarded mail are among them.
    return not waiting and done[1] == 1 and done[0] >= done[2] - 1 and "non-delivery notification" in log


def summary(instance: Instance) -> dict[str, list[str]]:
    """Return the lines of each section of pflogsumm's report, without times and octets."""
    # Without --smtpd-stats: it tells sessions by process number, and a process of ours has many.
    argv = ["pflogsumm", "--rej-add-from", str(instance.log_file)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    sections: dict[str, list[str]] = {}
    name = ""
    lines = done.stdout.splitlines()
    for number, line in enumerate(lines):
        if number + 1 < len(lines) and re.fullmatch(r"-+", lines[number + 1]) and line:
            name = line.partition(" (")[0].strip()
            sections[name] = []
        elif name and line.strip() and not re.fullmatch(r"[- ]+", line):
            sections[name].append(line)
    return sections


def counts(lines: list[str]) -> dict[str, str]:
    """Return the totals by name. Octets are left out: queue IDs differ in length, and reports are in our own words."""
    pairs = [re.fullmatch(r" *(\S+)   ([^(]*\w)(?: +\(.*\))?", line) for line in lines]
    return {pair[2]: pair[1] for pair in pairs if pair and not pair[2].startswith("bytes ")}


def hosts(lines: list[str]) -> list[tuple[str, str]]:
    """Return the number of messages by host or address."""
    rows = [line.split() for line in lines]
    return sorted((row[0], row[-1]) for row in rows if row[0].isdecimal())


def test_the_totals_are_postfix_s(make_system: MakeSystem, sink: Sink) -> None:
    sink.replies.update({"refused@far.test": b"550 5.1.1 no such user\r\n", "busy@far.test": b"450 4.2.0 busy\r\n"})
    reports = []
    for kind in (OracleInstance, Instance):
        instance = make_system(
            kind,
            {
                "relayhost": f"[127.0.0.1]:{sink.port}",
                "smtpd_recipient_restrictions": f"check_recipient_access {RULES}, permit_mynetworks, reject",
                "virtual_alias_maps": "inline:{ {list@mx.test = root@mx.test, far@far.test} }",
                "smtpd_error_sleep_time": "0",
            },
        )
        make_traffic(instance)
        instance.stop()
        reports.append(summary(instance))
    theirs, ours = reports
    assert list(ours) == list(theirs)
    totals = counts(ours["Grand Totals"])
    assert totals == counts(theirs["Grand Totals"])
    for name in (
        "received",
        "delivered",
        "deferred",
        "bounced",
        "rejected",
        "held",
        "discarded",
        "senders",
        "recipients",
    ):
        assert int(totals[name]) > 0
    for name in theirs:
        if name.endswith("detail"):
            assert sorted(ours[name]) == sorted(theirs[name])
        elif name.startswith(("Host/Domain Summary: Message", "Senders by message c", "Recipients by message c")):
            assert hosts(ours[name]) == hosts(theirs[name]) != []
    # Each message has its size: the line that tells it comes before those of its deliveries.
    assert "Messages with no size data" not in ours

"""`sendmail -bs`: one session on two descriptors."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pymail.daemons.smtpd.standalone import open_postdrop, serve
from pymail.proto import record
from tests.support.smtpd_rig import World

#: A postdrop that keeps what it reads in a file.
POSTDROP = """
import os, sys
sys.stdout.buffer.write(b"protocol\\0postdrop_protocol\\0queue_id\\0ABCDEF\\0\\0")
sys.stdout.buffer.flush()
data = b""
while not data.endswith(b"X\\0E\\0"):
    octets = os.read(0, 65536)
    if not octets:
        sys.exit(0)
    data += octets
open(sys.argv[1], "wb").write(data)
sys.stdout.buffer.write(b"status\\x000\\0reason\\0\\0\\0")
"""


def talk(dialogue: bytes, command: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Hold a session over pipes; return the answers and the log."""
    world = World.of({"smtpd_relay_restrictions": "", "smtpd_client_restrictions": "reject"})
    shared = world.shared(standalone=True)
    shared.open_cleanup = open_postdrop(command)
    in_read, in_write = os.pipe()
    out_read, out_write = os.pipe()
    os.write(in_write, dialogue)
    os.close(in_write)
    serve(shared, world.log, in_read, out_write)
    os.close(out_write)
    with os.fdopen(out_read, "rb") as answers:
        lines = answers.read().decode().split("\r\n")[:-1]
    os.close(in_read)
    return lines, world.lines


def test_message_goes_to_postdrop(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    dialogue = b"HELO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<x@foreign.test>\r\nDATA\r\nSubject: x\r\n\r\n.\r\nQUIT\r\n"
    script = tmp_path / "postdrop.py"
    script.write_text(POSTDROP)
    answers, log = talk(dialogue, (sys.executable, str(script), str(kept)))
    assert answers[-2:] == ["250 2.0.0 Ok: queued as ABCDEF", "221 2.0.0 Bye"]
    records = [(chr(kind), data.decode()) for _, kind, data in record.parse(kept.read_bytes())]
    assert records[:4] == [
        ("A", "rewrite_context=local"),
        ("S", "a@b"),
        ("A", "dsn_orig_rcpt=rfc822;x@foreign.test"),
        ("R", "x@foreign.test"),
    ]
    assert log[0] == "connect from localhost[127.0.0.1]"


def test_postdrop_that_cannot_be_run_ends_the_session(tmp_path: Path) -> None:
    answers, log = talk(b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d.test>\r\n", (str(tmp_path / "none"),))
    assert answers[-1] == "421 4.3.0 mta.exam.test Server local data error"
    assert log[1].startswith("warning: unable to execute ")


def test_cancelled_message_leaves_nothing(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    script = tmp_path / "postdrop.py"
    script.write_text(POSTDROP)
    dialogue = b"EHLO x\r\n"
    answers, _ = talk(dialogue, (sys.executable, str(script), str(kept)))
    assert answers[-1] == "250 CHUNKING"
    assert not kept.exists()

"""The daemon with a real queue file and a real conversation with the queue manager."""

from __future__ import annotations

import asyncio
import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from pymail.client.connect import ConnectOptions
from pymail.config.main_cf import MainCf
from pymail.daemons.smtp.service import SmtpDaemon, with_own_source
from pymail.ipc.delivery import FinalStatus, encode_request
from pymail.log.logger import Log
from pymail.log.sinks import MemorySink
from pymail.mail.envelope import Recipient
from pymail.net.own_addresses import OwnAddresses
from pymail.proto import attr, record
from pymail.proto.record import RecordType
from pymail.server.invocation import Invocation
from tests.support.smtp_client_rig import request
from tests.support.smtp_peer import SmtpPeer

HEAD = record.encode(RecordType.SENDER, b"from@me.test")
TO = record.encode(RecordType.RECIPIENT, b"u@d.test")
START = record.encode(RecordType.MESSAGE, b"")
LINES = (b"Subject: x", b"", b".dot", b"y" * 1200)
END = record.encode(RecordType.EXTRACTED, b"") + record.encode(RecordType.END, b"")


def deliver(
    folder: Path, content: bytes | None, arguments: tuple[str, ...] = ()
) -> tuple[FinalStatus, list[str], SmtpPeer]:
    """Send one request to a daemon; *content* None: there is no file. Return the status, the log, and the server."""
    (folder / "main.cf").write_text("myhostname = me.test\ninet_protocols = ipv4\ninet_interfaces = 127.0.0.1\n")
    (folder / "active").mkdir()
    if content is not None:
        (folder / "active/ABC123").write_bytes(HEAD + TO + START + content)
        (folder / "active/ABC123").chmod(0o700)
    sink = MemorySink()
    log = Log("postfix/smtp", sink)
    invocation = Invocation("smtp", "smtp", "unix", MainCf.load(str(folder)), log, arguments=arguments)
    peer = SmtpPeer()

    async def run() -> bytes:
        daemon = SmtpDaemon()
        daemon.before_jail(invocation)
        await daemon.after_jail(invocation)
        ours, theirs = socket.socketpair()
        loop = asyncio.get_running_loop()
        async with peer:
            await loop.create_connection(daemon.session, sock=theirs)
            reader, writer = await asyncio.open_connection(sock=ours)
            await reader.readuntil(b"\0\0")
            recipient = Recipient("u@d.test", "u@d.test", len(HEAD))
            wanted = request(f"[127.0.0.1]:{peer.port}", recipient)
            writer.write(encode_request(replace(wanted, offset=len(HEAD + TO + START))))
            data = await asyncio.wait_for(
                reader.readuntil(b"\0status\x000\0\0" if content == GOOD else b"4294967295\0\0"), 10
            )
            writer.close()
            await daemon.at_exit()
        return data

    reader = attr.ListReader()
    reader.feed(asyncio.run(run()))
    fields = reader.next_list()
    assert fields is not None
    log.flush()
    return FinalStatus.decode(fields), [text for _, text in sink.lines], peer


GOOD = b"".join(record.encode(RecordType.TEXT, line) for line in LINES) + END


def test_a_request_ends_with_mail_log_and_mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    status, log, peer = deliver(tmp_path, GOOD, ("flags=R",))
    assert status == FinalStatus(again=False)
    long = b"y" * 998 + b"\r\n " + b"y" * 202
    assert peer.messages[0].content == b"Return-Path: <from@me.test>\r\nSubject: x\r\n\r\n.dot\r\n" + long + b"\r\n"
    assert log[0] == "ABC123: breaking line > 998 bytes with <CR><LF>SPACE"
    assert log[1].startswith(f"ABC123: to=<u@d.test>, relay=127.0.0.1[127.0.0.1]:{peer.port}, delay=")
    assert log[1].endswith("dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as PEER1)")
    assert (tmp_path / "active/ABC123").read_bytes()[len(HEAD) :][:1] == b"D"


def test_a_file_that_is_gone_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    status, log, peer = deliver(tmp_path, None)
    assert status == FinalStatus(again=True)
    assert len(log) == 1
    assert peer.sessions == 0


def test_a_corrupt_file_is_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    status, log, peer = deliver(tmp_path, record.encode(RecordType.TEXT, b"x") + record.encode(0x5A, b"bad"))
    assert status == FinalStatus(again=True)
    assert log[0].startswith("ABC123: corrupted message file")
    assert peer.messages == []
    assert os.stat(tmp_path / "active/ABC123").st_mode & 0o777 == 0o400


@pytest.mark.parametrize(
    ("own", "source", "source6"),
    [
        pytest.param(("127.0.0.1",), "", "", id="loopback"),
        pytest.param(("192.0.2.1",), "192.0.2.1", "", id="one"),
        pytest.param(("192.0.2.1", "192.0.2.2", "2001:db8::1"), "", "2001:db8::1", id="one-of-ipv6"),
    ],
)
def test_a_single_interface_is_the_source(own: tuple[str, ...], source: str, source6: str) -> None:
    options = with_own_source(ConnectOptions(), OwnAddresses(own))
    assert (options.bind_address, options.bind_address6) == (source, source6)
    assert with_own_source(ConnectOptions(bind_address="127.0.0.2"), OwnAddresses(own)).bind_address == "127.0.0.2"

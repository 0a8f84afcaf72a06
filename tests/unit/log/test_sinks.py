"""pymail.log.sinks"""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path

import pytest

from pymail.config.main_cf import ConfigError, MainCf
from pymail.log.sinks import (
    FileSink,
    MemorySink,
    PostlogSink,
    StderrSink,
    SyslogSink,
    TeeSink,
    choose_sink,
    log_tag,
)

LINES = [("info", "connect from a[b]"), ("warning", "odd\n")]


def texts(octets: bytes) -> list[str]:
    """Return the lines without time."""
    return [
        re.sub(r"^(<\d+>)?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d ", r"\1", line) for line in octets.decode().split("\n")
    ]


def receiver(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    listener.bind(str(path))
    return listener


def test_a_file_gets_framed_lines(tmp_path: Path) -> None:
    path = tmp_path / "maillog"
    FileSink(str(path), 0o640, "mta").write("postfix/smtpd", LINES)
    tag = f"mta postfix/smtpd[{os.getpid()}]: "
    assert texts(path.read_bytes()) == [tag + "connect from a[b]", tag + "warning: odd?", ""]
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_file_that_was_renamed_is_opened_anew(tmp_path: Path) -> None:
    path = tmp_path / "maillog"
    sink = FileSink(str(path))
    sink.open()
    path.rename(tmp_path / "old")
    sink.append("line\n")
    assert path.read_text() == "line\n"
    sink.close()
    assert sink.fileno() == -1


def test_a_file_that_cannot_be_opened_again_is_written_on(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    folder.mkdir()
    sink = FileSink(str(folder / "maillog"))
    sink.open()
    folder.rename(tmp_path / "moved")
    sink.append("line\n")
    assert (tmp_path / "moved/maillog").read_text() == "line\n"


def test_a_file_that_cannot_be_opened_loses_its_lines(tmp_path: Path) -> None:
    FileSink(str(tmp_path / "no/maillog")).write("t", LINES)
    assert os.listdir(tmp_path) == []


def test_standard_error_has_the_program_s_name() -> None:
    reading, writing = os.pipe()
    StderrSink("postsuper", writing).write("postfix/postsuper", LINES)
    os.close(writing)
    assert os.read(reading, 1000) == b"postsuper: connect from a[b]\npostsuper: warning: odd?\n"
    os.close(reading)


def test_a_tee_writes_to_each() -> None:
    first, second = MemorySink(), MemorySink()
    TeeSink([first, second]).write("t", LINES)
    assert first.lines == second.lines == LINES


def test_postlog_gets_a_datagram_per_line_without_newline(tmp_path: Path) -> None:
    with receiver(tmp_path / "postlog") as listener:
        sink = PostlogSink(str(tmp_path / "postlog"), host="mta")
        sink.write("postfix/smtpd", LINES)
        sink.close()
        tag = f"mta postfix/smtpd[{os.getpid()}]: "
        assert texts(listener.recv(9999)) == [tag + "connect from a[b]"]
        assert texts(listener.recv(9999)) == [tag + "warning: odd?"]


def test_our_postlog_gets_many_lines_in_a_datagram(tmp_path: Path) -> None:
    with receiver(tmp_path / "postlog") as listener:
        sink = PostlogSink(str(tmp_path / "postlog"), batch=True)
        sink.write("postfix/smtpd", [("info", "x" * 1900)] * 20)
        sink.close()
        sizes = [len(texts(listener.recv(65536))) for _ in range(3)]
    assert sum(sizes) == 20
    assert max(sizes) < 9


def test_a_receiver_that_is_behind_gets_the_lines_later(tmp_path: Path) -> None:
    with receiver(tmp_path / "postlog") as listener:
        sink = PostlogSink(str(tmp_path / "postlog"))
        sent = [f"line {number}" for number in range(600)]
        sink.write("t", [("info", text) for text in sent])
        got: list[str] = []
        for _ in range(600):
            while True:
                try:
                    got.append(listener.recv(9999).decode().partition("]: ")[2])
                except BlockingIOError:
                    break
            sink.send([])
        sink.close()
    assert got == sent


def test_a_new_receiver_is_found(tmp_path: Path) -> None:
    path = tmp_path / "postlog"
    sink = PostlogSink(str(path))
    with receiver(path):
        sink.write("t", LINES[:1])
    path.unlink()
    with receiver(path) as listener:
        sink.write("t", LINES[:1])
        assert listener.recv(9999).endswith(b"connect from a[b]")
    sink.close()


def test_without_a_receiver_the_fallback_gets_the_lines(tmp_path: Path) -> None:
    fallback = MemorySink()
    PostlogSink(str(tmp_path / "no"), fallback=fallback).write("t", LINES)
    SyslogSink(path=str(tmp_path / "no"), fallback=fallback).write("t", LINES)
    SyslogSink(path=str(tmp_path / "no")).write("t", LINES)
    assert fallback.lines == LINES * 2


def test_syslog_gets_priorities(tmp_path: Path) -> None:
    with receiver(tmp_path / "log") as listener:
        sink = SyslogSink("local1", str(tmp_path / "log"))
        sink.write("postfix/smtpd", [*LINES, ("fatal", "end")])
        sink.close()
        tag = f"postfix/smtpd[{os.getpid()}]: "
        got = [texts(listener.recv(9999))[0] for _ in range(3)]
    assert got == [f"<142>{tag}connect from a[b]", f"<140>{tag}warning: odd?", f"<138>{tag}fatal: end"]


def test_main_cf_chooses_the_sink(tmp_path: Path) -> None:
    plain = MainCf("/etc/postfix", {"maillog_file": "", "syslog_facility": "mail"})
    assert isinstance(choose_sink(plain), SyslogSink)
    to_file = MainCf(
        "/etc/postfix",
        {"maillog_file": str(tmp_path / "log"), "queue_directory": str(tmp_path), "maillog_file_permissions": "0644"},
    )
    assert isinstance(choose_sink(to_file, direct=True), FileSink)
    (tmp_path / "public").mkdir()
    with receiver(tmp_path / "public/postlog") as by_queue, receiver(tmp_path / "other") as by_environment:
        for environ in ({}, {"POSTLOG_SERVICE": str(tmp_path / "other")}):
            sink = choose_sink(to_file, environ=environ)
            assert isinstance(sink, PostlogSink)
            sink.write("t", LINES[:1])
            sink.close()
        assert by_queue.recv(9999).endswith(b"connect from a[b]")
        assert by_environment.recv(9999).endswith(b"connect from a[b]")


def test_lines_in_a_file_begin_with_myhostname(tmp_path: Path) -> None:
    conf = MainCf("/etc/postfix", {"maillog_file": str(tmp_path / "log"), "myhostname": "mta.example.com"})
    choose_sink(conf, direct=True).write("t", LINES[:1])
    assert texts((tmp_path / "log").read_bytes())[0].startswith("mta t[")


def test_bad_permissions_are_an_error() -> None:
    conf = MainCf("/etc/postfix", {"maillog_file": "/var/log/x", "maillog_file_permissions": "9"})
    with pytest.raises(ConfigError, match="maillog_file_permissions"):
        choose_sink(conf, direct=True)


@pytest.mark.parametrize(
    ("settings", "tag"),
    [
        ({}, "postfix/smtpd"),
        ({"multi_instance_name": "out"}, "out/smtpd"),
        ({"syslog_name": "postfix/$service_name", "service_name": "relay"}, "postfix/relay/smtpd"),
    ],
)
def test_the_tag(settings: dict[str, str], tag: str) -> None:
    assert log_tag(MainCf("/etc/postfix", settings), "smtpd") == tag

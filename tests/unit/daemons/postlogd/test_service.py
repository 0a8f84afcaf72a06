from __future__ import annotations

from pathlib import Path

import pytest

from pymail.daemons.postlogd.params import PostlogdParams
from pymail.daemons.postlogd.service import Postlogd, is_allowed
from pymail.log.fatal import FatalError
from tests.support.processes import make_conf, make_invocation


class MemoryOutput:
    def __init__(self) -> None:
        self.writes: list[str] = []

    def append(self, text: str) -> None:
        self.writes.append(text)


def postlogd(folder: Path, output: MemoryOutput | None = None, **settings: str) -> Postlogd:
    return Postlogd(PostlogdParams(make_conf(folder, **settings)), output)


def test_a_batch_is_one_write(tmp_path: Path) -> None:
    output = MemoryOutput()
    daemon = postlogd(tmp_path, output)
    daemon.datagram(b"Nov 21 04:17:25 mx postfix/smtpd[1199]: connect from localhost[127.0.0.1]")
    daemon.datagram(b"one\ntwo")
    daemon.end_of_batch()
    daemon.end_of_batch()
    assert output.writes == ["Nov 21 04:17:25 mx postfix/smtpd[1199]: connect from localhost[127.0.0.1]\none\ntwo\n"]


@pytest.mark.parametrize(
    ("data", "line"),
    [
        pytest.param(b"a\x1b[31mb\0", "a?[31mb?", id="control-octets"),
        pytest.param(b"x" * 9000, "x" * 2400, id="long"),
    ],
)
def test_a_line_is_printable_and_bounded(tmp_path: Path, data: bytes, line: str) -> None:
    output = MemoryOutput()
    daemon = postlogd(tmp_path, output)
    daemon.datagram(data)
    daemon.end_of_batch()
    assert output.writes == [line + "\n"]


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/var/log/mail", True),
        ("/dev/stdout", True),
        ("/dev/stdout2", False),
        ("/variety/x", False),
        ("/etc/passwd", False),
    ],
)
def test_only_some_folders_may_have_the_log(path: str, allowed: bool) -> None:
    assert is_allowed(path, "/var, /dev/stdout") == allowed


def test_the_file_is_opened_before_the_rights_are_gone(tmp_path: Path) -> None:
    daemon = postlogd(tmp_path, maillog_file=str(tmp_path / "log"), maillog_file_prefixes=str(tmp_path))
    daemon.before_jail(make_invocation(tmp_path))
    daemon.datagram(b"line")
    daemon.end_of_batch()
    assert (tmp_path / "log").read_text() == "line\n"
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({}, "maillog_file is not set"),
        ({"maillog_file": "/etc/mail.log"}, "does not match any prefix"),
        ({"maillog_file": "/nosuch/dir/log", "maillog_file_prefixes": "/nosuch"}, "open logfile '/nosuch/dir/log'"),
    ],
)
def test_a_file_that_cannot_be_used_is_fatal(tmp_path: Path, settings: dict[str, str], reason: str) -> None:
    with pytest.raises(FatalError, match=reason):
        postlogd(tmp_path, **settings).before_jail(make_invocation(tmp_path))

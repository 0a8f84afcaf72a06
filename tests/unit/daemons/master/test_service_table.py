from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from pymail.config.master_cf import load_master_cf
from pymail.daemons.master import service_table
from pymail.daemons.master.params import MasterParams
from pymail.daemons.master.service_table import Service
from pymail.log.fatal import FatalError
from tests.support.processes import make_conf


def addresses(host: str, port: str) -> Sequence[tuple[str, int]]:
    number = int(port) if port.isdigit() else 25
    return [(host, number)] if host else [("0.0.0.0", number), ("::", number)]


def build(folder: Path, line: str) -> Service:
    (folder / "master.cf").write_text(line + "\n")
    entry = load_master_cf(str(folder / "master.cf"))[0]
    params = MasterParams(make_conf(folder, daemon_directory="/usr/libexec/postfix"))
    return service_table.build(entry, params, addresses, 2)[0]


@pytest.mark.parametrize(
    ("line", "argv"),
    [
        pytest.param("smtp inet n - n - - smtpd", "-n smtp -t inet -u -o stress= -s 2", id="smtpd"),
        pytest.param("127.0.0.1:25 inet n - n - - smtpd", "-n 127.0.0.1:25 -t inet -u", id="loopback-knows-no-stress"),
        pytest.param("qmgr unix n - n 300 1 qmgr", "-l -t unix -u", id="qmgr"),
        pytest.param("cleanup unix n - n - 0 cleanup", "-z -t unix -u", id="cleanup"),
        pytest.param("local unix - n n - - local", "-t unix", id="local"),
        pytest.param("defer unix - - n - 0 bounce", "-z -n defer -t unix -u", id="defer"),
        pytest.param("rewrite unix - - n - - trivial-rewrite", "-n rewrite -t unix -u", id="rewrite"),
        pytest.param("postlog unix-dgram n - n - 1 postlogd", "-l -n postlog -t unix-dgram -u", id="postlog"),
        pytest.param("smtpd pass - - y - - smtpd -o x=y", "-t pass -u -c -o stress= -o x=y", id="pass-chroot-args"),
    ],
)
def test_the_argument_vector_is_postfixs(tmp_path: Path, line: str, argv: str) -> None:
    assert " ".join(build(tmp_path, line).argv()) == argv


def test_the_title_leaves_stress_out(tmp_path: Path) -> None:
    assert build(tmp_path, "10025 inet n - n - - smtpd").title() == "smtpd -n 10025 -t inet -u -s 2"


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("smtp inet n - n - - smtpd", "25"),
        ("127.0.0.1:2525 inet n - n - - smtpd", "[127.0.0.1]:2525"),
        ("[::1]:2525 inet n - n - - smtpd", "[::1]:2525"),
        ("bounce unix - - n - 0 bounce", "private/bounce"),
        ("showq unix n - n - - showq", "public/showq"),
    ],
)
def test_a_service_has_a_canonical_name(tmp_path: Path, line: str, name: str) -> None:
    assert build(tmp_path, line).name == name


@pytest.mark.parametrize(
    ("command", "ours", "path"),
    [
        ("smtpd", True, "/usr/libexec/postfix/smtpd"),
        ("lmtp", True, "/usr/libexec/postfix/lmtp"),
        ("mydaemon", False, "/usr/libexec/postfix/mydaemon"),
        ("/opt/x/smtpd", False, "/opt/x/smtpd"),
    ],
)
def test_a_plain_name_of_ours_means_ours(tmp_path: Path, command: str, ours: bool, path: str) -> None:
    service = build(tmp_path, f"x unix - - n - - {command}")
    assert (service.ours, service.path) == (ours, path)


@pytest.mark.parametrize(
    ("line", "maxproc", "workers"),
    [
        ("smtp inet n - n - - smtpd", 100, 2),
        ("smtp inet n - n - 1 smtpd", 1, 1),
        ("local unix - n n - - local", 100, 100),
        ("cleanup unix n - n - 0 cleanup", 0, 1),
        ("x unix - - n - - /bin/x", 100, 100),
    ],
)
def test_a_service_has_limits(tmp_path: Path, line: str, maxproc: int, workers: int) -> None:
    service = build(tmp_path, line)
    assert (service.maxproc, service.workers) == (maxproc, workers)


def test_a_service_without_a_port_is_fatal(tmp_path: Path) -> None:
    with pytest.raises(FatalError, match='line 1: .*in "host:"'):
        build(tmp_path, "host: inet n - n - - smtpd")


@pytest.mark.parametrize(
    ("patterns", "disabled"),
    [
        ("", False),
        ("inet", True),
        ("smtp/inet", True),
        ("smtp/unix", False),
        ("!smtp/inet, inet", False),
        ("unix", False),
    ],
)
def test_services_can_be_disabled(tmp_path: Path, patterns: str, disabled: bool) -> None:
    entry = build(tmp_path, "smtp inet n - n - - smtpd").entry
    assert service_table.is_disabled(entry, patterns) == disabled


def test_the_last_of_two_entries_rules(tmp_path: Path) -> None:
    first = build(tmp_path, "x unix - - n - 1 local")
    second = build(tmp_path, "x unix - - n - 2 local")
    assert service_table.last_of_each([first, second]) == ([second], [second])

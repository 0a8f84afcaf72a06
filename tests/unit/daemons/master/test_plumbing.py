from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from pymail.config.master_cf import load_master_cf
from pymail.daemons.master import plumbing, service_table
from pymail.daemons.master.params import MasterParams
from pymail.daemons.master.service_table import Service
from pymail.log.fatal import FatalError
from tests.support.processes import make_conf


def params(folder: Path, **settings: str) -> MasterParams:
    return MasterParams(make_conf(folder, **settings))


@pytest.fixture(name="queue")
def _queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "private").mkdir()
    (tmp_path / "public").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def build(queue: Path, line: str) -> tuple[Service, list[tuple[str, int]]]:
    (queue / "master.cf").write_text(line + "\n")
    settings = params(queue, inet_interfaces="127.0.0.1", inet_protocols="ipv4")
    network = plumbing.Network(settings)
    return service_table.build(load_master_cf(str(queue / "master.cf"))[0], settings, network.addresses, 2)


@pytest.mark.parametrize(
    ("line", "name", "is_kind"),
    [
        ("x unix - - n - - local", "private/x", stat.S_ISSOCK),
        ("x unix-dgram n - n - 1 postlogd", "public/x", stat.S_ISSOCK),
        ("x pass - - n - - smtpd", "private/x", stat.S_ISSOCK),
        ("x fifo n - n - 1 pickup", "public/x", stat.S_ISFIFO),
    ],
)
def test_a_service_gets_its_listener(queue: Path, line: str, name: str, is_kind: object) -> None:
    service, bound = build(queue, line)
    ends = plumbing.open_service(service, bound, 100, None)
    assert callable(is_kind)
    assert is_kind((queue / name).stat().st_mode)
    assert len(ends.descriptors()) == 1
    assert not any(os.get_inheritable(fd) for fd in [*ends.descriptors(), ends.status_write.fileno()])
    ends.close()
    plumbing.remove_socket(service)
    assert not (queue / name).exists()


def test_a_tcp_service_listens_on_its_addresses(queue: Path) -> None:
    service, bound = build(queue, "0 inet n - n - - smtpd")
    assert bound == [("127.0.0.1", 0)]
    ends = plumbing.open_service(service, bound, 100, None)
    with socket.create_connection(ends.listeners[0].getsockname()):
        pass
    ends.close()


def test_a_listener_that_cannot_be_made_is_fatal(queue: Path) -> None:
    (queue / "private/x").write_text("in the way")
    service, bound = build(queue, "x unix - - n - - local")
    with pytest.raises(FatalError, match="bind private/x: Address already in use"):
        plumbing.open_service(service, bound, 100, None)


def test_a_new_channel_ends_the_old_one(queue: Path) -> None:
    service, bound = build(queue, "x unix - - n - - local")
    ends = plumbing.open_service(service, bound, 100, None)
    of_a_child = ends.status_write.dup()
    ends.renew_status()
    of_a_child.setblocking(True)
    assert of_a_child.recv(1) == b""
    ends.close()


@pytest.mark.parametrize(
    ("settings", "reason"),
    [({"inet_protocols": "ipx"}, "ipx"), ({"inet_interfaces": "nosuch.invalid"}, "host not found: nosuch.invalid")],
)
def test_a_network_that_cannot_be_used_is_fatal(tmp_path: Path, settings: dict[str, str], reason: str) -> None:
    with pytest.raises(FatalError, match=reason):
        plumbing.Network(params(tmp_path, **settings)).addresses("", "25")

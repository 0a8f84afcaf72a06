from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from pymail.net import listeners
from pymail.net.own_addresses import OwnAddresses

BOTH = (socket.AF_INET, socket.AF_INET6)


@pytest.mark.parametrize(
    ("host", "port", "own", "expected"),
    [
        pytest.param("", "25", OwnAddresses(("1.2.3.4",), wildcard=True), [("0.0.0.0", 25), ("::", 25)], id="all"),
        pytest.param("", "25", OwnAddresses(("1.2.3.4", "::1")), [("1.2.3.4", 25), ("::1", 25)], id="listed"),
        pytest.param("127.0.0.1", "smtp", OwnAddresses(()), [("127.0.0.1", 25)], id="host"),
        pytest.param("::1", "25", OwnAddresses(()), [("::1", 25)], id="v6"),
    ],
)
def test_a_service_has_addresses(host: str, port: str, own: OwnAddresses, expected: list[tuple[str, int]]) -> None:
    assert listeners.inet_addresses(host, port, own, BOTH) == expected


def test_an_unknown_port_name_is_said_so() -> None:
    with pytest.raises(listeners.ListenError, match="unknown service: nosuchport/tcp"):
        listeners.inet_addresses("", "nosuchport", OwnAddresses(("127.0.0.1",)), BOTH)


def test_a_tcp_listener_is_polled_and_not_inherited() -> None:
    with listeners.listen_inet("127.0.0.1", 0, 5) as listener:
        assert not listener.getblocking()
        assert not os.get_inheritable(listener.fileno())
        with socket.create_connection(listener.getsockname()):
            pass


def test_a_port_in_use_is_said_so() -> None:
    with listeners.listen_inet("127.0.0.1", 0, 5) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(listeners.ListenError, match=f"bind 127.0.0.1 port {port}: Address already in use"):
            listeners.listen_inet("127.0.0.1", port, 5)


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_unix_socket_is_open_to_all_and_replaces_a_stale_one(tmp_path: Path, kind: int) -> None:
    path = tmp_path / "s"
    listeners.listen_unix(str(path), 5, kind).close()
    with listeners.listen_unix(str(path), 5, kind), socket.socket(socket.AF_UNIX, kind) as client:
        assert stat.S_IMODE(path.stat().st_mode) == 0o666
        client.connect(str(path))


def test_a_file_in_the_place_of_a_socket_stays(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("not a socket")
    with pytest.raises(listeners.ListenError, match="Address already in use"):
        listeners.listen_unix(str(tmp_path / "s"), 5)
    assert (tmp_path / "s").read_text() == "not a socket"


def test_a_named_pipe_never_ends(tmp_path: Path) -> None:
    path = tmp_path / "f"
    fd = listeners.open_fifo(str(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o622
    writer = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    os.write(writer, b"W")
    os.close(writer)
    assert os.read(fd, 10) == b"W"
    with pytest.raises(BlockingIOError):
        os.read(fd, 10)
    os.close(fd)
    os.close(listeners.open_fifo(str(path)))

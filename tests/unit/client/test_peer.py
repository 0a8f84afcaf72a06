"""How servers are called."""

from __future__ import annotations

import socket

from pymail.client.peer import Peer


def test_labels_of_a_host() -> None:
    peer = Peer("mx.test", "192.0.2.1", 25)
    assert peer.label == "mx.test[192.0.2.1]"
    assert peer.label_port == "mx.test[192.0.2.1]:25"
    assert peer.family == socket.AF_INET
    assert peer.key == ("192.0.2.1", 25)


def test_labels_of_a_unix_socket_have_no_port() -> None:
    peer = Peer("mta.exam.test", "/run/lmtp", 0)
    assert peer.label_port == "mta.exam.test[/run/lmtp]"
    assert peer.family == socket.AF_UNIX


def test_the_family_of_ipv6() -> None:
    assert Peer("a", "2001:db8::1", 25).family == socket.AF_INET6

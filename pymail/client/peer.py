"""A server that we can connect to, and how it is called in the log."""

from __future__ import annotations

import socket
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Peer:
    """One address of one host; a UNIX socket has port 0 and its path as address."""

    host: str
    address: str
    port: int
    preference: int = 0

    @property
    def family(self) -> socket.AddressFamily:
        """The kind of socket."""
        if self.port == 0:
            return socket.AF_UNIX
        return socket.AF_INET6 if ":" in self.address else socket.AF_INET

    @property
    def label(self) -> str:
        """`host[address]`, as in reasons."""
        return f"{self.host}[{self.address}]"

    @property
    def label_port(self) -> str:
        """`host[address]:port`, as in `relay=`; a UNIX socket has no port."""
        return f"{self.host}[{self.address}]:{self.port}" if self.port else f"{self.host}[{self.address}]"

    @property
    def key(self) -> tuple[str, int]:
        """What tells two servers apart when a connection is used again."""
        return self.address, self.port

"""Wake up the services that ask for it: one octet to their socket, at start and then again and again."""

from __future__ import annotations

import contextlib
import os
import socket
from typing import Final

from pymail.daemons.master.plumbing import Ends
from pymail.daemons.master.service_table import Service
from pymail.ipc.trigger import WAKEUP, trigger_now

_INET_TIMEOUT: Final = 1.0


def wake(service: Service, ends: Ends) -> None:
    """Send the trigger; never waits for long, and nothing depends on whether it arrives."""
    kind = service.entry.type
    if kind == "fifo":
        with contextlib.suppress(OSError):
            os.write(ends.fifo, WAKEUP)
    elif kind == "inet":
        with contextlib.suppress(OSError):
            host, port = ends.listeners[0].getsockname()[:2]
            with socket.create_connection((host, port), _INET_TIMEOUT) as client:
                client.sendall(WAKEUP)
    elif kind in ("unix", "pass"):
        trigger_now(service.name, WAKEUP)

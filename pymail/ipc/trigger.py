"""Triggers: one or a few octets that make pickup, qmgr, flush or tlsmgr look again. No reply.

Imported by the short-lived commands: keep it light (hence `_socket`).
"""

from __future__ import annotations

import _socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

WAKEUP: Final = b"W"
QMGR_SERVICE: Final = "public/qmgr"
PICKUP_SERVICE: Final = "public/pickup"
#: What `postqueue -f` sends to qmgr: ignore time stamps and dead destinations, scan deferred and incoming.
FLUSH_QUEUE: Final = b"FADI"


def trigger(path: str, requests: bytes = WAKEUP, timeout: float = 10.0) -> bool:
    """Send *requests* to the UNIX socket *path* and hang up; False when nobody listens or it takes too long."""
    client = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        client.settimeout(timeout)
        client.connect(path)
        client.send(requests + b"\0")
    except OSError:
        return False
    finally:
        client.close()
    return True


def trigger_now(path: str, requests: bytes = WAKEUP) -> bool:
    """The same for an event loop: it never waits. A full backlog means that a wakeup is under way already."""
    client = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM | _socket.SOCK_NONBLOCK)
    try:
        client.connect(path)
        client.send(requests + b"\0")
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        client.close()
    return True

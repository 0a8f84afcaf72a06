"""A blocking delivery agent's side of its conversation with qmgr: take a request, hold the queue file, give the status.

The agent announces itself, accepts that the queue manager hangs up without a request, and waits for its end of file.
Agents on the event loop use `server/agent_session.py` for the conversation, and `open_queue_file` from here.
"""

from __future__ import annotations

import fcntl
import os
import socket
import time
from typing import Final

from pymail.ipc.delivery import PROTOCOL, DeliveryRequest, FinalStatus, RequestReader
from pymail.log.fatal import FatalError
from pymail.proto import attr
from pymail.queue.directories import QueueLayout

ANNOUNCEMENT: Final = attr.announcement(PROTOCOL)


def receive_request(client: socket.socket) -> DeliveryRequest | None:
    """Announce ourselves and return the request; None when the queue manager hangs up first. Raises AttrError."""
    client.sendall(ANNOUNCEMENT)
    reader = RequestReader(time.time)
    while data := client.recv(65536):
        request = reader.receive(data)
        if request is not None:
            return request
    return None


def send_status(client: socket.socket, status: FinalStatus) -> None:
    """Send the final status and wait until the queue manager hangs up. A queue manager that is gone does no harm."""
    try:
        client.sendall(status.encode())
        client.recv(1)
    except OSError:
        pass


def open_queue_file(layout: QueueLayout, request: DeliveryRequest) -> int | None:
    """Open the message of *request* for reading and marking, with a shared lock that qmgr respects.

    None when it is gone (somebody deleted it). Raises FatalError when it cannot be opened or locked.
    """
    path = layout.path(request.queue_name, request.queue_id)
    try:
        fd = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FatalError(f"open {path}: {error.strerror}") from error
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        os.close(fd)
        raise FatalError(f"shared lock {path}: {error.strerror}") from error
    return fd

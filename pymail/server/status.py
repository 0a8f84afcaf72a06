"""The status channel: what a worker tells the master, 12 octets at a time.

A message is `int32 pid, uint32 generation, int32 state` in native order (spec: master, status messages). TAKEN and
AVAILABLE are Postfix's; FULL and RETIRING are sent only to our own master. A worker never reads from the channel: that
it becomes readable (end of file, too) means that the master is gone or has replaced it, and the worker has to retire.
"""

from __future__ import annotations

import os
import socket
import struct
from enum import IntEnum
from typing import Final

MESSAGE: Final = struct.Struct("=iIi")


class State(IntEnum):
    """What a worker can be."""

    TAKEN = 0
    AVAILABLE = 1
    FULL = 2  # taken, and its share of clients is used up
    RETIRING = 3  # accepts no more; it needs a successor


class StatusChannel:
    """The worker's end."""

    __slots__ = ("extended", "generation", "sock")

    def __init__(self, sock: socket.socket, generation: int, *, extended: bool = False) -> None:
        self.sock = sock
        self.generation = generation
        self.extended = extended

    def report(self, *states: State) -> bool:
        """Tell *states*, one after the other but at once; False when the master does not listen any more."""
        pid = os.getpid()
        messages = b"".join([MESSAGE.pack(pid, self.generation, self._known(state)) for state in states])
        try:
            return self.sock.send(messages) == len(messages)
        except OSError:
            return False

    def _known(self, state: State) -> State:
        """Return *state* as this master knows it."""
        return state if self.extended or state <= State.AVAILABLE else State.TAKEN

    def is_readable(self) -> bool:
        """Whether the master is gone or has replaced the channel."""
        try:
            self.sock.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            pass
        return True

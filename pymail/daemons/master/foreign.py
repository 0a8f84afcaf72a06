"""Execute a program that is not ours, with the descriptors and environment of Postfix's master protocol."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Mapping, Sequence
from typing import Final, NoReturn

from pymail.server.launch import FLOW_READ_FD

#: Descriptors are parked from here on while their final numbers are filled.
_PARKING: Final = 64


def execute(path: str, argv: Sequence[str], descriptors: Sequence[int], environ: Mapping[str, str]) -> NoReturn:
    """Become *path*; *descriptors* (flow read, flow write, status, listeners) become 3, 4, 5, 6... Raises OSError."""
    parked = [
        fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, max(_PARKING, FLOW_READ_FD + len(descriptors))) for fd in descriptors
    ]
    for target, fd in enumerate(parked, FLOW_READ_FD):
        os.dup2(fd, target, inheritable=True)
    os.execve(path, list(argv), dict(environ))


def environment(
    base: Mapping[str, str], generation: int, directory: str, postlog: tuple[str, str] | None
) -> dict[str, str]:
    """Return the environment of a process: *postlog* is the socket's absolute path and the host's name."""
    environ = {**base, "GENERATION": f"{generation:o}", "MAIL_CONFIG": directory}
    if postlog is not None:
        environ["POSTLOG_SERVICE"], environ["POSTLOG_HOSTNAME"] = postlog
    return environ

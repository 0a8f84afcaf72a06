"""Start programs: an argument list, a clean environment, a chosen user, no inherited descriptors.

Delivery agents run a recipient's command as that user: `run` waits for it with a deadline and bounds what it says.
"""

from __future__ import annotations

import contextlib
import errno
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pymail.unix import signals
from pymail.unix.users import User, groups_of

#: What a command may say before the rest is thrown away, in octets.
OUTPUT_LIMIT: Final = 10240


class CommandTimeoutError(Exception):
    """The command did not end in time; it and its process group are gone."""


@dataclass(frozen=True, slots=True)
class Command:
    """What to run. *argv* with a shell: `("/bin/sh", "-c", line)`."""

    argv: Sequence[str]
    environ: Mapping[str, str] = field(default_factory=dict)
    user: User | None = None  # becomes it (None, or not started by root: stays)
    directory: str | None = None
    chroot: str | None = None
    umask: int = 0o077


@dataclass(frozen=True, slots=True)
class Result:
    """How it ended: *status* is negative for a signal, as subprocess has it; *output* is stdout and stderr."""

    status: int
    output: bytes


def start(command: Command, stdin: int, stdout: int) -> subprocess.Popen[bytes]:
    """Start the command in a process group of its own. Raises OSError when it cannot be executed."""
    user = command.user if os.geteuid() == 0 else None
    chroot = command.chroot if os.geteuid() == 0 else None
    groups = groups_of(user) if user is not None else []

    def become() -> None:
        """In the child, before exec. Safe: agents have no threads."""
        signals.reset(ignore=False)
        if chroot is not None:
            os.chroot(chroot)
            os.chdir("/")
        if user is not None:
            if os.getuid() != 0:
                os.seteuid(0)
            os.setgid(user.gid)
            os.setgroups(groups)
            os.setuid(user.uid)
        if command.directory is not None:
            os.chdir(command.directory)

    try:
        return subprocess.Popen(
            list(command.argv),
            stdin=stdin,
            stdout=stdout,
            stderr=stdout,
            env=dict(command.environ),
            close_fds=True,
            start_new_session=True,
            umask=command.umask,
            preexec_fn=become,
        )
    except subprocess.SubprocessError as error:
        raise PermissionError(errno.EPERM, "cannot become the user of the command", str(command.argv[0])) from error


def run(command: Command, feed: Callable[[int], None], timeout: float) -> Result:
    """Run the command, let *feed* write its input to a descriptor, and wait until it ends.

    *feed* runs in a forked child, so a command that does not read cannot block the caller; its errors are ignored, as
    those of a pipe whose reader went away. Raises CommandTimeoutError, OSError.
    """
    deadline = time.monotonic() + timeout
    input_read, input_write = os.pipe()
    output_read, output_write = os.pipe()
    try:
        process = start(command, input_read, output_write)
    except BaseException:
        for fd in (input_read, input_write, output_read, output_write):
            os.close(fd)
        raise
    os.close(input_read)
    os.close(output_write)
    feeder = _feed(feed, input_write, output_read)
    os.close(input_write)
    try:
        output = _collect(output_read, deadline, process)
        status = process.wait(max(0.0, deadline - time.monotonic()))
    except (TimeoutError, subprocess.TimeoutExpired) as error:
        kill_group(process.pid)
        process.wait()
        raise CommandTimeoutError(f"Command time limit exceeded: {command.argv[-1]}") from error
    finally:
        os.close(output_read)
        with contextlib.suppress(ProcessLookupError):
            os.kill(feeder, signal.SIGKILL)
        os.waitpid(feeder, 0)
    return Result(status, output)


def _feed(feed: Callable[[int], None], write_fd: int, other_fd: int) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        os.close(other_fd)
        feed(write_fd)
    finally:
        os._exit(0)


def _collect(fd: int, deadline: float, process: subprocess.Popen[bytes]) -> bytes:
    """Read until end of file, or until the command has ended and what it left behind says nothing more."""
    output = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(fd, selectors.EVENT_READ)
        while True:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise TimeoutError
            if selector.select(min(remaining, 1.0)):
                data = os.read(fd, 4096)
                if not data:
                    return bytes(output)
                output += data[: max(0, OUTPUT_LIMIT - len(output))]
            elif process.poll() is not None:
                return bytes(output)


def kill_group(pid: int) -> None:
    """Kill the process and all of its group that it started."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass

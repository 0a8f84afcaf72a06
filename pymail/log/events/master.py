"""Log lines of the master and of the postfix command, in Postfix's words."""

from __future__ import annotations

from typing import Final


def started(version: str, directory: str) -> str:
    """The master is ready."""
    return f"daemon started -- version {version}, configuration {directory}"


def reload(version: str, directory: str) -> str:
    """The master reads its configuration again."""
    return f"reload -- version {version}, configuration {directory}"


def terminating(number: int) -> str:
    """The master ends by a signal."""
    return f"terminating on signal {number}"


def exited(path: str, pid: int, status: int) -> str:
    """A process ended with an error."""
    return f"process {path} pid {pid} exit status {status}"


def killed(path: str, pid: int, number: int) -> str:
    """A process was killed."""
    return f"process {path} pid {pid} killed by signal {number}"


def stopped(path: str, pid: int, number: int) -> str:
    """A process was stopped."""
    return f"process {path} pid {pid} stopped by signal {number}"


def throttled(path: str) -> str:
    """A process failed before it served a client."""
    return f"{path}: bad command startup -- throttling"


def fork_failed(reason: str) -> str:
    """No process could be made."""
    return f"master_spawn: fork: {reason} -- throttling"


def at_limit(service: str, address: str, limit: int) -> tuple[str, str, str]:
    """A service has as many clients as it may."""
    return (
        f'service "{service}" ({address}) has reached its process limit "{limit}": '
        "new clients may experience noticeable delays",
        "to avoid this condition, increase the process count in master.cf or reduce the service time per client",
        "see https://www.postfix.org/STRESS_README.html for examples of stress-adapting configuration settings",
    )


def wrong_generation(pid: int, generation: int) -> str:
    """A status message of a process that has the number of another one."""
    return f"ignoring status update from child pid {pid} generation {generation}"


def partial_status(service: str, kind: str, pid: int, size: int) -> str:
    """A status message that is cut."""
    return f"service {service}({kind}): child (pid {pid}) sent partial status update ({size} bytes)"


def ignored_change(name: str, old: str, new: str) -> tuple[str, str, str]:
    """A parameter that cannot change while the mail system runs."""
    return (
        f"ignoring {name} parameter value change",
        f'old value: "{old}", new value: "{new}"',
        f"to change {name}, stop and start Postfix",
    )


STARTING: Final = "starting the Postfix mail system"
STOPPING: Final = "stopping the Postfix mail system"
REFRESHING: Final = "refreshing the Postfix mail system"
ABORTING: Final = "aborting the Postfix mail system"
NOT_RUNNING: Final = "the Postfix mail system is not running"
ALREADY_RUNNING: Final = "the Postfix mail system is already running"


def running(pid: int) -> str:
    """The answer of `postfix status`."""
    return f"the Postfix mail system is running: PID: {pid}"

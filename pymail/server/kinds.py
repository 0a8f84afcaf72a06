"""What kind of process each daemon is: how many clients one process of it serves, and how many processes it may have.

The master reads this to size the workers of a service, the skeletons to size their share. A program that is not named
here is a foreign one: one client at a time, as many processes as `maxproc` says.
"""

from __future__ import annotations

from typing import Final

#: Many sessions in one process, one event loop. A client is a session: `maxproc` limits the sessions of the service.
EVENT: Final = frozenset(
    {"smtpd", "smtp", "lmtp", "cleanup", "bounce", "showq", "flush", "dnsblog", "error", "discard", "qmqpd"}
)

#: Many clients in one process, and no limit to them: in Postfix too (multi, event and trigger servers).
SHARED: Final = frozenset(
    {
        "trivial-rewrite",
        "qmgr",
        "proxymap",
        "verify",
        "anvil",
        "scache",
        "tlsmgr",
        "postscreen",
        "tlsproxy",
        "postlogd",
        "pickup",
    }
)

#: One process, whatever `maxproc` says: it orders what its clients send (the committer of cleanup, the queue of qmgr).
ONE_PROCESS: Final = frozenset({"cleanup", "qmgr"})

#: A successor may start only when the process before it is gone: both would work on the same files.
EXCLUSIVE: Final = frozenset({"qmgr", "pickup"})

#: Names under which a program of ours is started although its package has another one.
_PACKAGE: Final = {"lmtp": "smtp", "nqmgr": "qmgr", "oqmgr": "qmgr"}

#: Every daemon of ours, by its names in master.cf. A name that is here means ours, whatever daemon_directory says.
OURS: Final = EVENT | SHARED | frozenset({"local", "virtual", "pipe", "spawn", *_PACKAGE})


def package(program: str) -> str:
    """Return the package below pymail.daemons that has *program*."""
    return _PACKAGE.get(program, program.replace("-", "_"))


def is_multi_session(program: str) -> bool:
    """Whether one process of *program* serves several clients at the same time."""
    return program in EVENT or program in SHARED


def may_overlap(program: str) -> bool:
    """Whether a retiring process of *program* may serve its last clients beside its successor."""
    return is_multi_session(program) and package(program) not in EXCLUSIVE


def counts_clients(program: str) -> bool:
    """Whether `maxproc` limits the clients of *program* (otherwise only its processes)."""
    return program not in SHARED


def worker_limit(program: str, maxproc: int, service_worker_limit: int) -> int:
    """Return how many processes a service may have at the same time; 0 is no limit."""
    if not is_multi_session(program):
        return maxproc
    if program in ONE_PROCESS:
        return 1
    return min(maxproc, service_worker_limit) if maxproc else service_worker_limit


def share(program: str, maxproc: int, workers: int, index: int) -> int:
    """Return how many clients worker number *index* of *workers* may serve at the same time; 0 is no limit.

    The shares of a service are whole numbers and add up to `maxproc`.
    """
    if not is_multi_session(program):
        return 1
    if maxproc == 0 or workers == 0 or not counts_clients(program):
        return 0
    return maxproc // workers + (1 if index < maxproc % workers else 0)

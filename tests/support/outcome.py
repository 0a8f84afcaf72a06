"""What has to be true when a mail system has survived."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable
from pathlib import Path

from tests.support.instance import Instance
from tests.support.waiting import wait_for

DEADLINE = 60.0
_FLUSHES = 12


def wait_delivered(instance: Instance, wanted: set[str], look: Callable[[], set[str]]) -> None:
    try:
        wait_for("all acknowledged messages", lambda: wanted <= look(), DEADLINE)
    except AssertionError as error:
        lost = sorted(wanted - look())
        raise AssertionError(f"{error}: {len(lost)} are missing: {lost[:5]}\n{instance.log[-6000:]}") from None
    # A message that an agent still held when the queue manager came back waits a minute: flush, until nothing waits.
    for _ in range(_FLUSHES):
        try:
            wait_for("an empty queue", lambda: not complete_files(instance), DEADLINE / _FLUSHES)
        except AssertionError:
            instance.run("postqueue", "-f")
        else:
            return
    wait_for("an empty queue", lambda: not complete_files(instance), DEADLINE)


def complete_files(instance: Instance) -> list[Path]:
    """Return the message files that are on their way; one whose writer died has not got its final mode, and is none."""
    found = []
    for path in instance.queue_files("maildrop", "incoming", "active", "deferred"):
        try:
            if path.stat().st_mode & stat.S_IXUSR:
                found.append(path)
        except FileNotFoundError:
            continue
    return found


def check_sound(instance: Instance) -> None:
    """Nothing was thrown away as corrupt, and no daemon stumbled over what another left."""
    assert not instance.queue_files("corrupt")
    assert not re.search(r"Traceback|panic:|corrupt", instance.log), instance.log[-6000:]

"""Entry of pickup(8)."""

from __future__ import annotations

import os
import time

from pymail.daemons.pickup.maildrop import MailDrop
from pymail.daemons.pickup.params import PickupParams
from pymail.daemons.pickup.pickup import Pickup
from pymail.ipc.cleanup import BlockingCleanup
from pymail.queue.directories import QueueLayout
from pymail.server import trigger
from pymail.server.invocation import Invocation
from pymail.unix.clock import zone_offset


class PickupDaemon:
    """The daemon, as the skeleton sees it."""

    def before_jail(self, invocation: Invocation) -> None:
        """Read the parameters."""
        self._log = invocation.log
        self._params = PickupParams(invocation.conf)

    def after_jail(self, invocation: Invocation) -> None:
        """Put the parts together: the process is the mail owner's now."""
        params = self._params
        path = f"public/{params.cleanup_service_name}"
        timeout = float(params.ipc_timeout)
        self._pickup = Pickup(
            params=params,
            drop=MailDrop(QueueLayout(frozenset()), self._log),
            open_cleanup=lambda flags: BlockingCleanup(flags, path, timeout),
            log=self._log,
            owner_uid=os.geteuid(),
            clock=time.time,
            zone=lambda epoch: (zone_offset(epoch), time.localtime(epoch).tm_zone),
        )

    def on_trigger(self, requests: bytes) -> None:
        """Any octet means the same: look."""
        self._pickup.on_trigger()


def main(invocation: Invocation) -> None:
    """Live as pickup(8)."""
    trigger.run_trigger(invocation, PickupDaemon())

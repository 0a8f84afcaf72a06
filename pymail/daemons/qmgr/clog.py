"""The warning that one destination fills the active queue, with advice what to change."""

from __future__ import annotations

from dataclasses import dataclass

from pymail.daemons.qmgr.destination import Destination

#: A destination may have this fraction of the active queue without a warning.
_SHARE = 5


@dataclass(frozen=True, slots=True)
class ClogRule:
    """When to warn: qmgr_message_active_limit, qmgr_clog_warn_time (s, 0: never)."""

    active_limit: int
    warn_time: int

    @property
    def threshold(self) -> int:
        """Entries that one destination may have without a warning."""
        return self.active_limit // _SHARE

    def check(self, destination: Destination, messages: int, now: float) -> list[str]:
        """Return the warnings that are due for *destination* while *messages* are in the active queue."""
        waiting = destination.todo + destination.busy
        if not self.warn_time or waiting <= self.threshold or destination.clog_time > now:
            return []
        destination.clog_time = now + self.warn_time
        nexthop = destination.nexthop
        lines = [f"mail for {nexthop} is using up {waiting} of {messages} active queue entries"]
        if messages < 0.9 * self.active_limit:
            lines.append("this may slow down other mail deliveries")
        return lines + self._advice(destination, waiting) + self._ending()

    def _advice(self, destination: Destination, waiting: int) -> list[str]:
        name = destination.transport.name
        limit = destination.window.rules.limit
        if limit and destination.window.size >= limit:
            return [f"you may need to increase the main.cf {name}_destination_concurrency_limit from {limit}"]
        if waiting > 0.8 * self.active_limit:
            return [f"you may need to increase the main.cf qmgr_message_active_limit from {self.active_limit}"]
        if destination.window.size > destination.window.rules.initial:
            return [f"you may need a separate master.cf transport for {destination.nexthop}"]
        return [
            f"you may need to reduce {name} connect and helo timeouts",
            "so that Postfix quickly skips unavailable hosts",
            "you may need to increase the main.cf minimal_backoff_time and maximal_backoff_time",
            "so that Postfix wastes less time on undeliverable mail",
            f"you may need to increase the master.cf {name} process limit",
        ]

    def _ending(self) -> list[str]:
        return [
            "please avoid flushing the whole queue when you have",
            "lots of deferred mail, that is bad for performance",
            "to turn off these warnings specify: qmgr_clog_warn_time = 0",
        ]

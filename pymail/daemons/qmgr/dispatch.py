"""Deliveries: connects to agents, hands entries over, and draws the consequences of how they went.

An entry waits in the schedule of its transport, is in progress at an agent, or is done: the owner hears of that once.
The entries of a dead transport or destination go to the `retry` agent, which defers them with the reason; only when
that is dead too are they deferred from here.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final, Protocol

from pymail.daemons.qmgr.agent import Agent, Connect, connect_unix
from pymail.daemons.qmgr.clog import ClogRule
from pymail.daemons.qmgr.destination import Destination, Entry
from pymail.daemons.qmgr.message import Message
from pymail.daemons.qmgr.readers import Readers
from pymail.daemons.qmgr.request import delivery_request
from pymail.daemons.qmgr.surroundings import Surroundings
from pymail.daemons.qmgr.transport import RETRY, Transport, TransportTable
from pymail.ipc.delivery import FinalStatus, encode_request
from pymail.log.events import qmgr as events
from pymail.log.fatal import FatalError
from pymail.mail.dsn import Dsn, valid_status
from pymail.mail.envelope import Recipient
from pymail.proto.attr import AttrError

#: Connections of one transport that wait for an agent at the same time. Postfix has 2, and an agent per session; ours
#: serve many sessions and greet once per turn of their loop.
CONNECTING_LIMIT: Final = 8
#: How often `quiet` looks whether it is, in seconds.
_QUIET_LOOK: Final = 0.01
_UNAVAILABLE: Final = Dsn("4.3.0", "mail transport unavailable")
_UNKNOWN_ERROR: Final = Dsn("4.3.0", "unknown mail transport error")


@dataclass(frozen=True, slots=True)
class DispatchRules:
    """Times in seconds, from main.cf."""

    transport_retry_time: int
    minimal_backoff_time: int
    daemon_timeout: int
    clog: ClogRule | None = None
    feedback_debug: bool = False
    #: Dead destinations without mail are forgotten when there are more destinations than this.
    destination_limit: int = 40000


class Owner(Protocol):
    """Who keeps the messages."""

    def entry_done(self, entry: Entry) -> None:
        """The delivery of *entry* has ended, well or not; its message may be at its end."""

    def defer_here(self, entry: Entry, reason: Dsn) -> None:
        """Write the deferral of *entry* without an agent, then treat it as done."""

    def message_count(self) -> int:
        """Return how many messages are in the active queue."""


class Dispatcher:
    """The deliveries of all transports."""

    def __init__(
        self,
        rules: DispatchRules,
        transports: TransportTable,
        surroundings: Surroundings,
        connect: Connect = connect_unix,
    ) -> None:
        self._rules = rules
        self._transports = transports
        self._log = surroundings.log
        self._now = surroundings.now
        self._connect = connect
        self._agents: set[Agent] = set()
        self._readers = Readers()
        self._loop = asyncio.get_running_loop()
        self._leaving = False
        self.owner: Owner
        self.destinations = 0

    # -- entries

    def add(self, message: Message, route: tuple[str, str, str], recipients: list[Recipient]) -> Transport:
        """Make the entries of *message* for one destination: (transport, queue name, next hop). Call `drain` then."""
        transport = self._transports.get(route[0])
        most = 1 if message.verp else transport.limits.recipient_limit or len(recipients)
        for start in range(0, len(recipients), most):
            # Each time anew: the destination may disappear, or die, as a consequence of the one before.
            destination = self._destination(transport, route[1], route[2])
            entry = Entry(message, destination, tuple(recipients[start : start + most]))
            message.entries += 1
            self._enqueue(entry)
        return transport

    def _enqueue(self, entry: Entry) -> None:
        destination = entry.destination
        transport = destination.transport
        reason = transport.reason or destination.reason
        if reason is not None:
            self._defer(entry, reason)
            return
        transport.schedule.add(entry)
        rule = self._rules.clog
        if rule is not None and destination.todo > rule.threshold:
            for line in rule.check(destination, self.owner.message_count(), self._now()):
                self._log.warning("%s", line)

    def _destination(self, transport: Transport, name: str, nexthop: str) -> Destination:
        destination = transport.destinations.get(name)
        if destination is None:
            destination = transport.destinations[name] = Destination(transport, name, nexthop)
            self.destinations += 1
        return destination

    def _forget_if_idle(self, destination: Destination) -> None:
        if destination.busy or destination.todo:
            return
        if not destination.is_idle:
            if destination.reason is None or self.destinations <= self._rules.destination_limit:
                return
            self._stop_timer(destination)
        if destination.transport.destinations.pop(destination.name, None) is not None:
            self.destinations -= 1

    def drain(self, transport: Transport) -> None:
        """Connect to agents as far as there is something to deliver."""
        if self._leaving:
            return
        while transport.wants_connection(CONNECTING_LIMIT):
            agent = Agent(transport, self, self._readers, self._connect)
            transport.connecting += 1
            self._agents.add(agent)
            agent.start()

    # -- agents

    def agent_ready(self, agent: Agent) -> None:
        """Give the agent the next entry of its transport; see AgentEvents."""
        delay = agent.transport.limits.transport_rate_delay
        if delay:
            self._loop.call_later(delay, self._hand_over, agent)
        else:
            self._hand_over(agent)

    def _hand_over(self, agent: Agent) -> None:
        if agent not in self._agents:
            return
        transport = agent.transport
        entry = transport.schedule.take() if transport.reason is None else None
        transport.connecting -= 1
        if entry is None:
            self._agents.discard(agent)
            agent.close()
            return
        destination = entry.destination
        flags = destination.connection_flags(self._now())
        try:
            request = encode_request(delivery_request(entry.message, destination.nexthop, entry.recipients, flags))
        except AttrError as error:
            # A NUL in an address: no agent can be told. It expires, and comes back.
            self._log.warning("%s: %s", entry.message.queue_id, error)
            self._agents.discard(agent)
            agent.close()
            entry.message.deferred = True
            self._end_entry(entry, destination)
        else:
            transport.delivering += 1
            # First our lines: the agent's follow "queue active".
            self._log.flush()
            agent.send(entry, request)
        if transport.schedule.deliverable > transport.connecting:
            self.drain(transport)

    def agent_failed(self, agent: Agent, warning: str) -> None:
        """The transport is dead; what the agent should have had waits again. See AgentEvents."""
        self._agents.discard(agent)
        transport = agent.transport
        if agent.entry is None:
            transport.connecting -= 1
        else:
            transport.delivering -= 1
            transport.schedule.put_back(agent.entry)
        self._log.warning("%s", warning)
        self._kill_transport(transport)

    def agent_done(self, agent: Agent, status: FinalStatus | None, warning: str) -> None:
        """Draw the consequences of a delivery; see AgentEvents."""
        self._agents.discard(agent)
        entry = agent.entry
        assert entry is not None
        transport = agent.transport
        destination = entry.destination
        transport.delivering -= 1
        if status is None:
            # It died, and may have delivered: trying again may duplicate, not trying may lose.
            self._log.warning("%s", warning)
            self._log.warning("%s", events.transport_failure(transport.name))
            entry.message.deferred = True
            self._fail(destination, _UNKNOWN_ERROR)
        else:
            if transport.reason is not None:
                self._revive_transport(transport)
            if status.again:
                entry.message.deferred = True
            if status.hop is not None:
                self._fail(destination, _suspended(status.hop))
            else:
                self._succeed(destination)
        self._end_entry(entry, destination)
        if transport.schedule.deliverable > transport.connecting:
            self.drain(transport)

    def _end_entry(self, entry: Entry, destination: Destination) -> None:
        destination.busy -= 1
        destination.last_done = self._now()
        pause = destination.transport.limits.destination_rate_delay
        if pause:
            # A destination with a rate delay never stays dead: the pause is enough.
            if destination.reason is not None:
                self._revive(destination)
            destination.suspended = True
            destination.timer = self._loop.call_later(pause, self._resume, destination)
        destination.transport.schedule.update(destination)
        self._forget_if_idle(destination)
        self.owner.entry_done(entry)

    def _resume(self, destination: Destination) -> None:
        destination.timer = None
        destination.suspended = False
        self._changed(destination)

    def _changed(self, destination: Destination) -> None:
        destination.transport.schedule.update(destination)
        self._forget_if_idle(destination)
        self.drain(destination.transport)

    # -- windows, and dead destinations

    def _succeed(self, destination: Destination) -> None:
        if destination.reason is not None:
            self._revive(destination)
            return
        destination.window.succeed(destination.busy)
        self._debug("qmgr_queue_unthrottle", destination)

    def _fail(self, destination: Destination, reason: Dsn) -> None:
        if destination.reason is not None:
            return
        died = destination.window.fail()
        self._debug("qmgr_queue_throttle", destination)
        if not died:
            return
        destination.reason = reason
        destination.cache_flags = 0
        destination.timer = self._loop.call_later(
            self._rules.minimal_backoff_time, self._retry_destination, destination
        )
        self._defer_waiting(destination, reason)

    def _debug(self, what: str, destination: Destination) -> None:
        if self._rules.feedback_debug:
            window = destination.window
            feedback = (window.success, window.failure, window.failed_cohorts)
            self._log.info(events.window(what, destination.name, window.rules.limit, window.size, feedback))

    def _retry_destination(self, destination: Destination) -> None:
        destination.timer = None
        self._revive(destination)
        self._changed(destination)

    def _revive(self, destination: Destination) -> None:
        self._stop_timer(destination)
        destination.reason = None
        destination.window.revive(destination.busy)

    def _stop_timer(self, destination: Destination) -> None:
        if destination.timer is not None:
            destination.timer.cancel()
            destination.timer = None

    def _defer_waiting(self, destination: Destination, reason: Dsn) -> None:
        """Let the retry agent defer all that waits for *destination*."""
        schedule = destination.transport.schedule
        for entry in schedule.take_waiting(destination):
            self._defer(entry, reason)
        self._forget_if_idle(destination)

    def _defer(self, entry: Entry, reason: Dsn) -> None:
        """Let the retry agent defer *entry*, or do it here when that is what is dead."""
        if entry.destination.transport.name == RETRY:
            self.owner.defer_here(entry, reason)
            return
        retry = self._transports.get(RETRY)
        nexthop = f"{reason.status} {reason.reason}"
        entry.destination = self._destination(retry, nexthop.lower(), nexthop)
        self._enqueue(entry)
        self.drain(retry)

    # -- dead transports

    def _kill_transport(self, transport: Transport) -> None:
        if transport.reason is None:
            transport.reason = _UNAVAILABLE
            transport.timer = self._loop.call_later(self._rules.transport_retry_time, self._retry_transport, transport)
        for destination in list(transport.destinations.values()):
            if destination.todo:
                self._defer_waiting(destination, transport.reason)
            else:
                self._forget_if_idle(destination)

    def _retry_transport(self, transport: Transport) -> None:
        self._revive_transport(transport)
        self.drain(transport)

    def _revive_transport(self, transport: Transport) -> None:
        transport.reason = None
        if transport.timer is not None:
            transport.timer.cancel()
            transport.timer = None

    # -- for others

    def reason(self, message: Message, transport: str, queue_name: str) -> Dsn | None:
        """Return why mail for this destination has to wait; a message that is flushed revives it instead (Health)."""
        found = self._transports.get(transport)
        if found.reason is not None:
            if not message.unthrottle:
                return found.reason
            self._revive_transport(found)
        destination = found.destinations.get(queue_name)
        if destination is None or destination.reason is None:
            return None
        if not message.unthrottle:
            return destination.reason
        self._revive(destination)
        return None

    def revive_all(self) -> None:
        """Forget all that we know against transports and destinations."""
        for transport in list(self._transports.transports.values()):
            self._revive_transport(transport)
            for destination in list(transport.destinations.values()):
                if destination.reason is not None:
                    self._revive(destination)
                transport.schedule.update(destination)
                self._forget_if_idle(destination)
            self.drain(transport)

    def check_deadlines(self) -> None:
        """Raise FatalError when an agent neither works nor ends (daemon_timeout): a restart is the only way out."""
        oldest = self._loop.time() - self._rules.daemon_timeout
        for agent in self._agents:
            if agent.since < oldest:
                name = agent.transport.name
                if agent.entry is None:
                    raise FatalError(f"timeout connecting to transport: {name}")
                queue_id = agent.entry.message.queue_id
                raise FatalError(f"{queue_id}: timeout receiving delivery status from transport: {name}")

    def leave(self) -> None:
        """Begin no other delivery, and let go the agents that have none."""
        self._leaving = True
        for agent in [one for one in self._agents if one.entry is None]:
            self._agents.discard(agent)
            agent.transport.connecting -= 1
            agent.close()

    async def quiet(self, seconds: float) -> None:
        """Wait until the deliveries under way have ended, but not longer than *seconds*."""
        end = self._loop.time() + seconds
        while self._agents and self._loop.time() < end:
            await asyncio.sleep(_QUIET_LOOK)

    def close(self) -> None:
        """Hang up on all agents; their deliveries go on without us."""
        for agent in list(self._agents):
            agent.close()
        self._agents.clear()


def _suspended(hop: Dsn) -> Dsn:
    """Return the reason for which other mail to the destination waits."""
    status = hop.status if valid_status(hop.status) else "4.0.0"
    return Dsn(status, f"delivery temporarily suspended: {hop.reason or 'unknown error'}")

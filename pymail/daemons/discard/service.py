"""Entry of discard(8): one verdict for all recipients."""

from __future__ import annotations

from pymail.daemons.discard.params import DiscardParams
from pymail.delivery.outcome import Fate
from pymail.delivery.report import AsyncReporter
from pymail.delivery.verdict import VerdictAgent
from pymail.queue.directories import QueueLayout, parse_hash_names
from pymail.server import event_server
from pymail.server.agent_session import AgentSession
from pymail.server.invocation import Invocation


class DiscardDaemon:
    """The daemon, as the skeleton sees it."""

    def before_jail(self, invocation: Invocation) -> None:
        """Read the parameters."""
        params = DiscardParams(invocation.conf)
        fate = Fate.SENT
        layout = QueueLayout(parse_hash_names(params.hash_queue_names), params.hash_queue_depth)
        self._log = invocation.log
        self._agent = VerdictAgent(fate, AsyncReporter(params, invocation.log), layout)

    async def after_jail(self, invocation: Invocation) -> None:
        """Nothing to prepare."""

    def session(self) -> AgentSession:
        """Serve one connection of the queue manager."""
        return AgentSession(self._agent.deliver, self._log)


def main(invocation: Invocation) -> None:
    """Live as discard(8)."""
    event_server.run(invocation, DiscardDaemon())

"""Entry of error(8): one verdict for all recipients."""

from __future__ import annotations

from typing import Final

from pymail.daemons.error.params import ErrorParams
from pymail.delivery.outcome import Fate
from pymail.delivery.report import AsyncReporter
from pymail.delivery.verdict import VerdictAgent
from pymail.queue.directories import QueueLayout, parse_hash_names
from pymail.server import event_server
from pymail.server.agent_session import AgentSession
from pymail.server.invocation import Invocation

#: The service of this name defers instead of returning.
RETRY: Final = "retry"


class ErrorDaemon:
    """The daemon, as the skeleton sees it."""

    def before_jail(self, invocation: Invocation) -> None:
        """Read the parameters."""
        params = ErrorParams(invocation.conf)
        fate = Fate.DEFERRED if invocation.service == RETRY else Fate.BOUNCED
        layout = QueueLayout(parse_hash_names(params.hash_queue_names), params.hash_queue_depth)
        self._log = invocation.log
        self._agent = VerdictAgent(fate, AsyncReporter(params, invocation.log), layout)

    async def after_jail(self, invocation: Invocation) -> None:
        """Nothing to prepare."""

    def session(self) -> AgentSession:
        """Serve one connection of the queue manager."""
        return AgentSession(self._agent.deliver, self._log)


def main(invocation: Invocation) -> None:
    """Live as error(8)."""
    event_server.run(invocation, ErrorDaemon())

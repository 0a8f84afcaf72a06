"""Entry of cleanup(8)."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from pymail.daemons.cleanup.aliases import Aliases, LocalSites
from pymail.daemons.cleanup.params import CleanupParams
from pymail.daemons.cleanup.returning import Reports
from pymail.daemons.cleanup.session import CleanupSession, Workshop
from pymail.daemons.cleanup.settings import make_settings
from pymail.ipc.bounce import BounceClient
from pymail.ipc.trigger import trigger_now
from pymail.log.events.delivery import LineStyle
from pymail.queue import logs
from pymail.queue.commit import CommitJob, Committer
from pymail.queue.directories import QueueLayout, parse_hash_names
from pymail.queue.writer import FileCreator, QueueFile
from pymail.server import event_server
from pymail.server.invocation import Invocation
from pymail.tables.address import AddressRules
from pymail.tables.context import from_config
from pymail.tables.maps import Maps
from pymail.tables.match import DomainList, DomainMatch
from pymail.unix.clock import zone_offset
from pymail.unix.sync import WriteBack

#: qmgr is woken at once, but not more often than this, in seconds: it reads the directory, not the trigger.
WAKE_INTERVAL: Final = 0.01
#: Seconds for which a list of the logs is good.
STALE_INTERVAL: Final = 5.0
INCOMING: Final = "incoming"


class CleanupDaemon:
    """The daemon, as the skeleton sees it."""

    def before_jail(self, invocation: Invocation) -> None:
        """Read the parameters and open the tables."""
        self._log = invocation.log
        params = self._params = CleanupParams(invocation.conf)
        context = from_config(invocation.conf, invocation.log, in_loop=True)
        maps = Maps("virtual_alias_maps", params.virtual_alias_maps, context)
        self._settings = make_settings(params, has_aliases=not maps.is_empty, zone=local_zone, clock=time.time)
        mydestination = DomainList("mydestination", params.mydestination, context, DomainMatch.EXACT)
        keys = AddressRules(params.recipient_delimiter, LocalSites(params.myorigin, mydestination))
        self._aliases = Aliases(maps, keys, self._settings.local_rules, params)
        self._layout = QueueLayout(parse_hash_names(params.hash_queue_names), params.hash_queue_depth)
        self._qmgr = f"public/{params.queue_service_name}"
        self._write_back = WriteBack()

    async def after_jail(self, invocation: Invocation) -> None:
        """Start the committer."""
        params = self._params
        self._loop = asyncio.get_running_loop()
        self._woken_at = 0.0
        self._wake_ordered = False
        self._listed_at = -STALE_INTERVAL
        self._old_logs: set[str] = set()
        self._log_services = (params.bounce_service_name, params.trace_service_name)
        self._flow = invocation.flow if params.in_flow_delay else None
        self._committer = Committer(self._notify, self._write_back)
        self._committer.start()
        creator = FileCreator(self._layout, long_ids=params.enable_long_queue_ids)
        reports = Reports(
            client=BounceClient(params.ipc_timeout),
            bounce_service=params.bounce_service_name,
            trace_service=params.trace_service_name,
            style=LineStyle(params.info_log_address_format, params.delay_logging_resolution_limit),
        )
        self._shop = Workshop(
            settings=self._settings,
            log=self._log,
            layout=self._layout,
            create=lambda: self._create(creator),
            submit=self._committer.submit,
            wake_qmgr=self._wake_qmgr,
            aliases=self._aliases,
            reports=reports,
            remove_stale=_keep if params.enable_long_queue_ids else self._remove_stale,
            admission_delay=self._admission_delay,
        )

    async def at_exit(self) -> None:
        """End the committer: no session is left."""
        self._committer.stop()

    def session(self) -> CleanupSession:
        """Serve one client."""
        return CleanupSession(self._shop)

    @staticmethod
    def _create(creator: FileCreator) -> QueueFile:
        return creator.create(INCOMING)

    def _admission_delay(self) -> float:
        """Take a token that qmgr put in; without one a new message waits."""
        if self._flow is None or self._flow.take():
            return 0.0
        return float(self._params.in_flow_delay)

    def _remove_stale(self, queue_id: str) -> None:
        """Remove reports of an earlier message that had this ID (the defer log is removed by qmgr).

        There is hardly ever one, and asking for each message costs two system calls: the directories are listed now and
        then. A log that is younger than the list belongs to a message that lives, and has another ID.
        """
        now = self._loop.time()
        if now > self._listed_at + STALE_INTERVAL:
            self._listed_at = now
            self._old_logs = {name for service in self._log_services for name in self._layout.scan(service)}
        if queue_id in self._old_logs:
            for service in self._log_services:
                logs.remove(self._layout.path(service, queue_id))

    # -- committer

    def _notify(self, batch: list[CommitJob]) -> None:
        """In the committer's thread: tell the loop."""
        self._loop.call_soon_threadsafe(self._committed, batch)

    def _committed(self, batch: list[CommitJob]) -> None:
        for job in batch:
            if job.done is not None:
                job.done(job)

    # -- qmgr

    def _wake_qmgr(self) -> None:
        if self._wake_ordered:
            return
        self._wake_ordered = True
        wait = self._woken_at + WAKE_INTERVAL - self._loop.time()
        if wait > 0:
            self._loop.call_later(wait, self._wake_now)
        else:
            self._loop.call_soon(self._wake_now)

    def _wake_now(self) -> None:
        self._wake_ordered = False
        self._woken_at = self._loop.time()
        trigger_now(self._qmgr)


def _keep(_queue_id: str) -> None:
    """Long IDs are never used again: no log can be stale."""


def local_zone(epoch: float) -> tuple[int, str]:
    """Return the local time at *epoch*: seconds east of UTC, and the zone's name."""
    return zone_offset(epoch), time.localtime(epoch).tm_zone


def main(invocation: Invocation) -> None:
    """Live as cleanup(8)."""
    event_server.run(invocation, CleanupDaemon())

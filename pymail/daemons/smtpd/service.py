"""Entry of smtpd: as a service of master, and stand-alone for `sendmail -bs`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from pymail.config.main_cf import MainCf
from pymail.config.programs import setgid_path
from pymail.daemons.smtpd.build import Builder, Outside
from pymail.daemons.smtpd.session import SmtpdSession
from pymail.daemons.smtpd.shared import Shared
from pymail.daemons.smtpd.standalone import LOCAL_CLIENT, open_postdrop, serve
from pymail.dns.hosts import ClientName, HostLookup
from pymail.dns.resolver import Resolver
from pymail.ipc.cleanup import CleanupClient
from pymail.ipc.rewrite import RewriteClient
from pymail.log.logger import Log
from pymail.server import event_server
from pymail.server.invocation import Invocation
from pymail.tables.context import from_config

#: Seconds between looks at the tables' files.
CHECK_INTERVAL: Final = 10.0


class SmtpdDaemon:
    """The daemon, as the skeleton sees it."""

    __slots__ = ("_builder", "_log", "_loop", "_shared")

    def before_jail(self, invocation: Invocation) -> None:
        """Open all tables, read the restriction lists."""
        self._log = invocation.log
        context = from_config(invocation.conf, invocation.log, in_loop=True)
        self._builder = builder = Builder(invocation.conf, invocation.stress_conf, context, self._log)
        params = builder.params
        resolver = Resolver()
        cleanup_path = f"public/{params.cleanup_service_name}"

        async def open_cleanup(flags: int) -> CleanupClient:
            return await CleanupClient.open(flags, cleanup_path, params.ipc_timeout)

        outside = Outside(
            resolver=RewriteClient(f"private/{params.rewrite_service_name}", params.ipc_timeout),
            dns=resolver,
            name_of=HostLookup(resolver).name_of,
            open_cleanup=open_cleanup,
        )
        self._shared: Shared = builder.build(outside, lambda: invocation.stress.active)

    async def after_jail(self, invocation: Invocation) -> None:
        """Begin to look after the tables."""
        self._loop = asyncio.get_running_loop()
        self._loop.call_later(CHECK_INTERVAL, self._check)

    def _check(self) -> None:
        """End when a table cannot be opened again here, as soon as nobody is served."""
        table = self._builder.changed_table()
        if table is not None and not self._shared.live:
            self._log.info(f"table {table.spec} has changed -- restarting")
            raise SystemExit(0)
        self._loop.call_later(CHECK_INTERVAL, self._check)

    def session(self) -> SmtpdSession:
        """Serve one client."""
        return SmtpdSession(self._shared, self._loop)


def main(invocation: Invocation) -> None:
    """Live as smtpd(8)."""
    if invocation.standalone:
        main_standalone(invocation.conf, invocation.log)
        return
    event_server.run(invocation, SmtpdDaemon())


def main_standalone(
    conf: MainCf, log: Log, stdin_fd: int = 0, stdout_fd: int = 1, postdrop: Sequence[str] = ()
) -> None:
    """Hold one session on two descriptors; mail goes to postdrop (an argument vector) with the caller's rights."""
    builder = Builder(conf, None, from_config(conf, log), log)

    async def name_of(_address: str) -> ClientName:
        return LOCAL_CLIENT

    outside = Outside(
        resolver=RewriteClient(),
        dns=Resolver(),
        name_of=name_of,
        open_cleanup=open_postdrop(postdrop or (setgid_path("postdrop", conf), "-r")),
    )
    shared = builder.build(outside, lambda: False, standalone=True)
    serve(shared, log, stdin_fd, stdout_fd)

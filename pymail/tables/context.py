"""What opening tables needs to know of the process: its log, its limits, and whether it may wait.

One context per process. It also holds what a process may have only once: the LMDB environments and the clients of
proxymap. Daemons and commands make theirs with `from_config`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from pymail.config.main_cf import MainCf
from pymail.ipc.proxymap import READ_SERVICE, BlockingProxymapClient, ProxymapClient
from pymail.tables.base import TableLog
from pymail.tables.lmdb_file import LmdbFiles
from pymail.tables.params import TableParams

#: Seconds that a lookup by proxymap may take (Postfix: ipc_timeout).
PROXY_TIMEOUT: Final = 3600.0


@dataclass(slots=True)
class TableContext:
    """The surroundings of tables.

    *surrogates*: a table that cannot be opened becomes one whose lookups fail (daemons); else it is an error at once
    (commands). *in_loop*: the process has an event loop, so blocking types go through proxymap. *queue_directory* is
    put before the socket's name by programs whose working directory is another.
    """

    log: TableLog
    default_type: str = "lmdb"
    utf8: bool = True
    surrogates: bool = True
    in_loop: bool = False
    lmdb_map_size: int = 16 * 1024 * 1024
    queue_directory: str = ""
    files: LmdbFiles = field(default_factory=LmdbFiles)
    #: Spellings `hash:` and `btree:` that we said are read from lmdb.
    migrated: set[str] = field(default_factory=set)
    _client: ProxymapClient | None = None
    _blocking_client: BlockingProxymapClient | None = None

    def proxy_client(self) -> ProxymapClient:
        """Return the client for event loops."""
        if self._client is None:
            self._client = ProxymapClient(self._proxy_path(), PROXY_TIMEOUT)
        return self._client

    def blocking_proxy_client(self) -> BlockingProxymapClient:
        """Return the client that waits."""
        if self._blocking_client is None:
            self._blocking_client = BlockingProxymapClient(self._proxy_path(), PROXY_TIMEOUT)
        return self._blocking_client

    def _proxy_path(self) -> str:
        return f"{self.queue_directory}/{READ_SERVICE}" if self.queue_directory else READ_SERVICE


def from_config(conf: MainCf, log: TableLog, *, in_loop: bool = False, surrogates: bool = True) -> TableContext:
    """Return the context of a process that was configured with *conf*."""
    params = TableParams(conf)
    return TableContext(
        log,
        default_type=params.default_database_type,
        utf8=params.smtputf8_enable,
        surrogates=surrogates,
        in_loop=in_loop,
        lmdb_map_size=params.lmdb_map_size,
        queue_directory="" if surrogates else params.queue_directory,
    )

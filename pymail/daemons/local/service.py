"""Entry of local(8): one delivery request per connection, one connection at a time."""

from __future__ import annotations

import os
import socket

from pymail.daemons.local.deliver import Doors, LocalDelivery, Settings
from pymail.daemons.local.forward import Forwarder
from pymail.daemons.local.mailboxes import Mailboxes
from pymail.daemons.local.params import LocalParams
from pymail.delivery.agent import open_queue_file, receive_request, send_status
from pymail.delivery.mbox import MboxPolicy
from pymail.delivery.report import Reporter
from pymail.ipc.delivery import DeliveryRequest, FinalStatus
from pymail.ipc.rewrite import BlockingRewriteClient
from pymail.proto import attr
from pymail.queue.directories import QueueLayout, parse_hash_names
from pymail.queue.mark import mark_corrupt
from pymail.queue.reader import CorruptFileError
from pymail.server import single_server
from pymail.server.invocation import Invocation
from pymail.tables.context import from_config
from pymail.tables.maps import Maps
from pymail.unix.clock import local_zone
from pymail.unix.locks import Retry
from pymail.unix.users import user_by_name


class LocalDaemon:
    """The daemon, as the skeleton sees it."""

    def before_jail(self, invocation: Invocation) -> None:
        """Read the parameters, open the alias tables."""
        params = LocalParams(invocation.conf)
        self._log = invocation.log
        self._layout = QueueLayout(parse_hash_names(params.hash_queue_names), params.hash_queue_depth)
        self._aliases = Maps("alias_maps", params.alias_maps, from_config(invocation.conf, invocation.log))
        retry = Retry(params.deliver_lock_attempts, params.deliver_lock_delay, params.stale_lock_time)
        methods = tuple(params.mailbox_delivery_lock.replace(",", " ").split())
        policy = MboxPolicy(methods, retry, params.mailbox_size_limit, params.strict_mailbox_ownership)
        doors = Doors(
            self._aliases,
            BlockingRewriteClient(f"private/{params.rewrite_service_name}", params.ipc_timeout),
            Mailboxes(params.mail_spool_directory, params.home_mailbox, policy, params.myhostname),
            Forwarder(
                f"public/{params.cleanup_service_name}", params.myhostname, params.mail_name, params.ipc_timeout,
                params.line_length_limit, local_zone,
            ),
            Reporter(params, invocation.log),
            user_by_name,
        )  # fmt: skip
        settings = Settings(
            invocation.service, params.recipient_delimiter, params.enable_original_recipient, params.expand_owner_alias
        )
        self._delivery = LocalDelivery(settings, doors, invocation.log)

    def after_jail(self, invocation: Invocation) -> None:
        """Nothing to prepare."""

    def pre_accept(self) -> bool:
        """Tell whether the tables are still what we opened; if not, the process ends and a new one opens them."""
        table = self._aliases.changed()
        if table is not None:
            self._log.info(f"table {table.spec} has changed -- restarting")
        return table is None

    def serve(self, client: socket.socket) -> None:
        """Serve one connection of the queue manager."""
        try:
            request = receive_request(client)
        except attr.AttrError as error:
            self._log.warning("bad delivery request: %s", error)
            return
        if request is not None:
            status = self._deliver(request)
            self._log.flush()  # before qmgr logs that the message is removed
            send_status(client, status)

    def _deliver(self, request: DeliveryRequest) -> FinalStatus:
        file = open_queue_file(self._layout, request)
        if file is None:
            return FinalStatus(again=True)
        try:
            return FinalStatus(self._delivery.deliver(request, file))
        except CorruptFileError as error:
            self._log.warning("%s: %s", request.queue_id, error)
            mark_corrupt(file)
            return FinalStatus(again=True)
        finally:
            os.close(file)


def main(invocation: Invocation) -> None:
    """Live as local(8)."""
    single_server.run(invocation, LocalDaemon())

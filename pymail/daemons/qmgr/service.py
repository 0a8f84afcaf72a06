"""The entry of the queue manager: puts its parts together."""

from __future__ import annotations

import time

from pymail.config.main_cf import ConfigError
from pymail.daemons.qmgr.admission import ActiveQueue, Admission, AdmissionRules
from pymail.daemons.qmgr.clog import ClogRule
from pymail.daemons.qmgr.direct import DirectReports
from pymail.daemons.qmgr.dispatch import Dispatcher, DispatchRules
from pymail.daemons.qmgr.finish import Finisher, FinishRules
from pymail.daemons.qmgr.flow import TokenKeeper
from pymail.daemons.qmgr.limits import TransportLimits, load_limits
from pymail.daemons.qmgr.params import QmgrParams
from pymail.daemons.qmgr.qmgr import Parts, Qmgr
from pymail.daemons.qmgr.resolve import Router, RoutingRules
from pymail.daemons.qmgr.surroundings import Surroundings
from pymail.daemons.qmgr.transport import TransportTable
from pymail.delivery.params import ReportParams
from pymail.delivery.report import AsyncReporter
from pymail.ipc.bounce import BounceClient
from pymail.ipc.rewrite import RewriteClient
from pymail.log.fatal import FatalError
from pymail.mail.quoting import quote
from pymail.mail.rewrite import RewriteRules
from pymail.queue.directories import QueueLayout, parse_hash_names
from pymail.server import event_server
from pymail.server.invocation import Invocation
from pymail.server.session import Session
from pymail.server.trigger import TriggerSession


class QmgrDaemon:
    """The queue manager as the event skeleton runs it."""

    stay_forever = True
    required_process_limit = 1
    qmgr: Qmgr

    def __init__(self, invocation: Invocation) -> None:
        self._params = QmgrParams(invocation.conf)
        self.watchdog_timeout = self._params.qmgr_daemon_timeout

    def before_jail(self, invocation: Invocation) -> None:
        """There is nothing that needs root."""

    async def after_jail(self, invocation: Invocation) -> None:
        """Begin; sockets and queues are named relative to queue_directory."""
        self.qmgr = build(self._params, invocation)
        self.qmgr.start()

    def session(self) -> Session:
        """A client triggers."""
        return TriggerSession(self.qmgr.on_request)

    def retire(self) -> None:
        """A successor is about to take over."""
        self.qmgr.leave()

    async def at_exit(self) -> None:
        """End what is under way."""
        await self.qmgr.stop()


def build(params: QmgrParams, invocation: Invocation) -> Qmgr:
    """Return the queue manager that main.cf describes. Raises FatalError."""
    log = invocation.log
    recipient_limit = params.qmgr_message_recipient_limit
    if recipient_limit < params.qmgr_message_active_limit:
        log.warning(
            "qmgr_message_recipient_limit is raised to qmgr_message_active_limit: %d", params.qmgr_message_active_limit
        )
        recipient_limit = params.qmgr_message_active_limit

    def limits(transport: str) -> TransportLimits:
        try:
            return load_limits(invocation.conf, transport, log.warning)
        except ConfigError as error:
            raise FatalError(str(error)) from error

    surroundings = Surroundings(
        QueueLayout(parse_hash_names(params.hash_queue_names), params.hash_queue_depth),
        log,
        time.time,
        quote if params.info_log_address_format == "external" else str,
    )
    transports = TransportTable(limits)
    dispatcher = Dispatcher(_dispatch_rules(params, recipient_limit), transports, surroundings)
    active = ActiveQueue()
    client = BounceClient(params.qmgr_ipc_timeout)
    resolver = RewriteClient("private/" + params.rewrite_service_name, params.qmgr_ipc_timeout)
    router = Router(_routing_rules(params), resolver, transports, dispatcher, lambda: active.probes)
    admission_rules = AdmissionRules(
        recipient_limit, params.qmgr_message_recipient_minimum, params.confirm_delay_cleared,
        params.verp_delimiter_filter, params.defer_service_name,
    )  # fmt: skip
    parts = Parts(
        Admission(admission_rules, surroundings, router, dispatcher, active),
        dispatcher,
        Finisher(_finish_rules(params), surroundings, client),
        active,
        DirectReports(AsyncReporter(ReportParams(invocation.conf), log, client), surroundings.layout),
        TokenKeeper(invocation.flow if params.in_flow_delay else None, params.default_process_limit),
    )
    return Qmgr(parts, surroundings, params.qmgr_message_active_limit, params.queue_run_delay)


def _dispatch_rules(params: QmgrParams, recipient_limit: int) -> DispatchRules:
    clog = ClogRule(params.qmgr_message_active_limit, params.qmgr_clog_warn_time)
    return DispatchRules(
        transport_retry_time=params.transport_retry_time,
        minimal_backoff_time=params.minimal_backoff_time,
        daemon_timeout=params.daemon_timeout,
        clog=clog if params.helpful_warnings else None,
        feedback_debug=params.destination_concurrency_feedback_debug,
        destination_limit=2 * recipient_limit,
    )


def _routing_rules(params: QmgrParams) -> RoutingRules:
    return RoutingRules(
        defer_transports=frozenset(params.defer_transports.replace(",", " ").split()),
        default_filter_nexthop=params.default_filter_nexthop,
        myhostname=params.myhostname,
        double_bounce_sender=params.double_bounce_sender,
        recipient_delimiter=params.recipient_delimiter,
        owner_request_special=params.owner_request_special,
        probe_limit=params.address_verify_pending_request_limit,
        local_rewrite=RewriteRules(
            params.myorigin,
            params.mydomain,
            params.append_at_myorigin,
            params.append_dot_mydomain,
            params.swap_bangpath,
            params.allow_percent_hack,
        ),
    )


def _finish_rules(params: QmgrParams) -> FinishRules:
    return FinishRules(
        minimal_backoff_time=params.minimal_backoff_time,
        maximal_backoff_time=max(params.maximal_backoff_time, params.minimal_backoff_time),
        maximal_queue_lifetime=params.maximal_queue_lifetime,
        bounce_queue_lifetime=params.bounce_queue_lifetime,
        disable_verp_bounces=params.disable_verp_bounces,
        bounce_service=params.bounce_service_name,
        defer_service=params.defer_service_name,
        trace_service=params.trace_service_name,
    )


def main(invocation: Invocation) -> None:
    """Live as the queue manager."""
    try:
        daemon = QmgrDaemon(invocation)
    except ConfigError as error:
        raise FatalError(str(error)) from error
    event_server.run(invocation, daemon)

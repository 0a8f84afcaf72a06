"""A message in the active queue: what its file says about it, and how far its deliveries are.

Messages are many and live long: no recipients here (they are in the entries), no octets that are not needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from pymail.ipc.bounce import Report
from pymail.ipc.delivery import ClientInfo, RequestFlag
from pymail.mail.dsn import NOTIFY_SUCCESS
from pymail.queue.reader import Envelope, Sizes

ACTIVE = "active"


#: Texts that are remembered to be shared.
_SHARED_LIMIT: Final = 2000


class Sharing:
    """Gives one string for equal texts: twenty thousand messages have few clients and domains."""

    __slots__ = ("_texts",)

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def __call__(self, text: str) -> str:
        """Return *text*, or an equal string that we gave before."""
        texts = self._texts
        if len(texts) >= _SHARED_LIMIT:
            texts.clear()
        return texts.setdefault(text, text)


class Message:
    """One message of the active queue."""

    __slots__ = (
        "active_time", "arrival_time", "client", "content_filter", "create_time", "data_offset", "deferred", "encoding",
        "entries", "envelope_id", "flush", "force_expire", "next_offset", "notify", "queue_id", "rank", "reading",
        "recipients", "redirect", "refill_time", "ret_flags", "sender", "sendopts", "size", "sizes", "trace_flags",
        "trace_offset", "unthrottle", "verp", "warning_offset", "warning_time", "window",
    )  # fmt: skip

    def __init__(
        self, queue_id: str, rank: int, envelope: Envelope, active_time: float, share: Callable[[str], str] = str
    ) -> None:
        sizes = envelope.sizes
        attributes = envelope.attributes
        self.queue_id = queue_id
        #: Its place in the order of arrival in the active queue.
        self.rank = rank
        self.sender = share(envelope.sender or "")
        self.arrival_time = envelope.arrival_time
        self.active_time = active_time
        self.create_time = envelope.create_time
        #: Kept only while there are unread recipients.
        self.sizes: Sizes | None = None
        self.size = sizes.size
        self.data_offset = sizes.data_offset
        self.sendopts = sizes.send_options
        self.notify = sizes.notify
        self.encoding = share(attributes.get("encoding", ""))
        self.envelope_id = envelope.envelope_id
        self.ret_flags = envelope.ret_flags
        self.client = client_info(attributes, share)
        if self.client.log_ident == queue_id:
            self.queue_id = self.client.log_ident
        self.content_filter = envelope.content_filter
        self.redirect = envelope.redirect
        self.verp = envelope.verp_delimiters
        self.trace_flags = envelope.trace_flags
        self.trace_offset = envelope.trace_offset
        self.warning_time = envelope.warning_time
        self.warning_offset = envelope.warning_offset
        #: Entries of this message that are not done; its recipients in memory; the most that it may have there.
        self.entries = 0
        self.recipients = 0
        self.window = 0
        #: Where the next recipients are in the file, 0: all were read. When some were read last.
        self.next_offset = 0
        self.refill_time = active_time
        self.reading = False
        #: True when some recipient must be tried again, or a report could not be sent.
        self.deferred = False
        self.flush = False
        self.unthrottle = False
        self.force_expire = False

    @property
    def is_mta_probe(self) -> bool:
        """True for an address verification probe."""
        return bool(self.trace_flags & RequestFlag.MTA_VRFY)

    @property
    def wants_trace(self) -> bool:
        """True when a report of its deliveries is due at its end."""
        traced = RequestFlag.USR_VRFY | RequestFlag.RECORD | RequestFlag.REC_DLY_SENT
        return bool(self.trace_flags & traced or self.notify & NOTIFY_SUCCESS)

    def report(self, kind: int, flags: int) -> Report:
        """Return the request for a report on this message."""
        return Report(
            kind, flags, ACTIVE, self.queue_id, self.encoding, self.sendopts, self.sender, self.envelope_id,
            self.ret_flags, self.verp,
        )  # fmt: skip


def client_info(attributes: Mapping[str, str], share: Callable[[str], str] = str) -> ClientInfo:
    """Return the client for logs and XFORWARD; files of old releases have only the real client's attributes."""
    get = attributes.get
    prefix = "log_client_" if "log_client_name" in attributes or "log_client_address" in attributes else "client_"
    old = prefix == "client_"
    return ClientInfo(
        name=share(get(prefix + "name", "")),
        address=share(get(prefix + "address", "")),
        port=get(prefix + "port", ""),
        protocol=share(get("protocol_name" if old else "log_protocol_name", "")),
        helo=share(get("helo_name" if old else "log_helo_name", "")),
        sasl_method=share(get("sasl_method", "")),
        sasl_username=share(get("sasl_username", "")),
        sasl_sender=share(get("sasl_sender", "")),
        log_ident=get("log_ident", ""),
        rewrite_context=share(get("rewrite_context", "local")),
    )

"""Recipients of a message: completion, virtual aliases, duplicates, and the records that they become.

What stands in front of a recipient on the wire (original recipient, DSN parameters) belongs to it. Recipients are
collected until their segment ends; then aliases are expanded, which may have to wait for a table, and all are written
in order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pymail.daemons.cleanup.output import Output
from pymail.mail.dsn import NOTIFY_NEVER, NOTIFY_SUCCESS
from pymail.mail.quoting import quote
from pymail.proto import record
from pymail.proto.record import RecordType
from pymail.util.text import printable

_DSN_BITS: Final = 15


@dataclass(frozen=True, slots=True)
class Incoming:
    """A recipient as the client gave it: *address* in standard form, *original* as it came or as `O` says."""

    address: str
    original: str
    orcpt: str
    notify: int


@dataclass(frozen=True, slots=True)
class Expanded:
    """What a recipient became: the addresses, and whether that is news (RFC 3461: *expanded*)."""

    source: Incoming
    addresses: tuple[str, ...]

    @property
    def is_alias(self) -> bool:
        """True unless the address stands for itself."""
        return self.addresses != (self.source.address,)


class Recipients:
    """Collects the recipients of one message and writes their records."""

    __slots__ = ("_notify", "_orcpt", "_original", "_seen", "count", "last", "notify_mask", "pending")

    def __init__(self) -> None:
        #: Recipient records written.
        self.count = 0
        #: The recipient that came last, as the client wrote it; None before the first.
        self.last: str | None = None
        #: All DSN notify masks, ORed.
        self.notify_mask = 0
        #: Recipients, and other records (octets) between them, that are not written yet.
        self.pending: list[Incoming | bytes] = []
        self._seen: set[tuple[str, int, str, str]] = set()
        self._original: str | None = None
        self._orcpt = ""
        self._notify = 0

    def take(self, output: Output, record_type: int, data: bytes) -> bool:
        """Take a record; False when it says nothing about a recipient."""
        text = data.decode("utf-8", "surrogateescape")
        if record_type == RecordType.RECIPIENT:
            self._add(output, text)
        elif record_type == RecordType.ATTRIBUTE:
            if text.startswith("dsn_orig_rcpt="):
                self._orcpt = text[14:].strip(" \t")
            elif text.startswith("notify_flags="):
                self._take_notify(output, text[13:])
            else:
                return False
        elif record_type == RecordType.ORIGINAL_RECIPIENT:
            self._original = text
        elif record_type in (RecordType.DONE, RecordType.CANCELED):
            self._reset()
        elif record_type == RecordType.DSN_ORIGINAL_RECIPIENT:
            self._orcpt = text
        elif record_type == RecordType.DSN_NOTIFY:
            self._take_notify(output, text)
        else:
            return record_type == RecordType.KILLED
        return True

    def _take_notify(self, output: Output, text: str) -> None:
        value = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
        if value and value & ~_DSN_BITS or value & NOTIFY_NEVER and value != NOTIFY_NEVER:
            output.bad(f"ignoring malformed DSN notify value {text[:20]!r}")
            return
        self._notify = value
        self.notify_mask |= value

    def _add(self, output: Output, text: str) -> None:
        settings = output.settings
        address = settings.rewrite_internal(text or settings.params.empty_address_recipient)
        original = text if self._original is None else self._original
        self.last = text
        self.pending.append(Incoming(address, original, self._orcpt or synthesised_orcpt(address), self._notify))
        self._reset()

    def _reset(self) -> None:
        self._original = None
        self._orcpt = ""
        self._notify = 0

    def add_copy(self, output: Output, address: str) -> None:
        """Add a recipient of our own (always_bcc)."""
        rewritten = output.settings.rewrite_internal(address)
        self.pending.append(Incoming(rewritten, address, synthesised_orcpt(rewritten), 0))

    def sources(self) -> list[Incoming]:
        """Return the recipients that wait to be written."""
        return [item for item in self.pending if isinstance(item, Incoming)]

    def write(self, output: Output, expanded: list[Expanded] | None) -> None:
        """Write what waits. *expanded* stands for the waiting recipients, in their order; None: each for itself."""
        pending, self.pending = self.pending, []
        expansions = iter(expanded or ())
        for item in pending:
            if not isinstance(item, Incoming):
                output.put(item)
            elif expanded is None:
                self._write_one(output, item, item.address, item.notify)
            else:
                expansion = next(expansions)
                notify = item.notify
                if expansion.is_alias and notify & NOTIFY_SUCCESS:
                    # The sender is told "expanded"; success at the end is the alias owner's business (RFC 3461 §6.2.7).
                    notify = notify & ~NOTIFY_SUCCESS or NOTIFY_NEVER
                for address in expansion.addresses:
                    self._write_one(output, item, address, notify)

    def _write_one(self, output: Output, item: Incoming, address: str, notify: int) -> None:
        params = output.settings.params
        original = item.original if params.enable_original_recipient else ""
        key = (item.orcpt.lower(), notify, original.lower(), address.lower())
        seen = self._seen
        if key in seen:
            return
        if not params.duplicate_filter_limit or len(seen) < params.duplicate_filter_limit:
            seen.add(key)
        parts = []
        if notify:
            parts.append(record.encode_attribute("notify_flags", notify))
        if item.orcpt:
            parts.append(record.encode_attribute("dsn_orig_rcpt", item.orcpt))
        if original:
            parts.append(record.encode_text(RecordType.ORIGINAL_RECIPIENT, original))
        parts.append(record.encode_text(RecordType.RECIPIENT, address))
        output.put(b"".join(parts))
        self.count += 1


def synthesised_orcpt(address: str) -> str:
    """Return the DSN original recipient of an *address* (internal) for which the client gave none."""
    kind = "rfc822" if address.isascii() else "utf-8"
    return f"{kind};{printable(quote(address))}"

"""The header of a message: which fields are dropped, rewritten or counted, and which are missing.

A field whose addresses need no completion keeps its octets. Seams for what is not here yet: header_checks, canonical
and masquerade mapping come between `take` and its output.
"""

from __future__ import annotations

import re
import time
from typing import Final

from pymail.daemons.cleanup.output import Output
from pymail.daemons.cleanup.settings import MAILER_DAEMON
from pymail.ipc.cleanup import CleanupStatus
from pymail.log.events import cleanup as events
from pymail.mail.address_list import rewrite_header_addresses
from pymail.mail.date import format_date
from pymail.mail.header import HEADER_KINDS, HeaderKind, header_name_length
from pymail.mail.quoting import quote
from pymail.mail.rewrite import RewriteRules, rewrite_address
from pymail.proto import record

#: Plain sets, since testing an enum.Flag costs more than the rest of a header field.
ADDRESS_FIELDS: Final = frozenset(name for name, kind in HEADER_KINDS.items() if kind & HeaderKind.ADDRESS)
_RESENT_FIELDS: Final = frozenset(name for name, kind in HEADER_KINDS.items() if kind & HeaderKind.RESENT)
_VISIBLE: Final = frozenset((b"to", b"cc", b"resent-to", b"resent-cc"))

#: What Content-Transfer-Encoding says about the octets of the body.
_ENCODINGS: Final = {
    b"7bit": b"7bit", b"8bit": b"8bit", b"binary": b"8bit", b"quoted-printable": b"7bit", b"base64": b"7bit"
}  # fmt: skip

#: Complete addresses, alone or behind a phrase, that no rewriting rule changes: nothing to do.
_ADDRESS: Final = rb"[\w.+=-]+@[\w-]+(?:\.[\w-]+)+"
_MEMBER: Final = (
    rb"(?:" + _ADDRESS + rb"|(?:\"[^\"\\\n]*\"|[A-Za-z0-9][\w '-]*)?[ \t]*<" + _ADDRESS + rb">)[ \t]*"
)  # fmt: skip
_COMPLETE: Final = re.compile(rb"[ \t]*" + _MEMBER + rb"(?:,\n?[ \t]*" + _MEMBER + rb")*")
_COLON: Final = 0x3A
_STRAY: Final = bytes.maketrans(b"\r\n", b"  ")


class Header:
    """The header of one message in the making."""

    __slots__ = ("_output", "_rules", "encoding", "has_utf8", "hop_count", "message_id", "resent", "seen")

    def __init__(self, output: Output, rules: RewriteRules | None) -> None:
        self._output = output
        self._rules = rules
        self.seen: set[bytes] = set()
        #: True after a Resent- field: what is missing is added as a Resent- field.
        self.resent = False
        self.hop_count = 0
        self.message_id = ""
        #: What Content-Transfer-Encoding says, empty when it says nothing.
        self.encoding = b""
        self.has_utf8 = False

    def take(self, key: bytes, lines: list[bytes]) -> None:
        """Take one field: its name in lower case and its physical lines."""
        output = self._output
        if not self.has_utf8 and not all(map(bytes.isascii, lines)):
            self.has_utf8 = True
        self.seen.add(key)
        if lines[0][len(key)] != _COLON:  # Postfix: blanks between the name and its colon go
            first = lines[0]
            lines = [first[: len(key)] + first[first.index(b":") :], *lines[1:]]
        if key == b"received":
            self.hop_count += 1
            # Postfix: the message that has hopcount_limit of them is the first that is refused.
            if self.hop_count >= output.settings.params.hopcount_limit and not output.errors & CleanupStatus.HOPS:
                output.log.warning(events.hop_count_exceeded(output.queue_id))
                output.fail(CleanupStatus.HOPS)
        elif key == b"message-id":
            value = _value(lines)
            self.message_id = self.message_id or value
            output.log.info(events.message_id(output.queue_id, value))
        elif key in _RESENT_FIELDS:
            self.resent = True
            if key == b"resent-message-id":
                output.log.info(events.message_id(output.queue_id, _value(lines), resent=True))
        elif key == b"content-transfer-encoding":
            self.encoding = _ENCODINGS.get(_value(lines).lower().encode("utf-8", "surrogateescape"), self.encoding)
        if key in output.settings.drop_headers:
            return
        if self._rules is not None and key in ADDRESS_FIELDS:
            lines = self._rewritten(key, lines, self._rules)
        output.put(record.encode_lines(lines, output.settings.line_limit))

    def _rewritten(self, key: bytes, lines: list[bytes], rules: RewriteRules) -> list[bytes]:
        raw = lines[0] if len(lines) == 1 else b"\n".join(lines)
        body = raw[raw.index(b":") + 1 :]
        if _COMPLETE.fullmatch(body):
            return lines
        name = key.title() + b": "
        value = body.decode("utf-8", "surrogateescape")
        rewritten = rewrite_header_addresses(value, lambda address: rewrite_address(address, rules), column=len(name))
        if rewritten == value:
            return lines
        return (name + rewritten.lstrip(" \t").encode("utf-8", "surrogateescape")).split(b"\n")

    def end(self, arrival: int, sender: str, full_name: str, created: int) -> None:
        """Add what is missing, in the context of our own mail or when it is wanted for all mail."""
        output = self._output
        params = output.settings.params
        prefix = b"resent-" if self.resent else b""
        spelled = "Resent-" if self.resent else ""
        adds = self._rules is not None or params.always_add_missing_headers
        if adds and prefix + b"message-id" not in self.seen:
            message_id = make_message_id(output, created)
            output.put_line(f"{spelled}Message-Id: {message_id}")
            output.log.info(events.message_id(output.queue_id, message_id, resent=self.resent))
            if not self.resent:
                self.message_id = message_id
        if b"message-id" not in self.seen and not self.message_id:
            output.log.info(events.message_id(output.queue_id, "<>"))
        if not adds:
            return
        if prefix + b"date" not in self.seen:
            output.put_line(f"{spelled}Date: {format_date(arrival, *output.settings.zone(arrival))}")
        if prefix + b"from" not in self.seen:
            address = quote(sender or MAILER_DAEMON)
            output.put_line(f"{spelled}From: {from_value(address, full_name, params.header_from_format)}")
        if params.undisclosed_recipients_header and not self.seen & _VISIBLE:
            self._add_undisclosed(params.undisclosed_recipients_header)

    def _add_undisclosed(self, text: str) -> None:
        if header_name_length(text.encode()):
            self._output.put_line(text)
        else:
            self._output.log.warning(
                'bad undisclosed_recipients_header header text "%s" -- need "headername: headervalue"', text
            )


def _value(lines: list[bytes]) -> str:
    raw = lines[0] if len(lines) == 1 else b" ".join(map(bytes.strip, lines))
    return raw[raw.index(b":") + 1 :].strip(b" \t").decode("utf-8", "surrogateescape")


def make_message_id(output: Output, created: int) -> str:
    """Return our Message-ID; *created* is the second in which the queue ID was made."""
    params = output.settings.params
    if params.enable_long_queue_ids:
        return f"<{output.queue_id}@{params.myhostname}>"
    stamp = time.strftime("%Y%m%d%H%M%S", time.gmtime(created))
    return f"<{stamp}.{output.queue_id}@{params.myhostname}>"


def from_value(address: str, full_name: str, form: str) -> str:
    """Return the body of a From: field; *address* is in external spelling, *form* is header_from_format."""
    if not full_name:
        return address
    if form == "obsolete":
        return f"{address} ({full_name})"
    return f"{quote_phrase(full_name)} <{address}>"


def quote_phrase(text: str) -> str:
    """Return *text* as a phrase: bare when it is made of atoms, else quoted (RFC 5322 §3.2.5)."""
    if re.fullmatch(r"[\w!#$%&'*+/=?^`{|}~ \t-]+", text):
        return text
    escaped = re.sub(r'([\\"])', r"\\\1", text)
    return f'"{escaped}"'


def without_stray(line: bytes) -> bytes:
    """Return *line* with blanks for CR and LF (cleanup_replace_stray_cr_lf)."""
    return line.translate(_STRAY)

"""The queue listing as text (`mailq`) and as JSON lines. Pure, and light."""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from pymail.ipc.showq import ListedMessage

#: Reasons end in this column, where they fit.
_REASON_WIDTH: Final = 76
_MARKS: Final = {"active": "*", "hold": "!"}
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class TextFormat:
    """Makes the traditional listing; *long_ids* widens the first column."""

    __slots__ = ("_count", "_indent", "_long_ids", "_octets")

    def __init__(self, *, long_ids: bool) -> None:
        self._long_ids = long_ids
        self._indent = " " * (47 if long_ids else 41)
        self._count = 0
        self._octets = 0

    def message(self, message: ListedMessage) -> str:
        """Return the lines of one message, before the first one the title."""
        lines: list[str] = [] if self._count else [self._title()]
        self._count += 1
        self._octets += message.size
        name = message.queue_id + _MARKS.get(message.queue_name, "") + ("#" if message.forced_expire else "")
        stamp = time.asctime(time.localtime(message.arrival))
        if self._long_ids:
            lines.append(f"{name:<17} {message.size:8d} {stamp[:19]} {message.sender}")
        else:
            lines.append(f"{name:<11} {message.size:7d} {stamp[:19]}  {message.sender}")
        shown = ""
        for recipient in message.recipients:
            if recipient.reason != shown:
                shown = recipient.reason
                reason = shown or "reason unavailable"
                lines.append(" " * (_REASON_WIDTH - len(reason)) + f"({reason})")
            lines.append(self._indent + recipient.address)
        lines.append("\n")
        return "\n".join(lines)

    def _title(self) -> str:
        if self._long_ids:
            return f"{'----Queue ID-----':<17} {'--Size--':>8} {'---Arrival Time----':<19} --Sender/Recipient------"
        return f"{'-Queue ID-':<11} {'--Size--':>7} {'----Arrival Time----':<20} -Sender/Recipient-------"

    def end(self) -> str:
        """Return what stands below the listing."""
        if not self._count:
            return "Mail queue is empty\n"
        plural = "s" if self._count > 1 else ""
        return f"-- {self._octets // 1024} Kbytes in {self._count} Request{plural}.\n"


class JsonFormat:
    """Makes JSON lines, an object per message, in the form of Postfix 3.12."""

    __slots__ = ()

    def message(self, message: ListedMessage) -> str:
        """Return the line of one message."""
        recipients = []
        for recipient in message.recipients:
            members = f'"orig_address": {_quoted(recipient.original)}, "address": {_quoted(recipient.address)}'
            if recipient.reason:
                kind = "bounce_reason" if recipient.log_class == "bounce" else "delay_reason"
                members += f', "{kind}": {_quoted(recipient.reason)}'
            recipients.append("{" + members + "}")
        expire = "true" if message.forced_expire else "false"
        return (
            f'{{"queue_name": {_quoted(message.queue_name)}, "queue_id": {_quoted(message.queue_id)}, '
            f'"arrival_time": {message.arrival}, "message_size": {message.size}, "forced_expire": {expire}, '
            f'"sender": {_quoted(message.sender)}, "recipients": [{", ".join(recipients)}]}}\n'
        )

    def end(self) -> str:
        """Nothing stands below."""
        return ""


def _quoted(text: str) -> str:
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char < " " or char == "\x7f":
        return f"\\u{ord(char):04X}"
    return "\ufffd" if "\ud800" <= char <= "\udfff" else char

"""`sendmail -t`: find the recipients in the message header. Loaded only with -t.

Recipients come from To:, Cc: and Bcc:, or from their Resent- forms alone when the message has any of those. The header
is passed on as it is (cleanup removes Bcc:), with one correction: no blanks in front of the colon. A message whose body
begins without the empty line gets it.
"""

from __future__ import annotations

from pymail.mail.address_list import extract_addresses
from pymail.mail.header import Header, HeaderCollector, HeaderKind
from pymail.proto.record import encode_lines


class HeaderScan:
    """Takes the lines of a message up to the end of its header; any split into calls gives the same result."""

    __slots__ = ("_collector", "_limit", "_records", "_resent", "_wanted", "ended", "resent")

    def __init__(self, line_length_limit: int, header_size_limit: int) -> None:
        self._collector = HeaderCollector(header_size_limit)
        self._limit = line_length_limit
        self._records: list[bytes] = []
        self._wanted: list[str] = []
        self._resent: list[str] = []
        #: A Resent- recipient header was seen.
        self.resent = False
        #: The header is over; lines go elsewhere.
        self.ended = False

    @property
    def recipients(self) -> list[str]:
        """The addresses that were found so far, in internal spelling."""
        return self._resent if self.resent else self._wanted

    def receive(self, lines: list[bytes]) -> int:
        """Take complete lines; return how many belong to the header (with the empty line behind it)."""
        for index, line in enumerate(lines):
            if not self._add(line):
                return index + (not line)
        return len(lines)

    def finish(self) -> bytes:
        """The message ends within its header; return the last records."""
        if not self.ended:
            self._pass_on(self._collector.finish())
            self.ended = True
        return self.take_records()

    def take_records(self) -> bytes:
        """Return the records that are ready, and forget them."""
        records = b"".join(self._records)
        self._records = []
        return records

    def _add(self, line: bytes) -> bool:
        """Take one line; False when the header is over with it."""
        self._pass_on(self._collector.add(line))
        if not self._collector.ended:
            return True
        self._end(line)
        return False

    def _end(self, line: bytes) -> None:
        if not self.ended:
            self._pass_on(self._collector.finish())
            self.ended = True
            # The empty line between header and body, read or missing.
            self._records.append(encode_lines([b""], self._limit))

    def _pass_on(self, header: Header | None) -> None:
        if header is None:
            return
        self._records.append(encode_lines(header.lines(), self._limit))
        kind = header.kind
        if HeaderKind.EXTRACT in kind:
            addresses = extract_addresses(header.body.decode("utf-8", "surrogateescape"))
            if HeaderKind.RESENT in kind:
                self.resent = True
                self._resent += addresses
            else:
                self._wanted += addresses

"""Attribute lists: the encoding of requests and replies between daemons.

A list is a run of name and value pairs that an empty name ends. Two encodings: *null* (`name NUL value NUL`, end NUL)
on all internal sockets, and *plain* (`name=value LF`, end LF) for anvil and policy delegation. Lists are decoded by
position into a flat `[name, value, name, value, ...]`; a value may be empty, so the end is an empty *name*, never
"two NULs". Imported by the short-lived commands: keep it light.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

#: Octets of one list that a peer may send before we give up (Postfix limits single strings to 4 * line_length_limit).
LIST_LIMIT: Final = 1 << 20


class AttrError(Exception):
    """A peer sent something else than the attributes that the protocol wants."""


def to_bytes(value: str | bytes | int) -> bytes:
    """Return the octets of *value*; a negative number is written as its unsigned 32-bit complement."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    if isinstance(value, int):
        return b"%d" % (value if value >= 0 else value & 0xFFFFFFFF)
    return value


def to_text(value: bytes) -> str:
    """Return *value* as text, octets that are not UTF-8 as surrogates."""
    return value.decode("utf-8", "surrogateescape")


def to_int(text: str) -> int:
    """Return the number; values over 2**31 are negative ones in disguise."""
    if not text.isascii() or not text.isdigit() or len(text) > 20:
        raise AttrError(f"malformed numerical value: {text[:40]!r}")
    value = int(text)
    if 0x80000000 <= value <= 0xFFFFFFFF:
        return value - 0x100000000
    return value


def to_long(text: str) -> int:
    """Return the number; values over 2**63 are negative ones in disguise."""
    if not text.isascii() or not text.isdigit() or len(text) > 20:
        raise AttrError(f"malformed numerical value: {text[:40]!r}")
    value = int(text)
    if value >= 1 << 63:
        return value - (1 << 64)
    return value


def encode(*fields: str | bytes | int) -> bytes:
    """Return the null encoding of name, value, name, value, ... with the end of the list.

    A NUL inside a value would forge an attribute: it raises AttrError.
    """
    octets = b"\0".join(map(to_bytes, fields))
    if octets.count(b"\0") != max(len(fields) - 1, 0):
        raise AttrError("NUL in an attribute")
    return octets + b"\0\0" if fields else b"\0"


def encode_text(*fields: str) -> bytes:
    """Return what `encode` does, for a long list of nothing but text: at a third of its cost."""
    octets = "\0".join(fields).encode("utf-8", "surrogateescape")
    if octets.count(b"\0") != len(fields) - 1:
        raise AttrError("NUL in an attribute")
    return octets + b"\0\0"


def encode_plain(*fields: str | bytes | int) -> bytes:
    """Return the plain encoding of name, value, ... with the end of the list; newlines raise AttrError."""
    parts = list(map(to_bytes, fields))
    lines = [name + b"=" + value for name, value in zip(parts[0::2], parts[1::2], strict=True)]
    octets = b"\n".join(lines)
    if octets.count(b"\n") != max(len(lines) - 1, 0) or b"\0" in octets:
        raise AttrError("newline or NUL in an attribute")
    return octets + b"\n\n" if lines else b"\n"


class ListReader:
    """Cuts a stream of octets in the null encoding into lists; any split of the input gives the same lists."""

    __slots__ = ("_limit", "_parts", "_start")

    def __init__(self, limit: int = LIST_LIMIT) -> None:
        # What the NULs separate; the last part has no NUL behind it yet. Lists before _start were returned.
        self._parts: list[bytes] = [b""]
        self._start = 0
        self._limit = limit

    def feed(self, data: bytes) -> None:
        """Take octets from the peer."""
        parts = self._parts
        if self._start:
            del parts[: self._start]
            self._start = 0
        parts += (parts.pop() + data).split(b"\0")

    @property
    def pending(self) -> bytes:
        """The octets after the last list that was returned."""
        return b"\0".join(self._parts[self._start :])

    def take_pending(self) -> bytes:
        """Return the octets after the last list and forget them: another protocol reads on."""
        rest = self.pending
        self._parts = [b""]
        self._start = 0
        return rest

    def next_list(self) -> list[bytes] | None:
        """Return the next complete list as [name, value, ...], or None; raises AttrError over the limit."""
        parts, start = self._parts, self._start
        last = len(parts) - 1
        end = start
        try:
            while (end := parts.index(b"", end, last)) - start & 1:
                end += 1  # an empty value
        except ValueError:
            if len(self.pending) > self._limit:
                raise AttrError("attribute list too long") from None
            return None
        self._start = end + 1
        return parts[start:end]


class PlainReader:
    """Cuts a stream of octets in the plain encoding into lists; any split of the input gives the same lists."""

    __slots__ = ("_buffer", "_limit")

    def __init__(self, limit: int = LIST_LIMIT) -> None:
        self._buffer = b""
        self._limit = limit

    def feed(self, data: bytes) -> None:
        """Take octets from the peer."""
        self._buffer += data

    def next_list(self) -> list[bytes] | None:
        """Return the next complete list as [name, value, ...], or None; AttrError over the limit or without `=`."""
        if self._buffer.startswith(b"\n"):
            self._buffer = self._buffer[1:]
            return []
        end = self._buffer.find(b"\n\n")
        if end < 0:
            if len(self._buffer) > self._limit:
                raise AttrError("attribute list too long")
            return None
        lines = self._buffer[:end].split(b"\n")
        self._buffer = self._buffer[end + 2 :]
        fields: list[bytes] = []
        for line in lines:
            name, equals, value = line.partition(b"=")
            if not equals:
                raise AttrError("missing '=' in an attribute")
            fields += (name, value)
        return fields


def take(fields: list[bytes], *names: str) -> list[str]:
    """Return the values of exactly *names* in this order; anything else raises AttrError."""
    if len(fields) != 2 * len(names):
        raise AttrError(f"want {len(names)} attributes ({', '.join(names[:4])} ...), got {len(fields) // 2}")
    # All at once: a NUL is in no name and in no value.
    if b"\0".join(fields[0::2]) != "\0".join(names).encode():
        for position, name in enumerate(names):
            if fields[2 * position] != name.encode():
                raise AttrError(f"unexpected attribute {to_text(fields[2 * position][:40])!r} (expecting: {name})")
    if not names:
        return []
    return b"\0".join(fields[1::2]).decode("utf-8", "surrogateescape").split("\0")


def pick(fields: list[bytes], *names: str) -> list[str]:
    """Return the values of *names*, which stand in this order; lenient: attributes of other names are skipped.

    A name that is missing raises AttrError.
    """
    values = []
    position = 0
    for name in names:
        octets = name.encode()
        while position < len(fields) and fields[position] != octets:
            position += 2
        if position + 1 >= len(fields):
            raise AttrError(f"missing attribute {name}")
        values.append(fields[position + 1].decode("utf-8", "surrogateescape"))
        position += 2
    return values


def announcement(protocol: str, *extra: str | bytes | int) -> bytes:
    """Return what a server sends right after accept: its protocol, and what else belongs there."""
    return encode("protocol", protocol, *extra)


def check_announcement(fields: list[bytes], protocol: str, *extra: str) -> list[str]:
    """Return the values of *extra*; raises AttrError when the server speaks another protocol."""
    values = take(fields, "protocol", *extra)
    if values[0] != protocol:
        raise AttrError(f"unexpected protocol {values[0]!r} (expecting: {protocol})")
    return values[1:]

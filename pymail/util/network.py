"""IP addresses and prefixes as integers: patterns of cidr tables and match lists, and fast tables of prefixes.

No IPv4 address is part of an IPv6 prefix, nor the other way round: `::ffff:192.0.2.1` is an IPv6 address here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

_BITS: Final = {4: 32, 6: 128}
_OCTET: Final = re.compile(r"0|[1-9][0-9]{0,2}", re.ASCII)
_GROUP: Final = re.compile(r"[0-9A-Fa-f]{1,4}", re.ASCII)
_MASK: Final = re.compile(r"[0-9]{1,9}", re.ASCII)
_ZEROS: Final = re.compile(r"(?:^|:)0(?::0)+(?::|$)")


class NetworkError(Exception):
    """A pattern is no address and no prefix; the text is Postfix's."""


@dataclass(frozen=True, slots=True)
class Address:
    """An IPv4 (version 4) or IPv6 (version 6) address."""

    version: int
    value: int

    def __str__(self) -> str:
        return _format4(self.value) if self.version == 4 else _format6(self.value)


@dataclass(frozen=True, slots=True)
class Network:
    """A prefix; the host bits of *value* are zero."""

    version: int
    value: int
    length: int

    def __contains__(self, address: Address) -> bool:
        return address.version == self.version and (address.value ^ self.value) >> self.host_bits == 0

    def __str__(self) -> str:
        return f"{Address(self.version, self.value)}/{self.length}"

    @property
    def host_bits(self) -> int:
        """Number of bits after the prefix."""
        return _BITS[self.version] - self.length


def parse_address(text: str) -> Address | None:
    """Parse an IPv4 or IPv6 address without brackets or zone; None when it is none."""
    if ":" in text:
        value = _parse6(text)
        return None if value is None else Address(6, value)
    value = _parse4(text)
    return None if value is None else Address(4, value)


def parse_network(pattern: str) -> Network:
    """Parse `address`, `address/length`, either of them in brackets, or `[address]/length`. Raises NetworkError."""
    text = _without_brackets(pattern)
    network, slash, mask = text.partition("/")
    address = parse_address(network)
    if not slash:
        if address is None:
            raise NetworkError(f'bad address pattern: "{text}"')
        return Network(address.version, address.value, _BITS[address.version])
    if not _MASK.fullmatch(mask):
        raise NetworkError(f'bad mask value in "{text}"')
    if address is None:
        raise NetworkError(f'bad network value in "{text}"')
    length = int(mask)
    if length > _BITS[address.version]:
        raise NetworkError(f'bad mask length in "{text}"')
    host_bits = _BITS[address.version] - length
    found = Network(address.version, address.value >> host_bits << host_bits, length)
    if found.value != address.value:
        raise NetworkError(f'non-null host address bits in "{text}", perhaps you should use "{found}" instead')
    return found


def _without_brackets(pattern: str) -> str:
    if not pattern.startswith("["):
        return pattern
    inside, bracket, rest = pattern[1:].partition("]")
    if not bracket:
        raise NetworkError(f"missing ']' character after \"{pattern}\"")
    if rest and not rest.startswith("/"):
        raise NetworkError(f'garbage after "[{inside}]"')
    return inside + rest


def _parse4(text: str) -> int | None:
    octets = text.split(".")
    if len(octets) != 4:
        return None
    value = 0
    for octet in octets:
        if not _OCTET.fullmatch(octet) or int(octet) > 255:
            return None
        value = value << 8 | int(octet)
    return value


def _parse6(text: str) -> int | None:
    head, gap, tail = text.partition("::")
    groups = _groups(head, last=not gap)
    after = _groups(tail, last=True)
    if groups is None or after is None:
        return None
    missing = 8 - len(groups) - len(after)
    if missing < 1 if gap else missing != 0:
        return None
    value = 0
    for group in (*groups, *([0] * missing), *after):
        value = value << 16 | group
    return value


def _groups(text: str, *, last: bool) -> list[int] | None:
    """The 16-bit groups of a part; with *last*, it may end with an IPv4 address."""
    if not text:
        return []
    words = text.split(":")
    groups: list[int] = []
    if last and "." in words[-1]:
        embedded = _parse4(words.pop())
        if embedded is None:
            return None
        groups = [embedded >> 16, embedded & 0xFFFF]
    if not all(map(_GROUP.fullmatch, words)):
        return None
    return [*(int(word, 16) for word in words), *groups]


def _format4(value: int) -> str:
    return ".".join(str(value >> shift & 0xFF) for shift in (24, 16, 8, 0))


def _format6(value: int) -> str:
    """RFC 5952; an IPv4-mapped address ends with the IPv4 address, as inet_ntop writes it."""
    if value >> 32 == 0xFFFF:
        return "::ffff:" + _format4(value & 0xFFFFFFFF)
    text = ":".join(f"{value >> shift & 0xFFFF:x}" for shift in range(112, -1, -16))
    longest = max(_ZEROS.finditer(text), key=lambda match: match[0].count("0"), default=None)
    return text if longest is None else f"{text[: longest.start()]}::{text[longest.end() :]}"


Value = TypeVar("Value")


class NetworkTable(Generic[Value]):
    """Prefixes with values; `lookup` costs one dict access per prefix length in use."""

    __slots__ = ("_count", "_lengths")

    def __init__(self, entries: Iterable[tuple[Network, Value]] = ()) -> None:
        self._lengths: dict[int, dict[int, dict[int, tuple[int, Value]]]] = {4: {}, 6: {}}
        self._count = 0
        for network, value in entries:
            self.add(network, value)

    def __len__(self) -> int:
        return self._count

    def add(self, network: Network, value: Value) -> None:
        """Add a prefix after the others; of two equal ones the first counts."""
        prefixes = self._lengths[network.version].setdefault(network.host_bits, {})
        prefixes.setdefault(network.value >> network.host_bits, (self._count, value))
        self._count += 1

    def lookup(self, address: Address) -> Value | None:
        """Return the value of the first prefix, in the order of adding, that holds *address*."""
        found: tuple[int, Value] | None = None
        for host_bits, prefixes in self._lengths[address.version].items():
            entry = prefixes.get(address.value >> host_bits)
            if entry is not None and (found is None or entry[0] < found[0]):
                found = entry
        return None if found is None else found[1]


class NetworkSet:
    """A set of prefixes."""

    __slots__ = ("_table",)

    def __init__(self, networks: Iterable[Network] = ()) -> None:
        self._table = NetworkTable((network, True) for network in networks)

    def __len__(self) -> int:
        return len(self._table)

    def __contains__(self, address: Address | str) -> bool:
        """Tell whether *address* is in a prefix; text that is no address is in none."""
        known = parse_address(address) if isinstance(address, str) else address
        return known is not None and self._table.lookup(known) is not None

"""The contract of trivial-rewrite: *rewrite* and *resolve* requests, and the clients with their caches.

Request: `request`=rewrite, `rule`, `address`; or `request`=resolve|verify, `sender`, `address`. Reply: `flags` (of the
server), then `address`, or `transport`, `nexthop`, `recipient`, `flags` (of the result).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pymail.ipc.blocking import BlockingClient
from pymail.ipc.channel import Pool
from pymail.ipc.errors import ServiceError
from pymail.proto import attr

PROTOCOL: Final = "trivial_rewrite_protocol"
SERVICE: Final = "private/rewrite"
#: Seconds that an answer may be used again (Postfix: one entry, 30 s).
CACHE_TIME: Final = 30.0
#: Answers that one client remembers.
CACHE_SIZE: Final = 2000

RESOLVE: Final = "resolve"
VERIFY: Final = "verify"


class ResolveFlag:
    """Bits of a resolve reply."""

    FINAL: Final = 1
    ROUTED: Final = 2
    ERROR: Final = 4
    FAIL: Final = 8
    CLASS_LOCAL: Final = 256
    CLASS_ALIAS: Final = 512
    CLASS_VIRTUAL: Final = 1024
    CLASS_RELAY: Final = 2048
    CLASS_DEFAULT: Final = 4096
    CLASS_MASK: Final = 256 | 512 | 1024 | 2048 | 4096
    CLASS_FINAL: Final = 256 | 512 | 1024


@dataclass(frozen=True, slots=True)
class ResolveReply:
    """Where an address goes."""

    transport: str
    nexthop: str
    recipient: str
    flags: int


@dataclass(frozen=True, slots=True)
class RewriteRequest:
    """A request to rewrite *address* (external form) by the rule `local` or `remote`."""

    rule: str
    address: str


@dataclass(frozen=True, slots=True)
class ResolveRequest:
    """A request to resolve *address* (internal form); *kind* is `resolve` or `verify`."""

    kind: str
    sender: str
    address: str


def encode_resolve(kind: str, sender: str, address: str) -> bytes:
    """Return a resolve or verify request."""
    return attr.encode("request", kind, "sender", sender, "address", address)


def encode_rewrite(rule: str, address: str) -> bytes:
    """Return a rewrite request."""
    return attr.encode("request", "rewrite", "rule", rule, "address", address)


def decode_request(fields: list[bytes]) -> RewriteRequest | ResolveRequest:
    """Return the request in *fields*; raises AttrError."""
    if fields[:2] == [b"request", b"rewrite"]:
        _, rule, address = attr.take(fields, "request", "rule", "address")
        return RewriteRequest(rule, address)
    kind, sender, address = attr.take(fields, "request", "sender", "address")
    if kind not in (RESOLVE, VERIFY):
        raise attr.AttrError(f"unknown request {kind[:40]!r}")
    return ResolveRequest(kind, sender, address)


def encode_resolve_reply(reply: ResolveReply, server_flags: int = 0) -> bytes:
    """Return the reply to a resolve or verify request."""
    return attr.encode(
        "flags", server_flags, "transport", reply.transport, "nexthop", reply.nexthop,
        "recipient", reply.recipient, "flags", reply.flags,
    )  # fmt: skip


def encode_rewrite_reply(address: str, server_flags: int = 0) -> bytes:
    """Return the reply to a rewrite request."""
    return attr.encode("flags", server_flags, "address", address)


def decode_resolve_reply(fields: list[bytes], address: str) -> ResolveReply:
    """Return the reply in *fields*; an empty transport, or no recipient for an address, is a ServiceError."""
    try:
        _, transport, nexthop, recipient, flags = attr.take(
            fields, "flags", "transport", "nexthop", "recipient", "flags"
        )
        reply = ResolveReply(transport, nexthop, recipient, attr.to_int(flags))
    except attr.AttrError as error:
        raise ServiceError(f"{SERVICE}: {error}") from error
    if not transport or (address and not recipient):
        raise ServiceError(f"{SERVICE}: empty reply for {address!r}")
    return reply


class RewriteClient:
    """Asks trivial-rewrite on the event loop, and remembers the answers for a short time."""

    __slots__ = ("_cache", "_clock", "_pool")

    def __init__(
        self, path: str = SERVICE, timeout: float = 3600.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._pool = Pool(path, PROTOCOL, timeout)
        self._cache: dict[tuple[str, str, str], tuple[float, ResolveReply]] = {}
        self._clock = clock

    def cached(self, sender: str, address: str, kind: str = RESOLVE) -> ResolveReply | None:
        """Return a fresh answer that we have, without waiting."""
        entry = self._cache.get((kind, sender, address))
        if entry is None or entry[0] < self._clock():
            return None
        return entry[1]

    async def resolve(self, sender: str, address: str, kind: str = RESOLVE) -> ResolveReply:
        """Return where *address* goes; raises ServiceError when the service cannot tell."""
        known = self.cached(sender, address, kind)
        if known is not None:
            return known
        fields = await self._pool.request(encode_resolve(kind, sender, address))
        reply = decode_resolve_reply(fields, address)
        if not reply.flags & ResolveFlag.FAIL:
            if len(self._cache) >= CACHE_SIZE:
                self._cache.clear()
            self._cache[kind, sender, address] = (self._clock() + CACHE_TIME, reply)
        return reply

    def forget(self) -> None:
        """Drop what is remembered (after a flush request, a reload)."""
        self._cache.clear()

    def close(self) -> None:
        """Close idle connections."""
        self._pool.close()


class BlockingRewriteClient:
    """Asks trivial-rewrite and waits for the answer."""

    __slots__ = ("_client",)

    def __init__(self, path: str = SERVICE, timeout: float = 3600.0) -> None:
        self._client = BlockingClient(path, PROTOCOL, timeout)

    def resolve(self, sender: str, address: str, kind: str = RESOLVE) -> ResolveReply:
        """Return where *address* goes; raises ServiceError."""
        return decode_resolve_reply(self._client.request(encode_resolve(kind, sender, address)), address)

    def rewrite(self, rule: str, address: str) -> str:
        """Return *address* (external form) rewritten by *rule*; raises ServiceError."""
        fields = self._client.request(encode_rewrite(rule, address))
        try:
            return attr.take(fields, "flags", "address")[1]
        except attr.AttrError as error:
            raise ServiceError(f"{SERVICE}: {error}") from error

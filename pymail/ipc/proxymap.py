"""The contract of proxymap: table lookups by a process that may block, for processes that must not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pymail.ipc.blocking import BlockingClient
from pymail.ipc.channel import Pool
from pymail.ipc.errors import ServiceError
from pymail.proto import attr

PROTOCOL: Final = "proxymap_protocol"
READ_SERVICE: Final = "private/proxymap"
WRITE_SERVICE: Final = "private/proxywrite"


class ProxyStatus:
    """Values of a reply's `status`."""

    OK: Final = 0
    NO_KEY: Final = 1
    RETRY: Final = 2
    BAD: Final = 3
    DENIED: Final = 4
    CONFIG: Final = 5


@dataclass(frozen=True, slots=True)
class ProxyRequest:
    """One request; *name* is open, lookup, update, delete or sequence. *table* has no `proxy:` prefix."""

    name: str
    table: str
    instance_flags: int = 0
    flags: int = 0
    key: str = ""
    value: str = ""
    function: int = 0


@dataclass(frozen=True, slots=True)
class ProxyReply:
    """The answer; *value* of a lookup, *key* and *value* of a sequence step."""

    status: int
    flags: int = 0
    value: str = ""
    key: str = ""


_BODY: Final = {
    "open": ("table", "instance_flags"),
    "lookup": ("table", "instance_flags", "flags", "key"),
    "update": ("table", "instance_flags", "flags", "key", "value"),
    "delete": ("table", "instance_flags", "flags", "key"),
    "sequence": ("table", "instance_flags", "flags", "function"),
}


def encode_request(request: ProxyRequest) -> bytes:
    """Return the request in the form of 3.12."""
    values: dict[str, str | int] = {
        "table": request.table, "instance_flags": request.instance_flags, "flags": request.flags,
        "key": request.key, "value": request.value, "function": request.function,
    }  # fmt: skip
    flat: list[str | int] = ["request", request.name]
    for name in _BODY[request.name]:
        flat += (name, values[name])
    return attr.encode(*flat)


def decode_request(fields: list[bytes]) -> ProxyRequest:
    """Return the request in *fields*; raises AttrError."""
    if len(fields) < 2 or fields[0] != b"request":
        raise attr.AttrError("missing attribute request")
    name = attr.to_text(fields[1])
    names = _BODY.get(name)
    if names is None:
        raise attr.AttrError(f"unrecognized request {name[:40]!r}")
    values = dict(zip(names, attr.take(fields[2:], *names), strict=True))
    return ProxyRequest(
        name, values["table"], attr.to_int(values["instance_flags"]), attr.to_int(values.get("flags", "0")),
        values.get("key", ""), values.get("value", ""), attr.to_int(values.get("function", "0")),
    )  # fmt: skip


def encode_reply(request: str, reply: ProxyReply) -> bytes:
    """Return the reply to the request named *request*."""
    match request:
        case "lookup":
            return attr.encode("status", reply.status, "flags", reply.flags, "value", reply.value)
        case "sequence":
            return attr.encode("status", reply.status, "flags", reply.flags, "key", reply.key, "value", reply.value)
        case _:
            return attr.encode("status", reply.status, "flags", reply.flags)


def _decode_lookup(fields: list[bytes]) -> ProxyReply:
    try:
        status, flags, value = attr.take(fields, "status", "flags", "value")
        return ProxyReply(attr.to_int(status), attr.to_int(flags), value)
    except attr.AttrError as error:
        raise ServiceError(f"{READ_SERVICE}: {error}") from error


class ProxymapClient:
    """Looks keys up through proxymap on the event loop."""

    __slots__ = ("_pool",)

    def __init__(self, path: str = READ_SERVICE, timeout: float = 3600.0) -> None:
        self._pool = Pool(path, PROTOCOL, timeout)

    async def lookup(self, table: str, key: str, *, instance_flags: int = 0) -> ProxyReply:
        """Return the answer for *key* in *table* (`type:name`); raises ServiceError."""
        request = ProxyRequest("lookup", table, instance_flags, key=key)
        return _decode_lookup(await self._pool.request(encode_request(request)))

    def close(self) -> None:
        """Close idle connections."""
        self._pool.close()


class BlockingProxymapClient:
    """Looks keys up through proxymap and waits."""

    __slots__ = ("_client",)

    def __init__(self, path: str = READ_SERVICE, timeout: float = 3600.0) -> None:
        self._client = BlockingClient(path, PROTOCOL, timeout)

    def lookup(self, table: str, key: str, *, instance_flags: int = 0) -> ProxyReply:
        """Return the answer for *key* in *table* (`type:name`); raises ServiceError."""
        request = ProxyRequest("lookup", table, instance_flags, key=key)
        return _decode_lookup(self._client.request(encode_request(request)))

"""A name server on loopback for tests: real datagrams and real TCP, a zone written in a dictionary.

    zone = {("example.test", "MX"): ["10 mx.example.test."], ("mx.example.test", "A"): ["127.0.0.1"]}
    async with DnsServer(zone) as server:
        resolver = Resolver(server.conf())

A name that is nowhere in the zone is NXDOMAIN; one without records of the type asked is an empty NOERROR. `faults` maps
a name to "servfail", "refused", "formerr-edns" (only for queries with EDNS), "silent", "truncate", "garbage",
"wrong-id".
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from types import TracebackType

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from pymail.dns.resolv_conf import ResolvConf, Server

Zone = Mapping[tuple[str, str], Sequence[str]]

TTL = 300


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, server: DnsServer) -> None:
        self.server = server
        self.transport: asyncio.DatagramTransport
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed.set_result(None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # what the loop gives

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        reply = self.server.reply(data, over_tcp=False)
        if reply is not None:
            self.transport.sendto(reply, addr)


class _Tcp(asyncio.Protocol):
    def __init__(self, server: DnsServer) -> None:
        self.server = server
        self.buffer = b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # what the loop gives

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        length = int.from_bytes(self.buffer[:2], "big")
        if len(self.buffer) < 2 + length or not length:
            return
        reply = self.server.reply(self.buffer[2 : 2 + length], over_tcp=True)
        if reply is None:
            self.transport.close()
        else:
            self.transport.write(len(reply).to_bytes(2, "big") + reply)


class DnsServer:
    """One server; `queries` holds (name, type, "udp" or "tcp") in the order of arrival."""

    def __init__(
        self, zone: Zone, faults: Mapping[str, str] | None = None, *, ttl: int = TTL, ad: bool = False
    ) -> None:
        self.zone = dict(zone)
        self.faults = dict(faults or {})
        self.ttl = ttl
        self.ad = ad
        self.queries: list[tuple[str, str, str]] = []
        self.port = 0
        self._udp: _Udp | None = None
        self._tcp: asyncio.AbstractServer | None = None

    async def __aenter__(self) -> DnsServer:
        loop = asyncio.get_running_loop()
        while True:
            self._tcp = await loop.create_server(lambda: _Tcp(self), "127.0.0.1", 0)
            self.port = self._tcp.sockets[0].getsockname()[1]
            try:
                _, udp = await loop.create_datagram_endpoint(lambda: _Udp(self), ("127.0.0.1", self.port))
            except OSError:  # somebody has the same number for datagrams
                self._tcp.close()
                continue
            self._udp = udp
            return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._udp is not None:
            self._udp.transport.close()
            await self._udp.closed
        if self._tcp is not None:
            self._tcp.close()
            await self._tcp.wait_closed()

    def conf(self, *, timeout: float = 1.0, attempts: int = 2) -> ResolvConf:
        """Settings of a resolver that asks this server."""
        return ResolvConf((Server("127.0.0.1", self.port),), timeout=timeout, attempts=attempts)

    def reply(self, wire: bytes, *, over_tcp: bool) -> bytes | None:
        """Return the reply to a query; None is silence."""
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        rdtype = dns.rdatatype.to_text(question.rdtype)
        self.queries.append((name, rdtype, "tcp" if over_tcp else "udp"))
        reply = dns.message.make_response(query)
        if self.ad:
            reply.flags |= dns.flags.AD
        fault = self.faults.get(name, "")
        if fault == "silent":
            return None
        if fault == "garbage":
            return wire[:2] + b"\x81\x80" + wire[4:12] + wire[12:] + b"\xff" * 7 if not over_tcp else b"\0" * 12
        if fault == "wrong-id":
            return bytes((wire[0] ^ 0xFF, wire[1])) + reply.to_wire()[2:]
        if fault == "formerr-edns" and query.edns >= 0:
            reply.set_rcode(dns.rcode.FORMERR)
            return reply.to_wire()
        if fault in ("servfail", "refused"):
            reply.set_rcode(dns.rcode.SERVFAIL if fault == "servfail" else dns.rcode.REFUSED)
            return reply.to_wire()
        if fault == "truncate" and not over_tcp:
            reply.flags |= dns.flags.TC
            return reply.to_wire()
        self._answer(reply, name, rdtype)
        return reply.to_wire()

    def _answer(self, reply: dns.message.Message, name: str, rdtype: str) -> None:
        names = {owner for owner, _ in self.zone}
        for _ in range(8):
            records = self.zone.get((name, rdtype))
            if records is not None:
                reply.answer.append(dns.rrset.from_text(name + ".", self.ttl, "IN", rdtype, *records))
                return
            alias = self.zone.get((name, "CNAME"))
            if alias is None:
                break
            reply.answer.append(dns.rrset.from_text(name + ".", self.ttl, "IN", "CNAME", *alias))
            name = alias[0].rstrip(".")
        if name not in names and not any(owner.endswith("." + name) for owner in names):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        soa = f"ns.test. root.test. 1 3600 600 86400 {self.ttl}"
        reply.authority.append(dns.rrset.from_text("test.", self.ttl, "IN", "SOA", soa))

"""Host names from file and DNS, and the name of a client."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from pymail.dns.answer import NoDataError, NotFoundError
from pymail.dns.hosts import UNKNOWN, ClientName, HostLookup, NameStatus, reverse_pointer
from pymail.dns.resolver import Resolver
from tests.support.dns_server import DnsServer, Zone

ZONE: Zone = {
    ("host.test", "A"): ["192.0.2.1"],
    ("host.test", "AAAA"): ["2001:db8::1"],
    ("both.test", "A"): ["192.0.2.2"],
    ("1.2.0.192.in-addr.arpa", "PTR"): ["host.test."],
    ("3.2.0.192.in-addr.arpa", "PTR"): ["host.test."],
    ("4.2.0.192.in-addr.arpa", "PTR"): ["nowhere.test."],
    ("5.2.0.192.in-addr.arpa", "PTR"): ["broken.test."],
}
FAULTS = {"broken.test": "servfail", "9.2.0.192.in-addr.arpa": "servfail"}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A hosts file and an nsswitch.conf."""
    (tmp_path / "hosts").write_text("127.0.0.7 local.test\n192.0.2.70 both.test\n")
    (tmp_path / "nsswitch.conf").write_text("hosts: files dns\n")
    return tmp_path


def run(files: Path, scene: Callable[[HostLookup], Awaitable[None]], families: tuple[str, ...] = ("A", "AAAA")) -> None:
    """Play *scene* with lookups in *files* and a server."""

    async def play() -> None:
        async with DnsServer(ZONE, FAULTS) as server:
            lookup = HostLookup(
                Resolver(server.conf(attempts=1)),
                hosts_path=str(files / "hosts"),
                nsswitch_path=str(files / "nsswitch.conf"),
                families=families,
            )
            await scene(lookup)

    asyncio.run(play())


def test_the_file_comes_first(files: Path) -> None:
    async def scene(lookup: HostLookup) -> None:
        assert await lookup.addresses("both.test") == ("192.0.2.70",)
        assert await lookup.addresses("host.test") == ("192.0.2.1", "2001:db8::1")

    run(files, scene)


def test_nsswitch_can_put_the_dns_first(files: Path) -> None:
    (files / "nsswitch.conf").write_text("hosts: dns files\n")

    async def scene(lookup: HostLookup) -> None:
        assert await lookup.addresses("both.test") == ("192.0.2.2",)
        assert await lookup.addresses("local.test") == ("127.0.0.7",)

    run(files, scene)


def test_other_families_are_left_out(files: Path) -> None:
    async def scene(lookup: HostLookup) -> None:
        assert await lookup.addresses("host.test") == ("2001:db8::1",)
        with pytest.raises(NoDataError):
            await lookup.addresses("192.0.2.1")

    run(files, scene, ("AAAA",))


def test_an_address_is_its_own(files: Path) -> None:
    async def scene(lookup: HostLookup) -> None:
        assert await lookup.addresses("192.0.2.99") == ("192.0.2.99",)
        with pytest.raises(NotFoundError):
            await lookup.addresses("no host")

    run(files, scene)


def test_a_foreign_source_asks_the_c_library(files: Path) -> None:
    (files / "nsswitch.conf").write_text("hosts: files myhostname dns\n")

    async def scene(lookup: HostLookup) -> None:
        assert "127.0.0.1" in await lookup.addresses("localhost")
        assert (await lookup.name_of("127.0.0.1")).reverse_status is NameStatus.OK

    run(files, scene)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        pytest.param("192.0.2.1", ClientName("host.test", NameStatus.OK, "host.test", NameStatus.OK), id="confirmed"),
        pytest.param(
            "127.0.0.7", ClientName("local.test", NameStatus.OK, "local.test", NameStatus.OK), id="hosts-file"
        ),
        pytest.param(
            "192.0.2.8", ClientName(UNKNOWN, NameStatus.NOT_FOUND, UNKNOWN, NameStatus.NOT_FOUND), id="no-ptr"
        ),
        pytest.param(
            "192.0.2.9", ClientName(UNKNOWN, NameStatus.TRY_AGAIN, UNKNOWN, NameStatus.TRY_AGAIN), id="ptr-trouble"
        ),
        pytest.param(
            "192.0.2.3",
            ClientName(
                UNKNOWN, NameStatus.FORGED, "host.test", NameStatus.OK,
                "hostname host.test does not resolve to address 192.0.2.3",
            ),
            id="forged",
        ),
        pytest.param(
            "192.0.2.4",
            ClientName(
                UNKNOWN, NameStatus.NOT_FOUND, "nowhere.test", NameStatus.OK,
                "hostname nowhere.test does not resolve to address 192.0.2.4: Name or service not known",
            ),
            id="name-without-address",
        ),
        pytest.param(
            "192.0.2.5",
            ClientName(
                UNKNOWN, NameStatus.TRY_AGAIN, "broken.test", NameStatus.OK,
                "hostname broken.test does not resolve to address 192.0.2.5: Temporary failure in name resolution",
            ),
            id="forward-trouble",
        ),
    ],
)  # fmt: skip
def test_the_name_of_a_client(files: Path, address: str, name: ClientName) -> None:
    async def scene(lookup: HostLookup) -> None:
        assert await lookup.name_of(address) == name

    run(files, scene)


def test_the_pointer_of_each_family() -> None:
    assert reverse_pointer("192.0.2.1") == "1.2.0.192.in-addr.arpa"
    assert reverse_pointer("2001:db8::1").endswith(".8.b.d.0.1.0.0.2.ip6.arpa")

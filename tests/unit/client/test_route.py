"""Which servers a next hop has, and in which order."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from pymail.client.nexthop import TcpDestination, parse_nexthop
from pymail.client.peer import Peer
from pymail.client.route import Route, RouteError, RoutePolicy, Router, Surroundings
from pymail.dns.hosts import HostLookup
from pymail.dns.resolver import Resolver
from tests.support.dns_server import DnsServer, Zone

ZONE: Zone = {
    ("d.test", "MX"): ["20 b.test.", "10 a.test."],
    ("a.test", "A"): ["192.0.2.1"],
    ("b.test", "A"): ["192.0.2.2"],
    ("equal.test", "MX"): ["10 a.test.", "10 b.test.", "10 c.test."],
    ("c.test", "A"): ["192.0.2.3"],
    ("null.test", "MX"): ["0 ."],
    ("deadmx.test", "MX"): ["10 nohost.test."],
    ("halfdead.test", "MX"): ["10 nohost.test.", "20 b.test."],
    ("servmx.test", "MX"): ["10 serv.test."],
    ("noaddr.test", "TXT"): ["x"],
    ("plain.test", "A"): ["192.0.2.9"],
    ("loop.test", "MX"): ["10 own.test.", "20 b.test."],
    ("backup.test", "MX"): ["10 a.test.", "20 own.test.", "30 b.test."],
    ("noprimary.test", "MX"): ["10 nohost.test.", "20 own.test."],
    ("own.test", "A"): ["192.0.2.77"],
    ("dual.test", "A"): [f"192.0.2.{number}" for number in range(10, 18)],
    ("dual.test", "AAAA"): ["2001:db8::1"],
    ("serv.test", "A"): ["192.0.2.1"],
}
FAULTS = {"serv.test": "servfail", "broken.test": "servfail"}
NS = "Host or domain name not found. Name service error for "


def find(nexthop: str, policy: RoutePolicy, tmp_path: Path, *, loop_check: bool = True) -> tuple[Route, list[str]]:
    """The route of *nexthop*, and the warnings."""
    warnings: list[str] = []
    (tmp_path / "hosts").write_text("192.0.2.200 native.test\n")

    async def run() -> Route:
        async with DnsServer(ZONE, FAULTS) as server:
            resolver = Resolver(server.conf(attempts=1))
            hosts = HostLookup(resolver, hosts_path=str(tmp_path / "hosts"), nsswitch_path=str(tmp_path / "none"))
            around = Surroundings(resolver, hosts, {"192.0.2.77"}.__contains__, warnings.append, random.Random(1))
            destination = parse_nexthop(nexthop)
            assert isinstance(destination, TcpDestination)
            return await Router(policy, around).route(destination, 25, detect_loop=loop_check)

    return asyncio.run(run()), warnings


IPV4 = RoutePolicy(families=("A",))


def addresses(route: Route) -> list[str]:
    """The addresses of a route."""
    return [peer.address for peer in route.peers]


def test_exchangers_come_by_preference(tmp_path: Path) -> None:
    route, _ = find("d.test", IPV4, tmp_path)
    assert route.peers == [Peer("a.test", "192.0.2.1", 25, 10), Peer("b.test", "192.0.2.2", 25, 20)]


def test_equal_exchangers_come_in_any_order(tmp_path: Path) -> None:
    route, _ = find("equal.test", IPV4, tmp_path)
    assert sorted(addresses(route)) == ["192.0.2.1", "192.0.2.2", "192.0.2.3"]
    fixed, _ = find("equal.test", RoutePolicy(families=("A",), randomize=False), tmp_path)
    assert sorted(addresses(fixed)) == sorted(addresses(route))


def test_a_domain_without_exchangers_is_its_own_host(tmp_path: Path) -> None:
    assert find("plain.test", IPV4, tmp_path)[0].peers == [Peer("plain.test", "192.0.2.9", 25)]


def test_brackets_pass_the_exchangers_over(tmp_path: Path) -> None:
    assert find("[a.test]", IPV4, tmp_path)[0].peers == [Peer("a.test", "192.0.2.1", 25)]


def test_an_address_asks_nobody(tmp_path: Path) -> None:
    assert find("[192.0.2.50]", IPV4, tmp_path)[0].peers == [Peer("192.0.2.50", "192.0.2.50", 25)]


@pytest.mark.parametrize(
    ("nexthop", "status", "reason"),
    [
        pytest.param("null.test", "5.1.0", "Domain null.test does not accept mail (nullMX)", id="null-mx"),
        pytest.param("nx.example", "5.4.4", NS + "name=nx.example type=A: Host not found", id="nxdomain"),
        pytest.param(
            "noaddr.test", "5.4.4",
            NS + "name=noaddr.test type=A: Host found but no data record of requested type", id="no-address",
        ),
        pytest.param("deadmx.test", "5.4.4", NS + "name=nohost.test type=A: Host not found", id="dead-mx"),
        pytest.param("broken.test", "4.4.3", NS + "name=broken.test type=MX: Host not found, try again", id="servfail"),
        pytest.param("servmx.test", "4.4.3", NS + "name=serv.test type=A: Host not found, try again", id="mx-servfail"),
        pytest.param("loop.test", "5.4.6", "mail for loop.test loops back to myself", id="loop"),
        pytest.param("[own.test]", "5.4.6", "mail for own.test loops back to myself", id="loop-host"),
        pytest.param("noprimary.test", "4.4.4", "unable to find primary relay for noprimary.test", id="no-primary"),
        pytest.param("a..b", "5.4.4", NS + "a..b: invalid host or domain name", id="invalid"),
    ],
)  # fmt: skip
def test_a_destination_without_server(tmp_path: Path, nexthop: str, status: str, reason: str) -> None:
    with pytest.raises(RouteError) as raised:
        find(nexthop, IPV4, tmp_path)
    assert (raised.value.dsn.status, raised.value.dsn.reason) == (status, reason)


def test_dead_exchangers_are_warned_of(tmp_path: Path) -> None:
    warnings: list[str] = []

    async def run() -> None:
        async with DnsServer(ZONE) as server:
            resolver = Resolver(server.conf())
            around = Surroundings(resolver, HostLookup(resolver), lambda _: False, warnings.append, random.Random(1))
            await Router(IPV4, around).route(TcpDestination("deadmx.test", "", use_mx=True), 25, detect_loop=True)

    with pytest.raises(RouteError):
        asyncio.run(run())
    assert warnings == ["no MX host for deadmx.test has a valid address record"]


def test_dead_exchangers_can_be_temporary(tmp_path: Path) -> None:
    with pytest.raises(RouteError) as raised:
        find("deadmx.test", RoutePolicy(families=("A",), defer_if_no_mx_address=True), tmp_path)
    assert raised.value.dsn.status == "4.4.4"


def test_an_exchanger_without_address_is_passed_over(tmp_path: Path) -> None:
    assert addresses(find("halfdead.test", IPV4, tmp_path)[0]) == ["192.0.2.2"]


def test_only_better_exchangers_than_ourselves_are_left(tmp_path: Path) -> None:
    route, _ = find("backup.test", IPV4, tmp_path)
    assert addresses(route) == ["192.0.2.1"]
    assert route.through_us


def test_other_ports_are_not_checked_for_loops(tmp_path: Path) -> None:
    route, _ = find("loop.test", IPV4, tmp_path, loop_check=False)
    assert addresses(route) == ["192.0.2.77", "192.0.2.2"]


def test_a_failed_mx_lookup_can_be_ignored(tmp_path: Path) -> None:
    policy = RoutePolicy(families=("A",), ignore_mx_error=True, host_lookup=("dns", "native"))
    with pytest.raises(RouteError) as raised:
        find("broken.test", policy, tmp_path)
    assert raised.value.dsn.reason.startswith("unable to look up host broken.test")


def test_native_lookup_reads_the_hosts_file(tmp_path: Path) -> None:
    policy = RoutePolicy(families=("A",), host_lookup=("native",))
    assert addresses(find("[native.test]", policy, tmp_path)[0]) == ["192.0.2.200"]
    without_dns = RoutePolicy(families=("A",), use_dns=False)
    assert addresses(find("native.test", without_dns, tmp_path)[0]) == ["192.0.2.200"]


def test_native_lookup_has_its_own_words(tmp_path: Path) -> None:
    with pytest.raises(RouteError) as raised:
        find("[nx.example]", RoutePolicy(families=("A",), host_lookup=("native",)), tmp_path)
    assert raised.value.dsn.status == "5.4.4"
    assert raised.value.dsn.reason == "unable to look up host nx.example: Name or service not known"


@pytest.mark.parametrize(("prefer", "first"), [("ipv6", True), ("ipv4", False)])
def test_a_protocol_can_be_preferred(tmp_path: Path, prefer: str, first: bool) -> None:
    route, _ = find("[dual.test]", RoutePolicy(address_preference=prefer), tmp_path)
    assert (":" in route.peers[0].address) is first


def test_the_limit_leaves_room_for_both_protocols(tmp_path: Path) -> None:
    policy = RoutePolicy(address_preference="ipv4", address_limit=3)
    route, _ = find("[dual.test]", policy, tmp_path)
    assert len(route.peers) == 3
    assert route.peers[-1].address == "2001:db8::1"


def test_the_limit_without_balance_is_a_cut(tmp_path: Path) -> None:
    policy = RoutePolicy(address_preference="ipv4", address_limit=3, balance=False)
    assert not any(":" in address for address in addresses(find("[dual.test]", policy, tmp_path)[0]))


def test_an_address_of_a_disabled_protocol_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RouteError):
        find("[2001:db8::1]", IPV4, tmp_path)

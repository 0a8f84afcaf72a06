"""Next hops are read once."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from pymail.client.nexthop import NexthopError
from tests.support.smtp_client_rig import Rig, World, play, settings

ZONE = {("d.test", "MX"): ["10 a.test."], ("a.test", "A"): ["192.0.2.1"]}


def test_an_address_is_routed_once_and_for_all(tmp_path: Path) -> None:
    async def scene(rig: Rig, stack: AsyncExitStack) -> None:
        first = await rig.worker.destinations.route("[192.0.2.7]:26")
        assert [peer.label_port for peer in first.peers] == ["192.0.2.7[192.0.2.7]:26"]
        assert await rig.worker.destinations.route("[192.0.2.7]:26") is first

    play(scene, settings(tmp_path))


def test_a_domain_is_looked_up_each_time(tmp_path: Path) -> None:
    async def scene(rig: Rig, stack: AsyncExitStack) -> None:
        routes = [await rig.worker.destinations.route("d.test") for _ in range(2)]
        assert routes[0] == routes[1]
        assert routes[0] is not routes[1]
        assert routes[0].peers[0].label_port == "a.test[192.0.2.1]:25"

    play(scene, settings(tmp_path), World(ZONE))


def test_a_unix_socket_needs_no_lookup(tmp_path: Path) -> None:
    async def scene(rig: Rig, stack: AsyncExitStack) -> None:
        route = await rig.worker.destinations.route("unix:/run/lmtp")
        assert route.peers[0].label_port == "me.test[/run/lmtp]"

    play(scene, settings(tmp_path, lmtp=True))


def test_a_bad_next_hop_is_told_each_time(tmp_path: Path) -> None:
    async def scene(rig: Rig, stack: AsyncExitStack) -> None:
        for _ in range(2):
            with pytest.raises(NexthopError):
                await rig.worker.destinations.route("[host]:nowhere")

    play(scene, settings(tmp_path))

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from pymail.daemons.cleanup.service import CleanupDaemon, local_zone
from pymail.proto import attr
from pymail.server.invocation import Invocation
from tests.support.cleanup_rig import make_log, stream
from tests.support.configuration import configuration


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Path]:
    for name in ("incoming", "public", "defer", "bounce", "trace"):
        (tmp_path / name).mkdir()
    before = os.getcwd()
    os.chdir(tmp_path)
    yield tmp_path
    os.chdir(before)


def invocation() -> Invocation:
    log, _ = make_log()
    return Invocation("cleanup", "cleanup", "unix", configuration({"myhostname": "mta.exam.test"}), log)


async def say(path: str, octets: bytes) -> bytes:
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(attr.encode("flags", 178) + octets)
    answer = await reader.read()
    writer.close()
    return answer


def test_messages_of_several_clients_are_committed_and_qmgr_is_woken(queue: Path) -> None:
    async def live() -> list[bytes]:
        daemon = CleanupDaemon()
        daemon.before_jail(invocation())
        await daemon.after_jail(invocation())
        server = await asyncio.get_running_loop().create_unix_server(daemon.session, "public/cleanup")
        answers = await asyncio.gather(*[say("public/cleanup", stream("u@relay.test")) for _ in range(5)])
        # The wakeup is ordered for the next turns of the loop.
        qmgr.settimeout(5)
        client, _ = await asyncio.to_thread(qmgr.accept)
        client.close()
        server.close()
        await daemon.at_exit()
        return answers

    with socket.socket(socket.AF_UNIX) as qmgr:
        qmgr.bind("public/qmgr")
        qmgr.listen(10)
        answers = asyncio.run(live())
    assert all(answer.endswith(b"status\x000\0reason\0\0\0") for answer in answers)
    assert len(os.listdir(queue / "incoming")) == 5


def test_logs_of_an_earlier_message_with_the_same_id_are_removed(queue: Path) -> None:
    async def stale() -> None:
        daemon = CleanupDaemon()
        daemon.before_jail(invocation())
        await daemon.after_jail(invocation())
        shop = daemon.session()._shop
        shop.remove_stale("ABCDE12")
        await daemon.at_exit()

    stale_files = [queue / "bounce/ABCDE12", queue / "trace/ABCDE12"]
    for path in stale_files:
        path.touch()
    asyncio.run(stale())
    assert not any(path.exists() for path in stale_files)


def test_local_time_has_an_offset_and_a_name() -> None:
    offset, name = local_zone(1795241029.0)
    assert -86400 < offset < 86400
    assert name

"""Requests and their status."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from pymail.daemons.bounce.reporter import Bounces
from pymail.daemons.bounce.service import Service
from pymail.ipc.bounce import Append, encode_status
from pymail.log.logger import Log
from pymail.log.sinks import MemorySink
from pymail.mail.dsn import Dsn
from pymail.mail.envelope import Recipient
from pymail.proto import attr


class FakeBounces:
    def __init__(self, done: bool) -> None:
        self.done = done
        self.requests: list[object] = []

    async def serve(self, request: object) -> bool:
        self.requests.append(request)
        return self.done


APPEND = Append(0, "ABC1", Recipient("u@x"), Dsn("5.1.1", "no"))


def answer(octets: bytes, *, done: bool = True) -> tuple[bytes, list[object]]:
    bounces = FakeBounces(done)
    reader = attr.ListReader()
    reader.feed(octets)
    fields = reader.next_list()
    assert fields is not None
    return asyncio.run(Service(cast(Bounces, bounces), Log("x", MemorySink())).answer(fields)), bounces.requests


@pytest.mark.parametrize(("done", "status"), [(True, 0), (False, -1)])
def test_a_request_gets_its_status(done: bool, status: int) -> None:
    assert answer(APPEND.encode(), done=done) == (encode_status(status), [APPEND])


@pytest.mark.parametrize("octets", [b"nrequest\x0099\0\0", b"flags\x000\0\0", b"\0"])
def test_nonsense_fails(octets: bytes) -> None:
    assert answer(octets) == (encode_status(-1), [])

"""A transport that keeps what is written."""

from __future__ import annotations

import asyncio


class FakeTransport(asyncio.Transport):
    """`written` is all octets so far; `close` only notes it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self._closing = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self._closing
        self.written += bytes(data)

    def close(self) -> None:
        self._closing = True

    def abort(self) -> None:
        self._closing = True

    def is_closing(self) -> bool:
        return self._closing

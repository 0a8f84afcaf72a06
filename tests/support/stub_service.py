"""A stand-in for an internal service: accepts on a UNIX socket and answers each connection from a script."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def stub_service(path: Path, serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """Run *serve* for each connection, one after the other, until the block ends."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(5)
    current: list[socket.socket] = []

    def run() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            current[:] = [client]
            with client:
                client.settimeout(10)
                try:
                    serve(client)
                except OSError:
                    pass

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield str(path)
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for client in current:  # one that the code under test keeps open
            try:
                client.shutdown(socket.SHUT_RD)
            except OSError:
                pass
        thread.join(10)

"""The error of a service that cannot answer."""

from __future__ import annotations

from pymail.ipc.errors import ServiceError


def test_the_text_says_what_happened() -> None:
    assert str(ServiceError("private/rewrite: timeout")) == "private/rewrite: timeout"

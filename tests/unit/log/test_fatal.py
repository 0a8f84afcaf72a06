"""pymail.log.fatal"""

from __future__ import annotations

from pymail.log.fatal import FatalError


def test_the_text_is_the_line() -> None:
    assert str(FatalError("open lock file: in use")) == "open lock file: in use"

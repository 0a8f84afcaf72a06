from __future__ import annotations

import pytest

from pymail.unix.environment import filtered

ENVIRON = {"TZ": "UTC", "HOME": "/root", "LD_PRELOAD": "evil.so", "LANG": "de_DE"}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param("", {}, id="nothing"),
        pytest.param("TZ MAIL_CONFIG", {"TZ": "UTC"}, id="passes-what-is-set"),
        pytest.param("LANG=C, TZ", {"LANG": "C", "TZ": "UTC"}, id="sets"),
        pytest.param("{ PATH = /bin /sbin } TZ", {"PATH": "/bin /sbin", "TZ": "UTC"}, id="braces"),
        pytest.param("LANG=", {"LANG": ""}, id="empty"),
    ],
)
def test_only_what_is_named_passes(names: str, expected: dict[str, str]) -> None:
    assert filtered(ENVIRON, names) == expected
